"""The datasets of an event: where they lie, what columns they have and where these come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from highroad.config.entries import stem
from highroad.lineage.facets import facet, own
from highroad.lineage.naming import Name, dataset_name
from highroad.tracking.record import DatasetUse, Record


@dataclass(frozen=True)
class Seen:
    """What a run saw of a dataset beside what its record keeps.

    Attributes:
        fields: Names and types of the columns.
        sources: What a contract declares of a column: `from` (columns as
            `<project>.<product>.<column>`) and `how`.
        assertions: What was checked: `assertion`, `success`, and `column` where it is of one.
    """

    fields: Sequence[Sequence[str]] = ()
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    assertions: Sequence[Mapping[str, Any]] = ()


def seen_in(events: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Seen]:
    """What was seen of each dataset, by `loaded` or `saved` and its name; the last sight counts."""
    found: dict[tuple[str, str], Seen] = {}
    for event in events:
        for way in ("loaded", "saved"):
            if way in event and (data := event.get("data")):
                key = (way, event[way])
                keys = ("fields", "sources", "assertions")
                news = {each: data[each] for each in keys if data.get(each)}
                found[key] = replace(found.get(key, Seen()), **news)
    return found


def inputs(record: Record, seen: Mapping[tuple[str, str], Seen]) -> list[dict[str, Any]]:
    """What the run read, each place once."""
    found = {}
    for use in record.inputs:
        about = seen.get(("loaded", use.name), Seen())
        each = _dataset(record, use, about)
        if about.assertions:
            each["inputFacets"] = {"dataQualityAssertions": _assertions(about.assertions)}
        found[each["namespace"], each["name"]] = each
    return list(found.values())


def outputs(record: Record, seen: Mapping[tuple[str, str], Seen]) -> list[dict[str, Any]]:
    """What the run wrote, each place once, with the columns of its inputs that contracts name."""
    read = {stem(use.name): dataset_name(str(use.place), record, use.name) for use in record.inputs}
    found = {}
    for use in record.outputs:
        about = seen.get(("saved", use.name), Seen())
        each = _dataset(record, use, about)
        if columns := _column_lineage(about.sources, read):
            each["facets"]["columnLineage"] = facet("ColumnLineageDatasetFacet", fields=columns)
        if about.assertions:
            each["facets"]["dataQualityAssertions"] = _assertions(about.assertions)
        if use.rows or (use.rows is not None and about.fields):  # a model has no rows, and says 0
            statistics = facet(
                "OutputStatisticsOutputDatasetFacet", rowCount=use.rows, size=use.bytes
            )
            each["outputFacets"] = {"outputStatistics": statistics}
        found[each["namespace"], each["name"]] = each
    return list(found.values())


def refused(record: Record, refusal: Mapping[str, Any]) -> dict[str, Any]:
    """What a contract kept out of the store: nothing was written, and what was checked says why.

    Args:
        record: The run.
        refusal: `product`, `place` and `assertions`.
    """
    use = DatasetUse(str(refusal["product"]), str(refusal["place"]))
    each = _dataset(record, use, Seen())
    each["facets"]["dataQualityAssertions"] = _assertions(refusal["assertions"])
    return each


def _dataset(record: Record, use: DatasetUse, seen: Seen) -> dict[str, Any]:
    name = dataset_name(str(use.place), record, use.name)
    facets = {
        "dataSource": facet("DatasourceDatasetFacet", name=name.namespace, uri=_uri(name)),
        "highroad_dataset": own(
            "DatasetFacet",
            catalog=use.name,
            versionKind=use.kind,
            rows=use.rows,
            bytes=use.bytes,
            contract=dict(use.contract) if use.contract else None,
            model=dict(use.model) if use.model else None,
        ),
    }
    if use.version is not None:
        facets["version"] = facet("DatasetVersionDatasetFacet", datasetVersion=use.version)
    if seen.fields:
        fields = [{"name": one, "type": kind} for one, kind in seen.fields]
        facets["schema"] = facet("SchemaDatasetFacet", fields=fields)
    return {"namespace": name.namespace, "name": name.name, "facets": facets}


def _uri(name: Name) -> str | None:
    """Where it is, as a URI; None for what has no place."""
    if name.namespace == "file":
        return f"file://{quote(name.name)}" if name.name.startswith("/") else None
    return f"{name.namespace}/{quote(name.name)}" if "://" in name.namespace else None


def _assertions(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return facet("DataQualityAssertionsDatasetFacet", assertions=[dict(each) for each in found])


def _column_lineage(
    sources: Mapping[str, Mapping[str, Any]], read: Mapping[str, Name]
) -> dict[str, Any]:
    """Of each column the declared columns of products that this run read; others are left out."""
    found = {}
    for column, declared in sources.items():
        how = {"description": declared["how"]} if declared.get("how") else {}
        fields = []
        for source in declared.get("from", ()):
            product, _, its_column = str(source).rpartition(".")
            if product in read:
                where = read[product]._asdict()
                transformation = {"type": "DIRECT", **how}
                fields.append({**where, "field": its_column, "transformations": [transformation]})
        if fields:
            found[column] = {"inputFields": fields}
    return found

"""The facets of events: each says who made it and which published schema it keeps.

The versions are those of `openlineage-python`, which the tests hold the events against.
"""

from __future__ import annotations

from typing import Any

from highroad import __version__

PRODUCER = f"pkg:pypi/highroad@{__version__}"
_SPEC = "https://openlineage.io/spec"
EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_VERSIONS = {
    "ColumnLineageDatasetFacet": "1-2-0",
    "DataQualityAssertionsDatasetFacet": "1-1-0",
    "DatasetVersionDatasetFacet": "1-0-1",
    "DatasourceDatasetFacet": "1-0-1",
    "DocumentationJobFacet": "1-1-0",
    "ErrorMessageRunFacet": "1-0-1",
    "JobTypeJobFacet": "2-0-4",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
    "OwnershipJobFacet": "1-0-1",
    "ProcessingEngineRunFacet": "1-1-1",
    "SchemaDatasetFacet": "1-2-0",
    "SourceCodeLocationJobFacet": "1-1-0",
}


def facet(kind: str, **values: Any) -> dict[str, Any]:
    """A facet of a published kind; values that are None are left out."""
    url = f"{_SPEC}/facets/{_VERSIONS[kind]}/{kind}.json#/$defs/{kind}"
    return {"_producer": PRODUCER, "_schemaURL": url, **_known(values)}


def own(base: str, **values: Any) -> dict[str, Any]:
    """A facet of Highroad's own, which keeps the specification's schema of a `RunFacet`, say."""
    url = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/{base}"
    return {"_producer": PRODUCER, "_schemaURL": url, **_known(values)}


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}

"""Hold events against the schemas that Open Lineage publishes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS = json.loads(Path(__file__).with_name("open_lineage.json").read_text(encoding="utf-8"))
CORE = SCHEMAS[0]
FACETS = {name: each for each in SCHEMAS[1:] for name in each["$defs"]}


def _core(url: str) -> Resource:
    if not re.match(r"https://openlineage\.io/spec/[\d-]+/OpenLineage\.json\Z", url):
        raise LookupError(url)
    return Resource.from_contents(CORE)


REGISTRY = Registry(retrieve=_core).with_resources(
    [(each["$id"], Resource.from_contents(each)) for each in SCHEMAS]
)


def _validate(schema: dict[str, Any], value: Any) -> None:
    Draft202012Validator(
        schema, registry=REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER
    ).validate(value)


def validate(event: dict[str, Any]) -> set[str]:
    """An event and each of its facets; names the facets."""
    _validate({"$ref": f"{CORE['$id']}#/$defs/RunEvent"}, event)
    things = [event["run"], event["job"], *event["inputs"], *event["outputs"]]
    facets = [
        (name, facet)
        for thing in things
        for kind in ("facets", "inputFacets", "outputFacets")
        for name, facet in thing.get(kind, {}).items()
    ]
    for name, facet in facets:
        kind = facet["_schemaURL"].rpartition("/")[2]
        schema = FACETS.get(kind, CORE)
        assert name in schema.get("properties", {}) or name.startswith("highroad_")
        _validate({"$ref": f"{schema['$id']}#/$defs/{kind}"}, facet)
    return {name for name, _ in facets}

"""Hold events against openlineage-python, whose classes are made from the published schemas."""

from __future__ import annotations

import json
import re
import types
import typing
from datetime import datetime
from typing import Any

import attr
from openlineage.client import event_v2, facet_v2
from openlineage.client.serde import Serde

from highroad.lineage import facets

CLASSES: dict[str, Any] = {
    name: each
    for module in vars(facet_v2).values()
    if isinstance(module, types.ModuleType)
    for name, each in vars(module).items()
    if isinstance(each, type) and attr.has(each)
}
BASES = {"RunFacet": facet_v2.RunFacet, "DatasetFacet": facet_v2.DatasetFacet}
INPUT, OUTPUT = event_v2.InputDataset, event_v2.OutputDataset


def validate(event: dict[str, Any]) -> set[str]:
    """Rebuilt with the client's classes and written by it, an event is the same; names its facets.

    Raises:
        TypeError: A key that a class does not have, one that it lacks, or a value of another type.
        ValueError: A time, a UUID or a URI that is none.
    """
    event_v2.set_producer(facets.PRODUCER)
    if datetime.fromisoformat(event["eventTime"]).tzinfo is None:
        raise ValueError(f"{event['eventTime']} has no time zone")
    names: set[str] = set()

    def rebuilt(found: dict[str, Any]) -> dict[str, Any]:
        names.update(found)
        return {name: _facet(name, each) for name, each in found.items()}

    def dataset(kind: Any, each: dict[str, Any]) -> Any:
        more = {
            key: rebuilt(each[key])
            for key in ("facets", "inputFacets", "outputFacets")
            if key in each
        }
        return kind(each["namespace"], each["name"], **more)

    run, job = event["run"], event["job"]
    made = event_v2.RunEvent(
        eventType=event_v2.RunState[event["eventType"]],
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=event_v2.Run(run["runId"], facets=rebuilt(run["facets"])),
        job=event_v2.Job(job["namespace"], job["name"], facets=rebuilt(job["facets"])),
        inputs=[dataset(INPUT, each) for each in event["inputs"]],
        outputs=[dataset(OUTPUT, each) for each in event["outputs"]],
    )
    assert _pruned(json.loads(Serde.to_json(made))) == _pruned(event)
    return names


def _facet(name: str, found: dict[str, Any]) -> Any:
    kind = found["_schemaURL"].rpartition("/")[2]
    if found["_producer"] != facets.PRODUCER:
        raise ValueError(f"{name}: {found['_producer']}")
    values = {key: value for key, value in found.items() if not key.startswith("_")}
    for key, value in values.items():
        if key in ("url", "uri", "repoUrl") and not re.match(r"[a-z][a-z0-9+.-]*:", value):
            raise ValueError(f"{name}.{key}: {value} is no URI")
    if name.startswith("highroad_"):
        return BASES[kind]().with_additional_properties(**values)
    made = _made(CLASSES[kind], values)
    assert made._schemaURL == found["_schemaURL"], name
    return made


def _made(kind: Any, value: Any) -> Any:
    """A value as its annotation has it, down to the last list within a list."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (kind,) = (each for each in inner if each is not type(None))
        return _made(kind, value)
    if origin is list:
        return [_made(inner[0], each) for each in value]
    if origin is dict:
        return {key: _made(inner[1], each) for key, each in value.items()}
    if attr.has(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{key: _made(hints.get(key, Any), each) for key, each in value.items()})
    if kind is not Any and not isinstance(value, (int, float) if kind is float else kind):
        raise TypeError(f"{value!r} is no {kind}")
    return value


def _pruned(value: Any) -> Any:
    """Without empty values, which the client writes and Highroad leaves out."""
    if isinstance(value, dict):
        found = {key: _pruned(each) for key, each in value.items()}
        return {key: each for key, each in found.items() if each not in (None, {}, [], "")}
    return [_pruned(each) for each in value] if isinstance(value, list) else value

"""Fold the events of a run into its summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from highroad.tracking.record import Record


def summarise(events: list[dict[str, Any]], places: Mapping[str, str | None]) -> dict[str, Any]:
    """What a run did.

    Args:
        events: What `Measuring` noted, in the order of each process; of the loads of a dataset
            the last one counts, its saves add up.
        places: Where each dataset lies; None for one in memory, which does not count.

    Returns:
        `nodes` (name, node_s, load_s, save_s), `rows_read` and `rows_written` of datasets
        outside memory, `unknown_rows` (datasets whose rows could not be counted), `metrics`
        by dataset, `outputs` by dataset, `report` (the project's own page) or None.
    """
    nodes: dict[str, dict[str, Any]] = {
        event["node"]: {
            "name": event["node"],
            "node_s": event["node_s"],
            "load_s": event["load_s"],
            "save_s": 0.0,
        }
        for event in events
        if "node" in event
    }
    read: dict[str, int | None] = {}
    written: dict[str, int | None] = {}
    metrics: dict[str, Any] = {}
    outputs: dict[str, str] = {}
    report = None
    for event in events:
        name = event.get("saved") or event.get("loaded")
        if name is None:
            continue
        if "saved" in event and event["by"] in nodes:
            nodes[event["by"]]["save_s"] += event["save_s"]
        place = places.get(name)
        if place is None:
            continue
        if "loaded" in event:
            read[name] = event["rows"]
            continue
        written[name] = _plus(written.get(name, 0), event["rows"])
        outputs[name] = place
        if "metrics" in event:
            metrics[name] = event["metrics"]
        if event.get("report"):
            report = place
    return {
        "nodes": list(nodes.values()),
        "rows_read": sum(rows or 0 for rows in read.values()),
        "rows_written": sum(rows or 0 for rows in written.values()),
        "unknown_rows": {
            "read": sorted(name for name, rows in read.items() if rows is None),
            "written": sorted(name for name, rows in written.items() if rows is None),
        },
        "metrics": metrics,
        "outputs": outputs,
        "report": report,
    }


def summary_of(record: Record) -> dict[str, Any]:
    """The same of a run that several processes did, by what is on record of all of them; with its head."""
    rows = {"read": record.inputs, "written": record.outputs}
    return {
        "run": record.id,
        "project": record.project,
        "environment": record.environment,
        "status": record.status,
        "error": record.error,
        "began_at": record.began_at,
        "seconds": record.seconds or 0.0,
        "tasks": [dict(each) for each in record.tasks],
        "nodes": [dict(each) for each in record.nodes],
        **{f"rows_{way}": sum(use.rows or 0 for use in uses) for way, uses in rows.items()},
        "unknown_rows": {
            way: sorted(use.name for use in uses if use.rows is None) for way, uses in rows.items()
        },
        "metrics": dict(record.metrics),
        "outputs": {use.name: use.place for use in record.outputs},
        "report": record.report,
    }


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other

"""The summary of a run: nodes and their times, rows, metrics, outputs, as JSON and as a page."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from highroad.config.loader import PlatformConfigLoader
from highroad.hooks.run_events import RunEvents
from highroad.logs import hide

logger = logging.getLogger("highroad.run")


class RunSummaryHook:
    """Time nodes, count rows, keep metrics; write `run.json` and `run.html` when the run ends.

    Both lie in `<store>/runs/<project>/`. Node time is the function alone; task time adds the
    loading of its inputs and the saving of its outputs.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter):
        self._clock = clock
        self._events = RunEvents()
        self._local = threading.local()
        self._catalog: Any = None
        self._folder: str | None = None
        self._project = ""
        self._env = ""
        self._began = 0.0
        self._began_at = datetime.now(UTC)

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._project = Path(context.project_path).name
        loader = context.config_loader
        self._env = str(context.env or "local")
        self._folder = None
        if isinstance(loader, PlatformConfigLoader):
            store = loader.platform.store_root(loader.platform_env, loader.platform_conf.parent)
            self._folder = f"{store}/runs/{self._project}"

    @hook_impl
    def after_catalog_created(self, catalog: Any) -> None:
        self._catalog = catalog

    @hook_impl
    def before_pipeline_run(self, catalog: Any) -> None:
        self._catalog = catalog
        self._events.start()
        self._began, self._began_at = self._clock(), datetime.now(UTC)

    @hook_impl
    def before_dataset_loaded(self, node: Any) -> None:
        if getattr(self._local, "node", None) != node.name:
            self._local.node, self._local.began = node.name, self._clock()

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:
        if not dataset_name.startswith("params:") and dataset_name != "parameters":
            self._events.add({"loaded": dataset_name, "rows": rows_of(data)})

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        self._local.called = self._clock()
        if getattr(self._local, "node", None) != node.name:
            self._local.node, self._local.began = node.name, self._local.called

    @hook_impl
    def after_node_run(self, node: Any) -> None:
        now = self._clock()
        self._events.add(
            {
                "node": node.name,
                "node_s": now - self._local.called,
                "load_s": self._local.called - self._local.began,
            }
        )
        self._local.node = None

    @hook_impl
    def before_dataset_saved(self) -> None:
        self._local.saving = self._clock()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Any) -> None:
        event = {
            "saved": dataset_name,
            "by": node.name,
            "save_s": self._clock() - self._local.saving,
            "rows": rows_of(data),
        }
        facts = self._facts(dataset_name)
        if facts.get("metrics"):
            event["metrics"] = data
        if facts.get("report"):
            event["report"] = True
        self._events.add(event)

    @hook_impl
    def after_pipeline_run(self) -> None:
        self._write("finished", None)

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        self._write("failed", f"{type(error).__name__}: {error}")

    def _facts(self, dataset_name: str) -> dict[str, Any]:
        dataset = self._catalog.get(dataset_name) if self._catalog is not None else None
        metadata = getattr(dataset, "metadata", None) or {}
        return dict(metadata.get("highroad") or {})

    def _location(self, dataset_name: str) -> str | None:
        dataset = self._catalog.get(dataset_name)
        path = getattr(dataset, "_filepath", None) or getattr(dataset, "_path", None)
        if path is None:
            return None
        protocol = getattr(dataset, "_protocol", "file")
        return str(path) if protocol == "file" or "://" in str(path) else f"{protocol}://{path}"

    def _write(self, status: str, error: str | None) -> None:
        from highroad.hooks.run_page import render

        seconds = self._clock() - self._began
        summary = summarise(self._events.finish(), self._location)
        summary = {
            "project": self._project,
            "environment": self._env,
            "status": status,
            "error": hide(error) if error else None,
            "began_at": self._began_at.isoformat(timespec="seconds"),
            "seconds": round(seconds, 3),
            **summary,
        }
        if self._folder is None:
            return
        import fsspec

        for name, text in (
            ("run.json", json.dumps(summary, indent=2, default=str)),
            ("run.html", render(summary)),
        ):
            with fsspec.open(
                f"{self._folder}/{name}", "w", encoding="utf-8", auto_mkdir=True
            ) as file:
                file.write(text)
        if status == "finished":
            logger.info(
                "%s: %d nodes in %.1f s. Report: %s/run.html",
                self._project,
                len(summary["nodes"]),
                seconds,
                self._folder,
            )


def summarise(
    events: list[dict[str, Any]], location: Callable[[str], str | None]
) -> dict[str, Any]:
    """Fold a run's events into its summary.

    Args:
        events: What `RunSummaryHook` noted, in any order.
        location: Where a dataset lies; None for one in memory.

    Returns:
        `nodes` (name, node_s, load_s, save_s), `rows_read` and `rows_written` of datasets
        outside memory, `unknown_rows` (datasets whose rows could not be counted), `metrics`
        by dataset, `outputs` by dataset, `report` (the project's own page) or None.
    """
    nodes: dict[str, dict[str, Any]] = {}
    for event in events:
        if "node" in event:
            nodes[event["node"]] = {
                "name": event["node"],
                "node_s": event["node_s"],
                "load_s": event["load_s"],
                "save_s": 0.0,
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
        place = location(name)
        if place is None:
            continue
        if "loaded" in event:
            read[name] = event["rows"]
            continue
        written[name] = event["rows"]
        outputs[name] = place
        if "metrics" in event:
            metrics[name] = event["metrics"]
        if event.get("report"):
            report = place
    return {
        "nodes": list(nodes.values()),
        "rows_read": sum(rows or 0 for rows in read.values()),
        "rows_written": sum(rows or 0 for rows in written.values()),
        "unknown_rows": sorted(name for name, rows in {**read, **written}.items() if rows is None),
        "metrics": metrics,
        "outputs": outputs,
        "report": report,
    }


def rows_of(data: Any) -> int | None:
    """How many rows: of a frame, of partitions held in memory, of a lazy Polars scan.

    Returns:
        None where counting would mean reading the data (partitions that load lazily), 0 for
        what has no rows (a model, a page).
    """
    kind = type(data)
    if kind.__name__ == "LazyFrame" and kind.__module__.startswith("polars"):
        import polars

        return int(data.select(polars.len()).collect().item())
    if (
        isinstance(data, dict)
        and data
        and all(callable(value) or hasattr(value, "columns") for value in data.values())
    ):
        counts = [None if callable(value) else rows_of(value) for value in data.values()]
        return None if None in counts else sum(count or 0 for count in counts)
    if hasattr(data, "columns") and hasattr(data, "shape"):
        return int(data.shape[0])
    return 0


hook = RunSummaryHook()

"""The summary of a run: nodes and their times, rows, metrics, outputs, as JSON and as a page."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from highroad.config.loader import PlatformConfigLoader
from highroad.hooks.rows import is_in_memory, told_by
from highroad.hooks.run_events import RunEvents
from highroad.hooks.summarising import summarise
from highroad.logs import hide, wants_json

logger = logging.getLogger("highroad.run")


class RunSummaryHook:
    """Time nodes, count rows, keep metrics; write `run.json` and `run.html` when the run ends.

    Both lie in `<store>/runs/<project>/`; `run.json` says `running` from the start, so that a
    run that was killed is not taken for the one before it. Node time is the function alone;
    task time adds the loading of its inputs and the saving of its outputs. What goes wrong here
    is a warning: the outcome of the run is the run's own.
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
        # A line a node suits a log collector, not a terminal.
        self._is_structured = wants_json()

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._project = project_name(context)
        loader = context.config_loader
        self._env = str(context.env or "local")
        self._folder = None
        if isinstance(loader, PlatformConfigLoader):
            self._folder = f"{loader.platform_value('store')}/runs/{self._project}"

    @hook_impl
    def after_catalog_created(self, catalog: Any) -> None:
        self._catalog = catalog

    @hook_impl
    def before_pipeline_run(self, catalog: Any) -> None:
        self._catalog = catalog
        self._events.start()
        self._began, self._began_at = self._clock(), datetime.now(UTC)
        self._write({"run.json": _json({**self._head("running", None), **summarise([], {})})})

    @hook_impl
    def before_dataset_loaded(self, node: Any) -> None:
        if getattr(self._local, "node", None) != node.name:
            self._local.node, self._local.began = node.name, self._clock()

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:
        if not dataset_name.startswith("params:") and dataset_name != "parameters":
            rows = told_by(self._dataset(dataset_name), "loaded_rows", data)
            self._events.add({"loaded": dataset_name, "rows": rows})

    @hook_impl
    def before_node_run(self, node: Any, catalog: Any) -> None:
        self._catalog = catalog  # the only sight of it that a child of ParallelRunner gets
        self._local.called = self._clock()
        if getattr(self._local, "node", None) != node.name:
            self._local.node, self._local.began = node.name, self._local.called

    @hook_impl
    def after_node_run(self, node: Any) -> None:
        now = self._clock()
        event = {
            "node": node.name,
            "node_s": now - self._local.called,
            "load_s": self._local.called - self._local.began,
        }
        self._events.add(event)
        self._local.node = None
        if self._is_structured:
            logger.info("%s took %.3f s", node.name, event["node_s"], extra={"fields": event})

    @hook_impl
    def before_dataset_saved(self) -> None:
        self._local.saving = self._clock()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Any) -> None:
        dataset = self._dataset(dataset_name)
        event = {
            "saved": dataset_name,
            "by": node.name,
            "save_s": self._clock() - self._local.saving,
            "rows": told_by(dataset, "written_rows", data),
        }
        facts = dict((getattr(dataset, "metadata", None) or {}).get("highroad") or {})
        if facts.get("metrics"):
            event["metrics"] = data
        if facts.get("report"):
            event["report"] = True
        self._events.add(event)

    @hook_impl
    def after_pipeline_run(self) -> None:
        self._finish("finished", None)

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        self._finish("failed", f"{type(error).__name__}: {error}")

    def _dataset(self, name: str) -> Any:
        return self._catalog.get(name) if self._catalog is not None else None

    def _head(self, status: str, error: str | None) -> dict[str, Any]:
        return {
            "project": self._project,
            "environment": self._env,
            "status": status,
            "pid": os.getpid(),
            "error": hide(error) if error else None,
            "began_at": self._began_at.isoformat(timespec="seconds"),
            "seconds": round(self._clock() - self._began, 3),
        }

    def _finish(self, status: str, error: str | None) -> None:
        from highroad.hooks.run_page import render

        head = self._head(status, error)
        try:
            events = self._events.finish()
            names = {event.get("saved") or event.get("loaded") for event in events}
            places = {name: self._place(name) for name in names if name}
            summary = {**head, **summarise(events, places, self._counted_late)}
        except Exception as problem:
            logger.warning("No summary of this run: %s", problem)
            return
        self._write({"run.json": _json(summary), "run.html": render(summary)})
        if status == "finished" and self._folder is not None:
            logger.info(
                "%s: %d nodes in %.1f s. Report: %s/run.html",
                self._project,
                len(summary["nodes"]),
                head["seconds"],
                self._folder,
                extra={"fields": {key: head[key] for key in ("project", "environment", "seconds")}},
            )

    def _place(self, name: str) -> str | None:
        """Where a dataset lies, or its class where it does not say; None for one in memory."""
        dataset = self._dataset(name)
        if dataset is None or is_in_memory(dataset):
            return None
        path = getattr(dataset, "_filepath", None) or getattr(dataset, "_path", None)
        if path is None:
            return type(dataset).__name__
        protocol = getattr(dataset, "_protocol", "file")
        return str(path) if protocol == "file" or "://" in str(path) else f"{protocol}://{path}"

    def _counted_late(self, name: str) -> int | None:
        """Rows of what was loaded piece by piece, known once the nodes have asked for the pieces."""
        told = getattr(self._dataset(name), "loaded_rows", None)
        return told if isinstance(told, int) else None

    def _write(self, texts: dict[str, str]) -> None:
        if self._folder is None:
            return
        import fsspec

        try:
            for name, text in texts.items():
                place = f"{self._folder}/{name}"
                with fsspec.open(place, "w", encoding="utf-8", auto_mkdir=True) as file:
                    file.write(text)
        except Exception as problem:
            logger.warning("The summary could not be written to %s: %s", self._folder, problem)


def project_name(context: Any) -> str:
    """The package's name, which is the same in a container; else the folder's."""
    from kedro.framework.project import PACKAGE_NAME

    return PACKAGE_NAME or Path(context.project_path).name


def _json(summary: dict[str, Any]) -> str:
    return json.dumps(summary, indent=2, default=str)


hook = RunSummaryHook()

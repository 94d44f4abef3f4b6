"""What nodes and datasets of a run cost and moved, noted as events."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kedro.framework.hooks import hook_impl

from highroad.hooks.fields import fields_of
from highroad.hooks.rows import counts_late, is_in_memory, told_by
from highroad.hooks.run_events import RunEvents
from highroad.logs import wants_json
from highroad.tracking.versions import version_of

logger = logging.getLogger("highroad.run")
Rows = dict[str, int | None]


@dataclass
class _Task:
    """One node at work, with the loads before it and the saves after it; times in seconds."""

    began: float
    called: float = 0.0
    load_s: float = 0.0
    node_s: float = 0.0
    save_s: float = 0.0
    saving: float = 0.0
    left: set[str] = field(default_factory=set)
    early: dict[str, Any] = field(default_factory=dict)
    read: Rows = field(default_factory=dict)
    written: Rows = field(default_factory=dict)


class Measuring:
    """Time nodes and count rows, in whichever process and thread a node runs.

    Node time is the function alone; its task adds the loading of its inputs and the saving of
    its outputs. In JSON each node that is done is a line; a terminal has the progress line.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter):
        self._clock = clock
        self._events = RunEvents()
        self._tasks: dict[str, _Task] = {}
        self._catalog: Any = None
        self._is_structured = wants_json()

    @hook_impl
    def before_dataset_loaded(self, node: Any) -> None:
        self._task(node)

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: Any) -> None:
        if dataset_name.startswith("params:") or dataset_name == "parameters":
            return
        if self._catalog is None:
            self._task(node).early[dataset_name] = data
        else:
            self._loaded(dataset_name, data, self._task(node))

    @hook_impl
    def before_node_run(self, node: Any, catalog: Any) -> None:
        self._catalog = catalog  # the only sight of it that a child of ParallelRunner gets
        task = self._task(node)
        for name, data in task.early.items():
            self._loaded(name, data, task)
        task.early = {}
        task.called = self._clock()
        task.load_s = task.called - task.began
        task.left = set(node.outputs)

    @hook_impl
    def after_node_run(self, node: Any) -> None:
        task = self._task(node)
        task.node_s = self._clock() - task.called
        self._events.add({"node": node.name, "node_s": task.node_s, "load_s": task.load_s})
        # The saves of a generator come in pieces, of which none is known to be the last.
        if not task.left or inspect.isgeneratorfunction(node.func):
            self._end(node)

    @hook_impl
    def before_dataset_saved(self, node: Any) -> None:
        self._task(node).saving = self._clock()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Any) -> None:
        task, dataset = self._task(node), self._dataset(dataset_name)
        save_s = self._clock() - task.saving
        rows = told_by(dataset, "written_rows", data)
        event = {"saved": dataset_name, "by": node.name, "save_s": save_s, "rows": rows}
        event |= self._facts(dataset_name, data, saved=True)
        facts = dict((getattr(dataset, "metadata", None) or {}).get("highroad") or {})
        if facts.get("metrics"):
            event["metrics"] = data
        if facts.get("report"):
            event["report"] = True
        self._events.add(event)
        task.save_s += save_s
        task.written[dataset_name] = rows
        if task.left:
            task.left.discard(dataset_name)
            if not task.left:
                self._end(node)

    def _loaded(self, name: str, data: Any, task: _Task) -> None:
        task.read[name] = rows = told_by(self._dataset(name), "loaded_rows", data)
        facts = self._facts(name, data, saved=False)
        self._events.add({"loaded": name, "rows": rows, **facts})

    def _task(self, node: Any) -> _Task:
        task = self._tasks.get(node.name)
        if task is None:
            task = self._tasks[node.name] = _Task(self._clock())
        return task

    def _end(self, node: Any) -> None:
        task = self._tasks.pop(node.name)
        for name in task.read:
            dataset = self._dataset(name)
            if counts_late(dataset):  # it was asked for its parts by now
                task.read[name] = dataset.loaded_rows
                facts = self._facts(name, None, saved=False)
                self._events.add({"loaded": name, "rows": dataset.loaded_rows, **facts})
        if self._is_structured:
            seconds = task.load_s + task.node_s + task.save_s
            fields = {
                "node": node.name,
                "seconds": round(seconds, 3),
                "node_s": round(task.node_s, 3),
                "rows_read": self._sum(task.read),
                "rows_written": self._sum(task.written),
            }
            logger.info("%s took %.3f s", node.name, seconds, extra={"fields": fields})

    def _sum(self, rows: Rows) -> int | None:
        """Rows outside memory; None where those of one dataset are not known."""
        counts = [count for name, count in rows.items() if not is_in_memory(self._dataset(name))]
        return None if None in counts else sum(count or 0 for count in counts)

    def _facts(self, name: str, data: Any, *, saved: bool) -> dict[str, Any]:
        """What is known of data, for the run's record and its lineage; nothing of data in memory."""
        dataset = self._dataset(name)
        if dataset is None or is_in_memory(dataset):
            return {}
        found = dict(version_of(dataset, saved=saved)._asdict())
        for key in ("contract", "model", "access"):  # what a product or a model knows of itself
            facts = getattr(dataset, f"{key}_facts", None)
            found[key] = facts() if facts is not None else None
        found["fields"] = fields_of(data)
        lineage = getattr(dataset, "lineage_facts", None)
        found |= lineage(saved=saved) if lineage is not None else {}
        return {"data": found}

    def _dataset(self, name: str) -> Any:
        return self._catalog.get(name) if self._catalog is not None else None

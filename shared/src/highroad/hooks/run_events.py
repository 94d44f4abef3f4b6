"""What happens to nodes and datasets during a run, gathered across processes.

`ParallelRunner` calls node hooks in its children and pipeline hooks in the parent. Children
append what they see to a spool folder named after the parent's process id, which
`multiprocessing` tells them under every start method (a fork server's environment may be
older than the run); the parent reads it when the run ends.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class RunEvents:
    """Collect events in memory in the process that runs the pipeline, on disk in its children."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._owner: int | None = None

    def start(self) -> None:
        """Begin a run in this process."""
        self._events = []
        self._owner = os.getpid()
        spool = _spool(self._owner)
        shutil.rmtree(spool, ignore_errors=True)
        spool.mkdir(mode=0o700)

    def add(self, event: Event) -> None:
        """Note one event; cheap, from any thread of any process of the run."""
        if self._owner == os.getpid():
            self._events.append(event)
            return
        parent = multiprocessing.parent_process()
        if parent is not None and parent.pid is not None and _spool(parent.pid).is_dir():
            # Opened anew each time: an append of one short line is whole on every platform.
            path = _spool(parent.pid) / f"{os.getpid()}.jsonl"
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(event) + "\n")

    def finish(self) -> list[Event]:
        """Everything noted since `start`; the spool is gone."""
        events, self._events = self._events, []
        spool = _spool(os.getpid())
        for path in sorted(spool.glob("*.jsonl")):
            events += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        shutil.rmtree(spool, ignore_errors=True)
        self._owner = None
        return events


def _spool(pid: int) -> Path:
    return Path(tempfile.gettempdir()) / f"highroad-run-{pid}"

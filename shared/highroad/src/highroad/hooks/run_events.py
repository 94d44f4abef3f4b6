"""What happens to nodes and datasets during a run, gathered across processes.

`ParallelRunner` calls node hooks in its children and pipeline hooks in the parent. Children
append what they see to a spool folder that the parent tells them of; the parent reads it when
the run ends.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any

from highroad.hooks.children import tell, told
from highroad_workspace.leftovers import new_folder

logger = logging.getLogger("highroad.run")
Event = dict[str, Any]
_SPOOL = "spool"


class RunEvents:
    """Collect events in memory in the process that runs the pipeline, on disk in its children."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._owner: int | None = None

    def start(self) -> None:
        """Begin a run in this process."""
        self._events = []
        self._owner = os.getpid()
        try:
            tell(_SPOOL, new_folder("run"))  # mode 0700, a name of its own
        except OSError as problem:
            tell(_SPOOL, None)
            logger.warning("Child processes cannot report to this run: %s", problem)

    def add(self, event: Event) -> None:
        """Note one event; cheap, from any thread of any process of the run."""
        if self._owner == os.getpid():
            self._events.append(event)
        else:
            spooled(event)

    def so_far(self) -> list[Event]:
        """Everything noted since `start`."""
        events = list(self._events)
        if spool := spool_folder():
            for path in sorted(spool.glob("*.jsonl")):
                events += _lines_of(path)
        return events

    def finish(self) -> list[Event]:
        """Everything noted since `start`; the spool is gone."""
        events = self.so_far()
        if spool := spool_folder():
            shutil.rmtree(spool, ignore_errors=True)
        tell(_SPOOL, None)
        self._events, self._owner = [], None
        return events


def spool_folder() -> Path | None:
    """Where children report to; None outside of a run."""
    told_folder = told(_SPOOL)
    return Path(told_folder) if told_folder else None


def spooled(event: Event) -> None:
    """Append one event to this process's file; opened anew, so that each line is whole."""
    spool = spool_folder()
    if spool is None:
        return
    try:
        with (spool / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, default=str) + "\n")
    except (OSError, TypeError, ValueError) as problem:  # a lost number must not fail a node
        logger.warning("An event of this run is lost: %s", problem)


def _lines_of(path: Path) -> list[Event]:
    events: list[Event] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:  # the child was killed in the middle of it
            continue
    return events

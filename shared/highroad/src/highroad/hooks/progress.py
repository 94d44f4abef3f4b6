"""A line now and then that says how far a run is."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from highroad.hooks.children import tell, told
from highroad.hooks.run_events import spool_folder

logger = logging.getLogger("highroad.progress")
INTERVAL_S = 0.5
_TOTAL = "nodes"


class ProgressHook:
    """Say which node starts, at most twice a second: long runs show life, 500 nodes stay quick.

    Children of `ParallelRunner` count together: each node that starts adds a byte to a file,
    whose length is the count and whose twin's age is the silence.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._total = self._started = 0
        self._counted_in: int | None = None
        self._spoke_at = float("-inf")

    @hook_impl
    def before_pipeline_run(self, pipeline: Any) -> None:
        self._total, self._started, self._spoke_at = len(pipeline.nodes), 0, float("-inf")
        self._counted_in = os.getpid()
        tell(_TOTAL, self._total)

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        if self._counted_in != os.getpid():
            self._in_child(node.name)
            return
        self._started += 1
        now = self._clock()
        if now - self._spoke_at >= INTERVAL_S:
            self._spoke_at = now
            logger.info("%d/%d %s", self._started, self._total, node.name)

    def _in_child(self, name: str) -> None:
        spool = spool_folder()
        if spool is None:
            return
        try:
            started = _length_after_one_more(spool / "started")
            if _silence_s(spool / "spoke") >= INTERVAL_S:
                (spool / "spoke").touch()
                logger.info("%d/%d %s", started, told(_TOTAL), name)
        except OSError:  # a full disk: the run's own errors say so
            return


def _length_after_one_more(path: Path) -> int:
    with path.open("ab") as file:
        file.write(b".")
        file.flush()
        return os.fstat(file.fileno()).st_size


def _silence_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


hook = ProgressHook()

"""A line now and then that says how far a run is."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any

from kedro.framework.hooks import hook_impl

logger = logging.getLogger("highroad.progress")
INTERVAL_S = 0.5


class ProgressHook:
    """Say which node starts, at most twice a second: long runs show life, 500 nodes stay quick."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._total = self._started = 0
        self._counted_in = 0
        self._spoke_at = float("-inf")

    @hook_impl
    def before_pipeline_run(self, pipeline: Any) -> None:
        self._total, self._started, self._spoke_at = len(pipeline.nodes), 0, float("-inf")
        self._counted_in = os.getpid()

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        self._started += 1
        now = self._clock()
        if now - self._spoke_at < INTERVAL_S:
            return
        self._spoke_at = now
        if self._counted_in == os.getpid():
            logger.info("%d/%d %s", self._started, self._total, node.name)
        else:  # a child of ParallelRunner, which does not know how far its siblings are
            logger.info("%s", node.name)


hook = ProgressHook()

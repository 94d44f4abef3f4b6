"""Hooks of the organisation, for every project."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from kedro.framework.hooks import hook_impl
from kedro.pipeline.node import Node

logger = logging.getLogger("platform_extensions")


class SlowNodesHook:
    """Log a hint when a node takes long: it could be split, or sampled with `--params` in development.

    Args:
        limit_s: From how many seconds on.
        clock: Seconds that only go forward.

    Example:
        ```toml
        [project.entry-points."kedro.hooks"]
        platform-slow-nodes = "platform_extensions.hooks:hook"
        ```
    """

    def __init__(self, limit_s: float = 300, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._started: dict[str, float] = {}

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Note when the node started."""
        self._started[node.name] = self._clock()

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Compare how long it took with the limit."""
        seconds = self._clock() - self._started.pop(node.name)
        if seconds > self._limit_s:
            logger.warning(
                "Node '%s' took %.0f s, more than %.0f s: split it, or sample its input in development.",
                node.name,
                seconds,
                self._limit_s,
            )


hook = SlowNodesHook()

"""How far a run is: a line now and then, or one line of a terminal that is written again."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from highroad.config.loader import PlatformConfigLoader
from highroad.hooks.children import tell, told
from highroad.hooks.run_events import spool_folder
from highroad.logs import LIVE, wants_json

logger = logging.getLogger("highroad.progress")
INTERVAL_S = 0.5
HEARTBEAT_S = 10.0
"""After so long without a line, a node that still runs is named again; on a terminal each second."""
_TOTAL = "nodes"


class ProgressHook:
    """Say which node starts, at most twice a second: long runs show life, 500 nodes stay quick.

    A node that takes longer than ten seconds is named again, with its seconds. On a terminal all of it is
    one line, with the time that is left if the project's run before was of as many nodes.

    Children of `ParallelRunner` count together: each node that starts adds a byte to a file,
    whose length is the count and whose twin's age is the silence.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._total = self._started = 0
        self._counted_in: int | None = None
        self._began = 0.0
        self._spoke_at = float("-inf")
        self._before: dict[str, Any] = {}
        self._is_live = False
        self._running: dict[str, float] = {}
        self._heart: threading.Thread | None = None
        self._is_over = threading.Event()

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        self._is_live = sys.stderr.isatty() and not wants_json()
        loader = context.config_loader
        if self._is_live and isinstance(loader, PlatformConfigLoader):
            from highroad.hooks.run_summary import project_name

            self._before = _run_before(
                f"{loader.platform_value('store')}/runs/{project_name(context)}"
            )

    @hook_impl
    def before_pipeline_run(self, pipeline: Any) -> None:
        self._total, self._started, self._spoke_at = len(pipeline.nodes), 0, float("-inf")
        self._began = self._clock()
        self._counted_in = os.getpid()
        self._is_over.clear()
        tell(_TOTAL, self._total)

    @hook_impl
    def after_pipeline_run(self) -> None:
        self._end()

    @hook_impl
    def on_pipeline_error(self) -> None:
        self._end()

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        now = self._running[node.name] = self._clock()
        # Not before the first node: a runner that forks its children must not have a thread by then.
        if self._heart is None or not self._heart.is_alive():
            self._heart = threading.Thread(target=self._beat, args=(os.getpid(),), daemon=True)
            self._heart.start()
        if self._counted_in != os.getpid():
            self._in_child(node.name)
            return
        self._started += 1
        if now - self._spoke_at >= INTERVAL_S:
            self._say("%d/%d %s", self._started, self._total, node.name)

    @hook_impl
    def after_node_run(self, node: Any) -> None:
        self._running.pop(node.name, None)

    @hook_impl
    def on_node_error(self, node: Any) -> None:
        self._running.pop(node.name, None)

    def _beat(self, process: int) -> None:
        silence = 1.0 if self._is_live else HEARTBEAT_S
        while not self._is_over.wait(silence / 10) and process == os.getpid():
            oldest = next(iter(self._running.items()), None)
            now = self._clock()
            if oldest is not None and now - max(oldest[1], self._spoke_at) >= silence:
                name, began = oldest
                if self._counted_in == process:
                    text = "%d/%d %s: %.0f s%s"
                    self._say(text, self._started, self._total, name, now - began, self._left(now))
                else:
                    self._say("%s: %.0f s", name, now - began)

    def _left(self, now: float) -> str:
        """What the run before took beyond what this one has taken."""
        if len(self._before.get("nodes", ())) != self._total:
            return ""
        left = self._before["seconds"] - (now - self._began)
        return f", about {left:.0f} s left" if left >= 1 else ""

    def _say(self, text: str, *values: Any) -> None:
        self._spoke_at = self._clock()
        logger.info(text, *values, extra={LIVE: self._is_live})

    def _end(self) -> None:
        self._is_over.set()
        self._running.clear()
        if self._is_live:
            logger.info("", extra={LIVE: True})

    def _in_child(self, name: str) -> None:
        spool = spool_folder()
        if spool is None:
            return
        try:
            started = _length_after_one_more(spool / "started")
            if _silence_s(spool / "spoke") >= INTERVAL_S:
                (spool / "spoke").touch()
                self._say("%d/%d %s", started, told(_TOTAL), name)
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


def _run_before(folder: str) -> dict[str, Any]:
    """What `run.json` says of the last run that finished; nothing where it cannot be read."""
    import fsspec

    try:
        with fsspec.open(f"{folder}/run.json", encoding="utf-8") as file:
            run: dict[str, Any] = json.load(file)
    except Exception:  # each kind of store has errors of its own, and this is a nicety
        return {}
    return run if run.get("status") == "finished" and "seconds" in run else {}


hook = ProgressHook()

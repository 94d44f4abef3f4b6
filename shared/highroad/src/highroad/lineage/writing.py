"""Events reach where they belong, or wait in a spool; whatever happens to them, no run fails of it."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from highroad.config.platform import FILES, NOWHERE
from highroad.errors import DataError
from highroad.lineage.sending import Files, Server
from highroad.tracking.spool import Spool

if TYPE_CHECKING:
    from highroad.config.platform import Platform

logger = logging.getLogger("highroad.lineage")
END_S = 1.5
"""How long the end of a run waits for events to be delivered."""


class EventWriter:
    """Write events at once; what cannot be written waits.

    Args:
        target: Where they go.
        spool: Where they wait.
    """

    def __init__(self, target: Files | Server, spool: Spool):
        self._target = target
        self._spool = spool

    def put(self, name: str, event: Mapping[str, Any]) -> None:
        """Write one event, then what waited before.

        Args:
            name: Sorts by when it happened; one that waits is replaced by another of its name.
            event: As plain values.
        """
        text = _json(event)
        try:
            self._target.send(text)
        except Exception as problem:
            self._keep(name, text, problem)
            return
        try:
            self.deliver()
        except Exception as problem:
            logger.warning("Lineage events stay in %s: %s", self._spool.folder, problem)

    def close(self) -> None:
        """The run is over: see that nothing is under way any more."""

    def deliver(self) -> int:
        """Bring what waits to where it belongs.

        Returns:
            How many events.

        Raises:
            DataError: The server cannot be reached.
            OSError: A file cannot be written.
        """
        return self._spool.deliver(lambda text, _: self._target.send(text))

    def _keep(self, name: str, text: str, problem: Exception) -> None:
        try:
            self._spool.keep(name, text)
            _warn_waiting(self._spool, problem)
        except OSError as error:
            logger.warning("A lineage event of this run is lost: %s; %s", problem, error)


class BackgroundWriter(EventWriter):
    """Keep each event in the spool, and deliver from there while the run goes on.

    A server that is slow, hangs or is away holds the run's end for `END_S` at most; what is not
    delivered by then is left to the next run. An event may arrive twice: when the run ends between
    its arrival and the answer.
    """

    def __init__(self, target: Files | Server, spool: Spool):
        super().__init__(target, spool)
        self._unkept: dict[str, str] = {}
        self._worker: threading.Thread | None = None
        self._calls: queue.SimpleQueue[bool]
        self._problem: Exception | None = None

    def put(self, name: str, event: Mapping[str, Any]) -> None:
        """Keep one event, in memory where the disk is full, and have it delivered."""
        text = _json(event)
        try:
            self._spool.keep(name, text)
        except OSError as problem:
            self._problem = problem
            self._unkept[name] = text
        if self._worker is None:
            self._calls = queue.SimpleQueue()
            self._worker = threading.Thread(
                target=self._work, args=(self._calls,), name="highroad-lineage", daemon=True
            )
            self._worker.start()
        self._calls.put(True)

    def close(self) -> None:
        """Wait a little for what is under way, and say what is left."""
        if self._worker is not None:
            self._calls.put(False)
            self._worker.join(END_S)
            self._worker = None
        reason = self._problem or f"{self._target.shown} did not answer in time"
        if self._unkept:
            logger.warning("%d lineage events of this run are lost: %s", len(self._unkept), reason)
        elif self._spool.waiting():
            _warn_waiting(self._spool, reason)

    def _work(self, calls: queue.SimpleQueue[bool]) -> None:
        while calls.get():
            try:
                for name, text in list(self._unkept.items()):
                    if self._target.send(text):
                        del self._unkept[name]
                self.deliver()
                refused = DataError(f"{self._target.shown} refuses them")
                self._problem = refused if self._spool.waiting() else None
            except Exception as problem:
                self._problem = problem


def writer_to(platform: Platform, env: str, home: Path) -> EventWriter | None:
    """The writer of an environment's events; None where it makes none.

    Args:
        platform: The platform's settings.
        env: The environment.
        home: The folder that holds platform-conf.

    Raises:
        ConfigError: HIGHROAD_LINEAGE names nothing that events go to.
    """
    to = platform.lineage_to(env)
    folder = platform.runs_folder(env, home) / "lineage"
    spool = Spool(folder / ".spool")
    if to == NOWHERE:
        return None
    return EventWriter(Files(folder), spool) if to == FILES else BackgroundWriter(Server(to), spool)


def _json(event: Mapping[str, Any]) -> str:
    try:
        return _dumped(event, allow_nan=False)
    except ValueError:  # a metric that is NaN or infinite: JSON has no such numbers
        return _dumped(json.loads(_dumped(event), parse_constant=str))


def _dumped(event: Any, **options: Any) -> str:
    return json.dumps(event, separators=(",", ":"), default=str, **options)


def _warn_waiting(spool: Spool, reason: object) -> None:
    logger.warning("Lineage events wait in %s and are delivered later: %s", spool.folder, reason)

"""A run that is told to stop says so before it goes: Ctrl-C, and SIGTERM from a scheduler or an engine."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(BaseException):
    """Somebody told the process to stop. No `Exception`, so that no node takes it for a failure of its own."""

    def __init__(self, number: int):
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_code = 128 + number
        """As shells have it."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Both signals raise `Stopped` in the main thread of this process; its children keep the default.

    Raises:
        Stopped: One of them came.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    owner = os.getpid()

    def stop(number: int, _: FrameType | None) -> None:
        if os.getpid() == owner:
            raise Stopped(number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

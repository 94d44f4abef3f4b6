"""Values that are costly to compute, computed again once they are old."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """A value that several threads share; one of them computes it, the others wait.

    Args:
        compute: Gives the value.
        seconds: How long it is good for.
    """

    def __init__(self, compute: Callable[[], Value], seconds: float):
        self._compute = compute
        self._seconds = seconds
        self._lock = threading.Lock()
        self._value: tuple[float, Value] | None = None

    def __call__(self) -> Value:
        """The value; an error is raised to who asked, and nothing is kept of it."""
        with self._lock:
            if self._value is None or time.monotonic() - self._value[0] > self._seconds:
                self._value = (time.monotonic(), self._compute())
            return self._value[1]

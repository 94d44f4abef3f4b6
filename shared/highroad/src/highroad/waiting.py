"""Wait for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

_EVERY_S = 0.05


def wait_for(is_so: Callable[[], bool], within_s: float, every_s: float = _EVERY_S) -> None:
    """Ask until it is so, once at least.

    Args:
        is_so: What is asked.
        within_s: How long at most; whoever waits says in its own words what did not come.
        every_s: The pause between two questions.

    Raises:
        TimeoutError: It is not, within that time.
    """
    until = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {within_s:g} s")
        time.sleep(every_s)

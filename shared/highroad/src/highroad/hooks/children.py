"""What a run tells the processes it starts, through `multiprocessing` itself.

Neither the environment nor a file: credentials in a file outlive a run that is killed, the
environment goes to every command that a node calls, and a fork server that is up already has an
older one. A process object carries its parent's settings under every start method; the
authentication key of `multiprocessing` travels the same way.
"""

from __future__ import annotations

import multiprocessing
from typing import Any

_PREFIX = "highroad."


def tell(name: str, value: Any) -> None:
    """Tell this to every process started from now on; None takes it back. It must pickle."""
    settings = _settings()
    if value is None:
        settings.pop(_PREFIX + name, None)
    else:
        settings[_PREFIX + name] = value


def told(name: str) -> Any:
    """What the process that started this one told it; in that process, what it tells."""
    return _settings().get(_PREFIX + name)


def _settings() -> dict[str, Any]:
    # Not public, but what `Process.__init__` copies, unchanged since Python 2.6; the tests of
    # every start method would notice.
    settings: dict[str, Any] = vars(multiprocessing.current_process())["_config"]
    return settings

"""Which run this process works for, told to its children through the environment."""

from __future__ import annotations

import json
import os
import secrets
import time
from typing import NamedTuple

VARIABLE = "HIGHROAD_RUN"


class Run(NamedTuple):
    """A pipeline run as everything that it writes refers to it.

    Attributes:
        id: Sortable by its start and unique across machines: milliseconds since 1970 in hex,
            then 80 random bits.
        project: The project's name.
        environment: The Kedro environment.
        commit: The git commit of the working tree, with `+` where it had changes; empty outside.
    """

    id: str
    project: str
    environment: str
    commit: str = ""


def new_run_id() -> str:
    """A run id that sorts by time."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


def announce(run: Run | None) -> None:
    """Make this the run of the process and of those it starts from now on; None ends it."""
    if run is None:
        os.environ.pop(VARIABLE, None)
    else:
        os.environ[VARIABLE] = json.dumps(run)


def current_run() -> Run | None:
    """The run this process works for; None outside of runs."""
    text = os.environ.get(VARIABLE)
    return Run(*json.loads(text)) if text else None

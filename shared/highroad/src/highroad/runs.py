"""Which run this process works for, told to it by a scheduler and to its children through the environment."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from datetime import datetime
from typing import NamedTuple

from highroad.errors import ConfigError

VARIABLE = "HIGHROAD_RUN"
TASK_VARIABLE = "HIGHROAD_TASK"
"""What a scheduler tells each task of a run, as JSON; see `RunTask`."""


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


class RunTask(NamedTuple):
    """Which part of a run this process is, where a scheduler starts a run as several processes.

    Attributes:
        run: The run's id, the same in every task of it.
        name: The task.
        names: All tasks of the run.
        attempt: Which try this is, from 1 on.
        is_last: Whether the scheduler gives up where this one fails.
    """

    run: str
    name: str
    names: tuple[str, ...]
    attempt: int = 1
    is_last: bool = True


def current_task() -> RunTask | None:
    """The task that the scheduler named; None where a run is one process.

    HIGHROAD_TASK is `{"run": "delays-prod/2026-01-31", "began": "2026-01-31T06:00:00+00:00", "task": "train",
    "tasks": ["features", "train"], "try": 1, "tries": 2}`: `run` is the scheduler's own name of the run and
    `began` when it began, both the same in every task.

    Raises:
        ConfigError: HIGHROAD_TASK says something else.
    """
    text = os.environ.get(TASK_VARIABLE)
    if not text:
        return None
    try:
        told = json.loads(text)
        name, names = str(told["task"]), tuple(map(str, told["tasks"]))
        attempt, tries = int(told.get("try", 1)), int(told.get("tries", 1))
        began = datetime.fromisoformat(told["began"])
        if name not in names or began.tzinfo is None:
            raise ValueError("a task that is not among tasks, or a time without its zone")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{TASK_VARIABLE} is '{text}' ({error}); expected JSON with run, began (ISO 8601 with its zone), "
            "task, tasks, and perhaps try and tries. A scheduler sets it; unset it to run all in one process."
        ) from None
    return RunTask(run_id_of(str(told["run"]), began), name, names, attempt, attempt >= tries)


def run_id_of(name: str, began: datetime) -> str:
    """A run id, as `new_run_id` gives, that every task of a scheduler's run comes to by itself.

    Args:
        name: The scheduler's name of the run.
        began: When it began, with its time zone.
    """
    milliseconds = int(began.timestamp() * 1000)
    return f"{milliseconds:012x}{hashlib.sha256(name.encode()).hexdigest()[:20]}"

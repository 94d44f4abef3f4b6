"""A real Airflow of one's own, for tests and the session that rehearses on it, from an environment of its own."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from highroad.deployments.targets.airflow.client import PASSWORD, USER, Airflow
from highroad.errors import HighroadError, WorkspaceError
from highroad.testing.cleanup import at_end
from highroad.testing.ports import free_port
from highroad.waiting import wait_for

VARIABLE = "HIGHROAD_AIRFLOW_ENVIRONMENT"
"""Names the environment that has Airflow: `shared/airflow` and its lock, which `nox` syncs."""
_WITHIN_S = 300
_NAME = "rehearsal"
_SHOWN = 2000


class Served(NamedTuple):
    """An Airflow at work: its address, the folder that it reads DAGs from, and its own folder."""

    url: str
    dags: Path
    home: Path


def environment() -> Path | None:
    """The environment that has Airflow; None where there is none."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named and (Path(named) / "bin" / "airflow").exists() else None


@contextmanager
def serving(folder: Path, database: str = "", **variables: str) -> Iterator[Served]:
    """Start one: API, scheduler and the reader of DAGs, on this machine alone; end it with the block.

    Meanwhile HIGHROAD_AIRFLOW_USER and -PASSWORD name who may ask it.

    Args:
        folder: Where it keeps all that it has; made where it is missing.
        database: A URL for SQLAlchemy; empty is an SQLite file in the folder.
        variables: For the tasks, beside this process's own.

    Raises:
        WorkspaceError: There is no environment that has it, it does not start, or a part of it ended within the
            block, which failed.
    """
    found = environment()
    if found is None:
        raise WorkspaceError(
            f"No Airflow: nox -s \"airflow(project='…')\" makes it, and sets {VARIABLE}."
        )
    dags = folder / "dags"
    dags.mkdir(parents=True, exist_ok=True)
    port = free_port()
    told = {USER: _NAME, PASSWORD: secrets.token_urlsafe()}
    settings = {**_settings(folder, port, database, told[PASSWORD]), **variables}
    before = {name: os.environ.get(name) for name in told}
    _run(found, settings, folder / "migrate.log", "db", "migrate")
    with ExitStack() as stack:
        stack.callback(_restore, before)
        os.environ.update(told)
        address = ("--host", "127.0.0.1", "--port", str(port))
        parts: dict[Path, subprocess.Popen[bytes]] = {}
        for words in (
            ("api-server", *address),
            ("scheduler", "--skip-serve-logs"),
            ("dag-processor",),
        ):
            log = folder / f"{words[0]}.log"
            parts[log] = stack.enter_context(_started(found, settings, log, words))
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(lambda: _is_well(Airflow(url)) or bool(_ended(parts)), _WITHIN_S)
        except TimeoutError:
            logs = "\n".join(map(_tail, parts))
            raise WorkspaceError(
                f"Airflow at {url} was not healthy within {_WITHIN_S} s.\n{logs}"
            ) from None
        if ended := _ended(parts):
            raise WorkspaceError(f"Airflow does not start.\n{ended}")
        try:
            yield Served(url, dags, folder)
        except HighroadError as error:
            if ended := _ended(parts):
                raise WorkspaceError(f"{error}\n{ended}") from error
            raise


def _ended(parts: Mapping[Path, subprocess.Popen[bytes]]) -> str:
    """The ends of the logs of parts that are no longer running."""
    return "\n".join(
        f"ended with {process.returncode}: {_tail(log)}"
        for log, process in parts.items()
        if process.poll() is not None
    )


def _is_well(airflow: Airflow) -> bool:
    try:
        return airflow.is_well()
    except HighroadError:
        return False


def _settings(folder: Path, port: int, database: str, word: str) -> dict[str, str]:
    passwords = folder / "passwords.json"
    passwords.write_text(json.dumps({_NAME: word}), encoding="ascii")
    own = {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{_NAME}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(32),
        # Answers and heartbeats may be late where the machine is busy.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "120",
        "AIRFLOW__DAG_PROCESSOR__HEALTH_CHECK_THRESHOLD": "120",
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "2",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "2",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "2",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "DO_NOT_TRACK": "1",
    }
    if database:
        own["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = database
    else:
        own["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{folder / 'airflow.db'}"
    # What this process is told of Airflow is not what its own parts are told.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    kept.pop("PYTHONPATH", None)
    return {**kept, **own}


def _run(found: Path, settings: Mapping[str, str], log: Path, *words: str) -> None:
    with log.open("wb") as file:
        done = subprocess.run(
            [str(found / "bin" / "airflow"), *words],
            env=dict(settings),
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise WorkspaceError(f"`airflow {' '.join(words)}` failed:\n{_tail(log)}")


@contextmanager
def _started(
    found: Path, settings: Mapping[str, str], log: Path, words: tuple[str, ...]
) -> Iterator[subprocess.Popen[bytes]]:
    path = f"{found / 'bin'}{os.pathsep}{settings.get('PATH', '')}"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [str(found / "bin" / "airflow"), *words],
            env={**settings, "PATH": path},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # Should this process be killed, whoever it started ends too.
    with at_end('kill -TERM -- "-$1" && sleep 15; kill -KILL -- "-$1"', str(process.pid)):
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """A process and all that it started, which is a session of its own."""
    import signal

    for number, within_s in ((signal.SIGTERM, 15), (signal.SIGKILL, 15)):
        if process.poll() is not None and number == signal.SIGTERM:
            continue
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            continue


def _restore(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _tail(log: Path) -> str:
    return f"{log.name}: {log.read_text(encoding='utf-8', errors='replace')[-_SHOWN:]}"

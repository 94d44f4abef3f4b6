"""A real PostgreSQL of one's own, for tests and benchmarks, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from highroad.errors import WorkspaceError
from highroad.testing.cleanup import at_end

_WITHIN_S = 300
"""To start or to stop, on a machine that is busy."""


def is_installed() -> bool:
    """Are the server's programs here?"""
    return _programs() is not None


@contextmanager
def server() -> Iterator[str]:
    """Start a server on a socket in a temporary folder, and stop and remove it at the end.

    Yields:
        Its URL, as psycopg takes it. It survives no crash: nothing is flushed to the disk.

    Raises:
        WorkspaceError: PostgreSQL is not installed, or does not start.
    """
    programs = _programs()
    if programs is None:
        raise WorkspaceError(
            "PostgreSQL's programs are not installed; on Debian: apt-get install postgresql."
        )
    folder = Path(tempfile.mkdtemp(prefix="highroad-pg-"))  # short: a socket's path has a limit
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    options = f"-c listen_addresses='' -c fsync=off -c max_connections=200 -k {folder}"
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", str(_WITHIN_S)]
    stop = _as_postgres(*control, "-m", "immediate", "stop")
    with at_end('folder=$1; shift; "$@"; rm -rf "$folder"', str(folder), *stop):
        _run(str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-N")
        _run(*control, "-o", options, "-l", str(folder / "log"), "start")
        yield f"postgresql://postgres@/postgres?host={folder}"


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[4])
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).resolve().parent if named else None


def _as_postgres(*words: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else [*words]


def _run(*words: str) -> None:
    done = subprocess.run(
        _as_postgres(*words), check=False, capture_output=True, text=True, cwd="/"
    )
    if done.returncode:
        raise WorkspaceError(f"`{' '.join(words)}` failed:\n{(done.stdout + done.stderr)[-2000:]}")

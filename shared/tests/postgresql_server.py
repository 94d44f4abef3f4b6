"""A real PostgreSQL for tests, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[4])
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).resolve().parent if named else None


def _as_postgres(*words: str) -> None:
    """PostgreSQL refuses to run as root."""
    command = ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else [*words]
    subprocess.run(command, check=True, capture_output=True, cwd="/")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a server of its own."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not installed")
    folder = Path(tempfile.mkdtemp(prefix="highroad-pg-"))  # short: a socket's path has a limit
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    _as_postgres(str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-N")
    options = f"-c listen_addresses='' -c fsync=off -c max_connections=50 -k {folder}"
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
    _as_postgres(*control, "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        _as_postgres(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

"""Environments of sessions: synced from a lock, reused when warm.

For `noxfile.py`, which runs before anything is installed: standard library only, and of nox
nothing but the session that is handed in.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from highroad_workspace.threads import variables

Tool = Callable[..., Any]
_SEEN = "synced-from-lock"
_SETTINGS = {"DO_NOT_TRACK": "1", "UV_PYTHON_DOWNLOADS": "never"}


def sync(session: Any, name: str, folder: Path, environment: Path, *options: str) -> None:
    """Bring an environment to its lock; a lock that is missing or stale ends the session.

    Args:
        session: The nox session.
        name: The project's name, for messages.
        folder: The project's folder, which holds its lock.
        environment: Where the environment is or shall be.
        options: More arguments for `uv sync`.
    """
    lock = folder / "uv.lock"
    mend = f"nox -s \"lock(project='{name}')\""
    if not lock.is_file():
        session.error(f"'{name}' has no uv.lock; expected {lock}. Make it: {mend}")
    synced_from = environment / _SEEN
    lock_hash = hashlib.sha256(lock.read_bytes()).hexdigest()
    is_known = synced_from.is_file() and synced_from.read_text() == lock_hash
    variables = {"UV_PROJECT_ENVIRONMENT": str(environment)}
    words = ["sync", "--locked", "--project", str(folder), *options]
    if is_known:  # the first time takes a while: let uv show how far it is
        words.append("--quiet")
    if not uv(session, *words, env=variables):
        if _is_stale(folder):
            session.error(f"{lock} does not match its pyproject.toml. Write it anew: {mend}")
        session.error(
            f"The environment of '{name}' could not be made from its lock; uv says why above. If it "
            "found no Python that the project allows: install one; none is downloaded."
        )
    if not is_known:
        synced_from.write_text(lock_hash)


def uv(session: Any, *words: str, env: dict[str, str]) -> bool:
    """Run uv, the one beside this nox or else the one on the path; False where it failed."""
    command = find_uv()
    if command is None:
        session.error('uv is not installed; install nox with it: pip install "nox[uv]"')
    try:
        session.run(command, *words, env=os.environ | _SETTINGS | env, external=True)
    except Exception as error:
        if type(error).__name__ != "CommandFailed":
            raise
        return False
    return True


def run_in(
    session: Any,
    root: Path,
    environment: Path,
    name: str,
    *arguments: str,
    may_fail: bool = False,
    success_codes: Collection[int] = (0,),
) -> Any:
    """Run a tool of an environment with the platform's settings around it.

    Args:
        session: The nox session.
        root: The repository.
        environment: The environment.
        name: The tool's.
        arguments: For it.
        may_fail: Whether what it finds is shown only.
        success_codes: Exit codes that are no failure.
    """
    folder = programs_of(environment)
    command = program(environment, name) or str(folder / name)
    logging = {}
    if program(environment, "highroad"):  # whose classes the platform's logging is made of
        logging = {
            "KEDRO_LOGGING_CONFIG": str(root / "platform-conf" / "base" / "logging.yml"),
            "KEDRO_LOGGING_MODULE_ALLOWLIST": "highroad",
        }
    return session.run(
        command,
        *arguments,
        external=True,
        success_codes=range(256) if may_fail else success_codes,
        env={
            "DO_NOT_TRACK": "1",
            # Python compiles what is imported and keeps it. To have uv compile all that is installed would
            # make the first run of a project wait for four times what it imports.
            "PYTHONDONTWRITEBYTECODE": "",
            # Commands that lock, adopt or build call uv, which is beside nox and on the path only if nox is.
            "PATH": os.pathsep.join([str(folder), os.environ.get("PATH", ""), *uv_folder()]),
            "VIRTUAL_ENV": str(environment),
            "HIGHROAD_PLATFORM_CONF": str(root / "platform-conf"),
            **logging,
            **variables({**os.environ, **session.env}),
        },
    )


def _is_stale(folder: Path) -> bool:
    """Does uv want to change the lock? Other faults, such as no network, are none of the lock's."""
    words = [str(find_uv()), "lock", "--check", "--project", str(folder)]
    done = subprocess.run(
        words, env=os.environ | _SETTINGS, capture_output=True, text=True, check=False
    )
    return bool(done.returncode) and "needs to be updated" in done.stderr


def programs_of(environment: Path) -> Path:
    """The folder of an environment's programs."""
    return environment / ("Scripts" if sys.platform == "win32" else "bin")


def program(environment: Path, name: str) -> str | None:
    """A program of an environment; None where it has none of that name."""
    # Python 3.11 on Windows finds `name.exe` only when it may look for it.
    return shutil.which(name, path=str(programs_of(environment)))


def uv_folder() -> list[str]:
    """The folder of the uv that `find_uv` gives; empty where there is none."""
    command = find_uv()
    return [str(Path(command).parent)] if command else []


def find_uv() -> str | None:
    """The uv beside this Python, or else the one on the path; None where there is none."""
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        return shutil.which("uv")

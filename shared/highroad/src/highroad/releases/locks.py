"""What a lock says, as uv exports it; the lock is taken as it is and never changed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from highroad.errors import ImageError, LockError
from highroad_workspace.environments import find_uv

_OWN = ("--no-emit-project", "--no-emit-local")
_HEAVY = 1_000_000
_LOCAL = re.compile(r'^source = \{ (?:editable|directory) = "(\.\./[^"]+)" \}$', re.MULTILINE)
TOOLS = "image"
"""The library's dependency group of what builds an image."""


def requirements(project: Path) -> str:
    """Everything that a project runs with, except itself and what is in the repository, with hashes."""
    return _export(project, "--no-dev", "--no-annotate", "--no-header", *_OWN)


def local_packages(project: Path) -> list[Path]:
    """The folders of packages in the repository that a project runs with by path."""
    lock = (project / "uv.lock").read_text(encoding="utf-8")
    return [(project / path).resolve() for path in _LOCAL.findall(lock)]


def by_weight(text: str, lock: Path) -> tuple[str, str]:
    """Requirements in two: those with a wheel from 1 MB on, and all others.

    Few are heavy and they change seldom, so most changes of a lock leave their layer alone.

    Args:
        text: What `requirements` gave.
        lock: The lock that it is from, which knows the size of each wheel.
    """
    heavy = set()
    # Line by line, for reading all of it as TOML takes longer than everything else here together.
    for package in lock.read_text(encoding="utf-8").split("[[package]]"):
        wheels = package.partition("\nwheels = [")[2]
        if any(int(size) >= _HEAVY for size in re.findall(r"\bsize = (\d+)", wheels)):
            heavy.add(package.partition('name = "')[2].partition('"')[0])
    found: dict[bool, list[str]] = {True: [], False: []}
    for each in re.split(r"^(?=\S)", text, flags=re.MULTILINE):
        found[re.split(r"[=\s;@\[]", each, maxsplit=1)[0] in heavy].append(each)
    return "".join(found[True]), "".join(found[False])


def tools(library: Path) -> str:
    """What installs and builds inside an image's stages, with hashes."""
    only = ("--only-group", TOOLS, "--no-emit-project")
    # Whoever runs this has installed the library from its lock, so only a project's can be stale.
    return _export(library, *only, "--no-annotate", "--no-header", mode="--frozen")


def bill_of_materials(project: Path) -> dict[str, Any]:
    """uv's CycloneDX document of everything that the lock holds for any machine."""
    text = _export(project, "--no-dev", "--format", "cyclonedx1.5")
    return dict(json.loads(text))


def uv_command(near: Path) -> str:
    """The uv beside this Python, on the path, or in the environment of the repository around `near`.

    Raises:
        ImageError: There is none.
    """
    places = [str(folder / ".venv" / "bin") for folder in near.resolve().parents]
    found = find_uv() or shutil.which("uv", path=os.pathsep.join(places))
    if found is None:
        raise ImageError(
            'uv is not installed; images are built from what it reads in a lock: pip install "nox[uv]"'
        )
    return found


def _export(folder: Path, *options: str, mode: str = "--locked") -> str:
    if not (folder / "uv.lock").is_file():
        raise LockError(
            f"'{folder.name}' has no uv.lock, so nothing says what its image holds; expected "
            f"{folder / 'uv.lock'}. Make it: nox -s \"lock(project='{folder.name}')\""
        )
    done = subprocess.run(
        [uv_command(folder), "export", mode, "--quiet", "--project", str(folder), *options],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode and "needs to be updated" in done.stderr:
        raise LockError(
            f"{folder / 'uv.lock'} does not match its pyproject.toml. Write it anew: "
            f"nox -s \"lock(project='{folder.name}')\""
        )
    if done.returncode:
        raise ImageError(f"uv cannot read {folder / 'uv.lock'}: {done.stderr.strip()}")
    return done.stdout

"""A Kedro project that was made elsewhere: what it is, and which of its files are to come."""

from __future__ import annotations

import errno
import os
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from highroad.errors import AdoptionError
from highroad_workspace.leftovers import temporary_folder
from highroad_workspace.metadata import RESERVED, table
from highroad_workspace.names import PROJECT, name_fault

_NEVER = (".telemetry", ".git")
_TOOLS = ("node_modules", "venv", "site-packages")


class Foreign(NamedTuple):
    """A Kedro project as it was found.

    Attributes:
        folder: Where it is.
        name: Its package's name, which is what it is called here.
        text: Its pyproject.toml.
        content: The same, parsed.
        files: What of it is to come, relative, with `/`.
        ignored: What its own .gitignore leaves out, below `data/` or elsewhere.
        inner: Folders in it that are git repositories of their own, which do not come either.
    """

    folder: Path
    name: str
    text: str
    content: dict[str, Any]
    files: tuple[str, ...]
    ignored: tuple[str, ...]
    inner: tuple[str, ...]


def read_foreign(folder: Path, *, data: bool = False) -> Foreign:
    """Look at a project.

    Args:
        folder: The project's.
        data: Whether what lies below `data/` is to come although its own .gitignore leaves it out.

    Raises:
        AdoptionError: It is no Kedro project, has a name that no project can have, or links that lead out of it.
    """
    path = folder / "pyproject.toml"
    if not path.is_file():
        raise AdoptionError(
            f"'{folder}' has no pyproject.toml, so it is no Kedro project.{_below(folder)}"
        )
    text = path.read_bytes().decode(errors="replace").replace("\r\n", "\n")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AdoptionError(f"{path}: cannot be read as TOML: {error}.") from None
    kedro = table(content, "tool", "kedro")
    if not kedro:
        raise AdoptionError(
            f"{path}: has no table [tool.kedro], so it is no Kedro project.{_below(folder)}"
        )
    name: Any = kedro.get("package_name")
    if name_fault(PROJECT, name):
        raise AdoptionError(
            f"{path}: package_name is {name!r}; expected the name of its package in small letters, a-z 0-9 _, "
            "for its folder, its sessions and its image are called so. Rename the package first."
        )
    if name in RESERVED:
        raise AdoptionError(
            f"{path}: the name '{name}' is the platform's; rename the package first."
        )
    listed, ignored = _listed(folder)
    # A repository inside it is listed as its folder alone, with `/`.
    inner = tuple(each for each in listed if each.endswith("/"))
    there = tuple(each for each in listed if not each.endswith("/"))
    brought = tuple(each for each in ignored if data and each.startswith("data/"))
    files = tuple(each for each in (*there, *brought) if not _stays(each))
    if faults := [f"{each} {fault}" for each in files if (fault := _link_fault(folder, each))]:
        raise AdoptionError(
            f"{folder}: links that cannot come: {'; '.join(faults)}. Put the file there itself, or remove the link."
        )
    left = tuple(each for each in ignored if each not in brought)
    return Foreign(folder, name, text, content, files, left, inner)


def _below(folder: Path) -> str:
    """The way out where the project is one folder further down."""
    for path in sorted(folder.glob("*/pyproject.toml")):
        if "[tool.kedro]" in path.read_text(encoding="utf-8", errors="replace"):
            return f" Did you mean '{path.parent}'?"
    return " Expected what `kedro new` makes: a pyproject.toml with [tool.kedro]."


def _listed(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files that git would take, and those that a .gitignore leaves out."""
    with temporary_folder("adopt") as elsewhere:
        where = ["--git-dir", f"{elsewhere}/git", "--work-tree", str(folder)]
        # One of our own, so that a folder which is in no repository, or in another one, is read alike.
        _git(folder, *where, "init", "-q")
        kinds = (
            ["--others", "--exclude-standard"],
            ["--others", "--ignored", "--exclude-standard"],
        )
        found = [_git(folder, *where, "ls-files", "-z", *each).split("\0") for each in kinds]
    there, ignored = (tuple(sorted(each for each in names if each)) for names in found)
    return there, tuple(_worth_a_word(ignored))


def _worth_a_word(names: tuple[str, ...]) -> Iterator[str]:
    """Ignored files that somebody might miss: not what tools leave behind."""
    for name in names:
        parts = PurePosixPath(name).parts
        hidden = any(each.startswith((".", "__")) or each in _TOOLS for each in parts)
        if not hidden and not name.endswith((".pyc", ".log", "/")) and not _stays(name):
            yield name


def _stays(name: str) -> bool:
    """Whether a file is this machine's alone, whatever git says of it."""
    parts = PurePosixPath(name).parts
    is_local = parts[:2] == ("conf", "local") and parts[-1] != ".gitkeep"
    return is_local or parts[0] in _NEVER


def _link_fault(folder: Path, name: str) -> str:
    """Why a symbolic link means nothing in a copy of the project; empty where it does, and for a file."""
    path = folder / name
    if not path.is_symlink():
        return ""
    target = path.readlink()
    try:
        real = os.path.realpath(path, strict=True)
    except OSError as error:
        if error.errno == errno.ELOOP:
            return f"→ {target} leads to itself"
        real = os.path.realpath(path)
    if target.is_absolute():
        return f"→ {target} is absolute"
    is_inside = Path(real).is_relative_to(os.path.realpath(folder))
    return "" if is_inside else f"→ {target} leads out of the project"


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        raise AdoptionError(
            "git is not installed, in whose branches projects are brought in."
        ) from None
    if done.returncode:
        raise AdoptionError(
            f"git cannot list '{folder}': {done.stderr.decode(errors='replace').strip()}"
        )
    return done.stdout.decode("utf-8", "surrogateescape")

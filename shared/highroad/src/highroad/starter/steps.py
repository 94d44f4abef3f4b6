"""What an upgrade does to one project: each managed file as it was given, as it is, as the template has it now."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from packaging.version import Version

from highroad import __version__
from highroad.errors import HighroadError, UpgradeError
from highroad.starter.extension import FIELDS, VERSION, design_of
from highroad.starter.making import MANAGED, render, require_choices
from highroad.starter.merging import Labels, has_conflicts, merge
from highroad.starter.platform_files import managed_files, version_of
from highroad.starter.record import CHOSEN, GIVEN, Chosen, Given, read_chosen, read_given, written


class Step(Enum):
    """What an upgrade does to a file."""

    ADDED = "added"
    TAKEN = "taken as the template has it"
    MERGED = "merged"
    CONFLICT = "conflict: edit it, and take the markers out"
    REMOVED = "removed, as the template did"
    LEFT = "left: the template no longer has it, and you changed it"
    GONE = "not brought back: you removed it"


class Upgrade(NamedTuple):
    """What an upgrade does to a project.

    Attributes:
        name: The project's.
        before: The template's version that it was given before.
        steps: What becomes of each file that is touched or spoken of.
        contents: The new contents of files by their path in the repository; None removes one.
        prefix: The project's folder, with a slash; empty for the platform's own files.
    """

    name: str
    before: str
    steps: dict[str, Step]
    contents: dict[str, str | None]
    prefix: str

    @property
    def conflicts(self) -> list[str]:
        """The files with conflicts, by their path in the repository."""
        return [self.prefix + name for name, step in self.steps.items() if step is Step.CONFLICT]


def managed(name: str, chosen: Chosen, root: Path, contracts: Mapping[str, Any]) -> dict[str, str]:
    """The managed files of a project as today's template has them, by their path in it."""
    return render(design_of(name, chosen.answers, root, contracts), MANAGED)


def upgrade_of(folder: Path, root: Path, contracts: Mapping[str, Any]) -> Upgrade:
    """What is to be done to a project; changes nothing.

    Args:
        folder: The project.
        root: The repository.
        contracts: Each product's contract.

    Raises:
        UpgradeError: What it remembers of its template, or one of its files, is not as it must be.
    """
    name = folder.name
    chosen, given = read_chosen(folder, FIELDS), read_given(folder)
    where = f"projects/{name}/{CHOSEN}"
    if int(given.version) > int(VERSION):
        raise UpgradeError(
            f"projects/{name}/{GIVEN}: it was given template {given.version}, and this repository has "
            f"{VERSION}, which is older: bring the newer one here first, or restore the project from before it."
        )
    try:
        require_choices(name, chosen.answers, root, contracts)
    except HighroadError as error:
        raise UpgradeError(f"{where}: {error}") from None
    new = managed(name, chosen, root, contracts)
    return _merged(Given(name, VERSION, new), given, _renamed(given, name, folder), folder, root)


def platform_upgrade_of(root: Path) -> Upgrade:
    """What is to be done to the platform's own files, in a repository of `highroad init`; changes nothing.

    Args:
        root: The repository.

    Raises:
        UpgradeError: What it remembers of them, or one of them, is not as it must be.
    """
    given = read_given(root)
    giver = version_of(given.files)
    if giver is not None and giver > Version(__version__):
        raise UpgradeError(
            f"{GIVEN}: the platform's files are of highroad {giver}, and this is {__version__}, which is older: "
            "uvx highroad@latest upgrade"
        )
    now = Given(given.name, VERSION, managed_files())
    return _merged(now, given, given.files, root, root)


def _merged(now: Given, given: Given, base: Mapping[str, str], folder: Path, root: Path) -> Upgrade:
    """What becomes of each file of a folder."""
    prefix = "" if folder == root else f"projects/{folder.name}/"
    steps: dict[str, Step] = {}
    contents: dict[str, str | None] = {}
    for path in sorted({*base, *now.files}):
        own = _own(root, folder, path)
        labels = Labels("yours", f"template {given.version}", f"template {VERSION}")
        step, text = _step(base.get(path), own, now.files.get(path), labels)
        if step is not None:
            steps[path] = step
        if text != own:
            if own is not None and has_conflicts(own):
                raise UpgradeError(
                    f"{prefix}{path}: has the conflict markers of an earlier merge; edit it, take them out "
                    "and commit, so that the next one begins from what you mean."
                )
            contents[prefix + path] = text
    if now != given:
        contents[prefix + GIVEN] = written(now)
    return Upgrade(now.name, given.version, steps, contents, prefix)


def _step(
    base: str | None, own: str | None, new: str | None, labels: Labels
) -> tuple[Step | None, str | None]:
    """What becomes of a file, and its new text."""
    if new is None:
        if own is None or base is None:
            return None, own
        is_pristine = own.replace("\r\n", "\n") == base
        return (Step.REMOVED, None) if is_pristine else (Step.LEFT, own)
    if own is None:
        if base is None:
            return Step.ADDED, new
        return (None if base == new else Step.GONE), None
    merged = merge(base or "", own, new, labels)
    if merged.text == own:
        return None, own
    if merged.conflicts:
        return Step.CONFLICT, merged.text
    is_new = merged.text.replace("\r\n", "\n") == new
    return (Step.TAKEN if is_new else Step.MERGED), merged.text


def _renamed(given: Given, name: str, folder: Path) -> dict[str, str]:
    """What was given, where a project that was renamed has it now.

    The old name in the texts stays: to the merge it is as if both sides had put in the new one.
    """
    if given.name == name or not (folder / "src" / name).is_dir():
        return given.files
    old, new = f"src/{given.name}/", f"src/{name}/"
    return {
        (new + each.removeprefix(old) if each.startswith(old) else each): text
        for each, text in given.files.items()
    }


def _own(root: Path, folder: Path, name: str) -> str | None:
    """A file's text as the team has it, with its line ends; None where it is not there."""
    path = folder / name
    for each in (path, *path.parents):
        if each == root:
            break
        if each.is_symlink():
            raise UpgradeError(
                f"{each.relative_to(root)}: is a symbolic link, to '{each.readlink()}'; a file that the template "
                "manages is written, and must be a file of its own: put what it points to in its place."
            )
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise UpgradeError(
            f"{path.relative_to(root).as_posix()}: is a folder; the template has a file of that name."
        ) from None
    except UnicodeDecodeError as error:
        raise UpgradeError(
            f"{path.relative_to(root).as_posix()}: is no UTF-8, at byte {error.start}; save it as UTF-8."
        ) from None

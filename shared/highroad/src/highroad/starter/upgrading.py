"""Bring projects to today's template, without trampling what their teams made of it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from highroad.errors import BusyError, StarterError, UpgradeError, WorkspaceError
from highroad.starter import journal
from highroad.starter.divergence import Divergence, divergences, needless
from highroad.starter.extension import FIELDS, VERSION
from highroad.starter.making import write_lock
from highroad.starter.record import CHOSEN, GIVEN, read_chosen
from highroad.starter.steps import Upgrade, managed, platform_upgrade_of, upgrade_of
from highroad_workspace.projects import no_project

EXTENSIONS = "shared/extensions/"
PATIENCE_S = 10.0
"""How long an upgrade waits for another one."""


def upgrade(
    root: Path,
    contracts: Mapping[str, Any],
    names: Sequence[str] = (),
    *,
    lock: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> list[Upgrade]:
    """Merge into projects what the template changed since they last took it.

    Everything is worked out before anything is written; then it is written all at once.

    Args:
        root: The repository.
        contracts: Each product's contract.
        names: The projects; none means all that were made from the template.
        lock: Whether to write anew the lock of a project whose requirements changed.
        say: Takes what there is to tell, a line each.

    Returns:
        What was done to each project to which something was.

    Raises:
        UpgradeError: Something stands in the way; nothing has been changed.
        WorkspaceError: There is no such project.
        BusyError: Another upgrade is at work.
    """
    with _alone(root):
        for name in journal.finish(root):
            say(f"finished what was stopped half way: {name}")
        found = [each for each in _planned(root, contracts, names) if each.contents]
        if found:
            _require_branch(root)
            require_committed(root, [name for each in found for name in each.contents])
            every = {name: text for each in found for name, text in each.contents.items()}
            journal.change(root, every)
        for each in found:
            for line in told(each):
                say(line)
        for folder in _stale(found, root) if lock else ():
            try:
                write_lock(folder)
            except StarterError as error:
                say(f"  {folder.name}: its lock is not written: {error}")
        return found


def _stale(found: Sequence[Upgrade], root: Path) -> Iterator[Path]:
    """The folders whose requirements changed; those of the extensions are every project's too."""
    changed = {name for each in found for name in set(each.contents) - set(each.conflicts)}
    platform = f"{EXTENSIONS}pyproject.toml"
    if platform in changed:
        yield root / EXTENSIONS
    for path in sorted((root / "projects").glob("*/pyproject.toml")):
        name = path.relative_to(root).as_posix()
        in_conflict = any(name in each.conflicts for each in found)
        if not in_conflict and (name in changed or platform in changed):
            yield path.parent


def report(
    root: Path, contracts: Mapping[str, Any], names: Sequence[str] = ()
) -> Iterator[tuple[str, list[Divergence], list[str]]]:
    """How the managed files of each project stand to today's template, and what is accepted needlessly.

    Returns:
        A project's name, how each of its files stands, and a line for each acceptance that is not needed.

    Raises:
        WorkspaceError: There is no such project.
        UpgradeError: What a project remembers of its template cannot be read.
    """
    for folder in _chosen(root, names):
        chosen = read_chosen(folder, FIELDS)
        found = divergences(folder, managed(folder.name, chosen, root, contracts), chosen.accepted)
        vain = [
            f"{CHOSEN}: {each.file}{f', {each.key},' if each.key else ''} is accepted, and does not differ; take it out"
            for each in needless(found, chosen.accepted)
        ]
        yield folder.name, found, vain


def told(each: Upgrade) -> Iterator[str]:
    """What was done to a project, line by line."""
    is_new = each.before != VERSION
    yield f"{each.name}: template {f'{each.before} → {VERSION}' if is_new else VERSION}"
    for name, step in each.steps.items():
        yield f"  {name}: {step.value}"


def _chosen(root: Path, names: Sequence[str]) -> list[Path]:
    """The folders of projects, whether or not their pyproject.toml can be read: it may have conflicts."""
    found = sorted(path.parent for path in (root / "projects").glob(f"*/{CHOSEN}"))
    found += sorted({path.parent for path in (root / "projects").glob(f"*/{GIVEN}")} - {*found})
    every = {*found, *(path.parent for path in (root / "projects").glob("*/pyproject.toml"))}
    there = {folder.name: folder for folder in sorted(every)}
    for name in names:
        if name not in there:
            raise WorkspaceError(no_project(name, list(there)))
    return [there[name] for name in names] or found


def _planned(root: Path, contracts: Mapping[str, Any], names: Sequence[str]) -> Iterator[Upgrade]:
    faults, found = [], []
    if not names and (root / GIVEN).is_file():
        found.append(platform_upgrade_of(root))
    for folder in _chosen(root, names):
        try:
            found.append(upgrade_of(folder, root, contracts))
        except UpgradeError as error:
            faults.append(str(error))
    if faults:
        raise UpgradeError("\n".join(faults))
    yield from found


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "--no-optional-locks", *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def _require_branch(root: Path) -> None:
    if _git(root, "symbolic-ref", "--quiet", "HEAD").returncode:
        raise UpgradeError(
            "HEAD is detached, so a commit of the upgrade would be on no branch: git switch -c upgrade-template"
        )


def require_committed(root: Path, paths: Sequence[str]) -> None:
    """Refuse to change files that are not committed.

    Raises:
        UpgradeError: One of them is not.
    """
    done = _git(root, "status", "--porcelain", "-z", "--untracked-files=all", "--", *paths)
    changed = [each[3:] for each in done.stdout.split("\0") if each]
    if changed:
        raise UpgradeError(
            f"These files, which would change, are not committed: {', '.join(changed)}. "
            "Commit them, or git stash, so that git can give them back."
        )


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(journal.place(root).with_suffix(".lock"), timeout=PATIENCE_S)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"Another upgrade of this repository still holds {lock.lock_file} after {PATIENCE_S:g} s; wait for it."
        ) from None
    try:
        yield
    finally:
        lock.release()

"""What git knows of a repository: the paths that changed since a revision."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from highroad_workspace.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

_UNTRACKED = ("ls-files", "--others", "--exclude-standard", "-z")
# Without rename detection a rename is a removal and an addition, so both its names count; -z
# keeps odd names whole. The rest overrules what a user's git may be configured to leave out.
_DIFF = ("diff", "--name-only", "--no-renames", "-z", "--relative", "--ignore-submodules=none")


_MOST_BYTES = 1 << 26
"""Larger files that git does not know are not read whenever a run begins."""


class ChangedPaths:
    """git, started on the paths that differ between a revision and the working tree.

    It works while the caller reads the projects; `result` waits for it. Where the revision has
    gone on since HEAD left it, the comparison starts at the common ancestor.
    """

    def __init__(self, root: str | os.PathLike[str], base: str) -> None:
        if not base or base.startswith("-"):
            raise WorkspaceError(f"'{base}' is no revision; expected one such as origin/main.")
        self._root = root
        self._base = base
        # GitHub names the parent of a branch's first push so: nothing was there before.
        self._from_nothing = len(base) in (40, 64) and not base.strip("0")
        self._untracked = _start(root, *_UNTRACKED)
        first = ("ls-files", "-z") if self._from_nothing else (*_DIFF, "--merge-base", base, "--")
        self._changed = _start(root, *first)

    def __enter__(self) -> ChangedPaths:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for process in (self._changed, self._untracked):
            with process:
                process.kill()

    def result(self) -> list[str]:
        """The paths, relative to the root, with `/`, sorted; removed and untracked ones too.

        Raises:
            WorkspaceError: git does not know the revision, or it shares no history with HEAD, or
                this is no repository.
        """
        status, changed, _ = _finish(self._changed)
        if status:
            changed = self._from_ancestor()
        status, untracked, complaint = _finish(self._untracked)
        if status:
            raise WorkspaceError(f"git cannot list the files of '{self._root}': {complaint}.")
        return sorted({*changed.split("\0"), *untracked.split("\0")} - {""})

    def _from_ancestor(self) -> str:
        """The slow way: for a git before 2.30 and histories with several common ancestors."""
        _must_know(self._root, self._base)
        _must_know(self._root, "HEAD")
        status, ancestor, _ = _finish(_start(self._root, "merge-base", self._base, "HEAD"))
        if status:
            _, shallow, _ = _finish(_start(self._root, "rev-parse", "--is-shallow-repository"))
            way_out = (
                "the clone is shallow: git fetch --unshallow (in CI: fetch-depth: 0)"
                if shallow.strip() == "true"
                else "name a revision that HEAD has in its history"
            )
            raise WorkspaceError(f"'{self._base}' and HEAD share no history; {way_out}.")
        status, changed, complaint = _finish(_start(self._root, *_DIFF, ancestor.strip(), "--"))
        if status:
            raise WorkspaceError(f"git cannot compare with '{self._base}': {complaint}.")
        return changed


def _must_know(root: str | os.PathLike[str], revision: str) -> None:
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    status, _, complaint = _finish(_start(root, *words))
    if status:
        raise WorkspaceError(
            f"git knows no commit '{revision}' in '{root}'"
            f"{f' ({complaint})' if complaint else ''}. Fetch it, commit first, or name another."
        )


def _start(root: str | os.PathLike[str], *words: str) -> subprocess.Popen[bytes]:
    command = ["git", "--no-optional-locks", *words]
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            command, cwd=root, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
    except FileNotFoundError:
        raise WorkspaceError(
            "git is not installed; the plan needs it to see what changed."
        ) from None


def _finish(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    """Exit status, output and the first line of complaint."""
    out, complaint = process.communicate()
    lines = complaint.decode(errors="replace").strip().splitlines()
    return process.returncode, out.decode("utf-8", "surrogateescape"), lines[0] if lines else ""


def tracked_files(
    root: str | os.PathLike[str], paths: Sequence[str], most: int = 200
) -> list[list[str]]:
    """The files below the paths that git tracks or would track, in pieces for a command line.

    Args:
        root: The repository; the names are relative to it.
        paths: Files and folders.
        most: How many names a piece has at most.
    """
    words = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths)
    status, out, complaint = _finish(_start(root, *words))
    if status:
        raise WorkspaceError(f"git cannot list the files of '{root}': {complaint}.")
    there = [name for name in out.split("\0") if os.path.isfile(os.path.join(root, name))]
    return [there[start : start + most] for start in range(0, len(there), most)]


def main_branch(root: str | os.PathLike[str]) -> str:
    """`origin/main` where the repository has it, else `HEAD`."""
    status, *_ = _finish(_start(root, "rev-parse", "--verify", "--quiet", "origin/main"))
    return "HEAD" if status else "origin/main"


class Snapshot(NamedTuple):
    """A working tree: its commit, and SHA-256 of what differs from it; empty where nothing does."""

    commit: str
    diff: str


def snapshot(folder: str | os.PathLike[str]) -> Snapshot | None:
    """The working tree around a folder; None where there is no git, no repository or no commit."""
    import hashlib

    try:
        status, text, _ = _finish(
            _start(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=all", "-z")
        )
    except WorkspaceError:
        return None
    lines = text.split("\0")
    heads = [
        line.partition(" ")[2].partition(" ")[2]
        for line in lines
        if line.startswith("# branch.oid")
    ]
    if status or not heads or heads[0] == "(initial)":
        return None
    changes = [line for line in lines if line and not line.startswith("# ")]
    if not changes:
        return Snapshot(heads[0], "")
    digest = hashlib.sha256()
    with _start(folder, "diff", "--binary", "--no-ext-diff", "--no-textconv", "HEAD") as process:
        digest.update(process.communicate()[0])
    _, top, _ = _finish(_start(folder, "rev-parse", "--show-toplevel"))
    for name in sorted(line[2:] for line in changes if line.startswith("? ")):
        digest.update(f"\0{name}\0".encode("utf-8", "surrogateescape"))
        path = os.path.join(top.rstrip("\n"), name)
        try:
            size = os.path.getsize(path)
            if size > _MOST_BYTES:  # data that somebody forgot to ignore; its size has to do
                digest.update(str(size).encode())
                continue
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError:  # a link that leads nowhere, a socket: its name has to do
            continue
    return Snapshot(heads[0], digest.hexdigest())


def remote_of(folder: str | os.PathLike[str]) -> str:
    """The URL of the remote `origin`; empty where there is none, or no git."""
    try:
        _, url, _ = _finish(_start(folder, "config", "--get", "remote.origin.url"))
    except WorkspaceError:
        return ""
    return url.strip()


def commit_of(folder: str | os.PathLike[str]) -> str:
    """The commit of the working tree around a folder, with `+` where files differ from it.

    Returns:
        Empty where there is no git, no repository or no commit.
    """
    found = snapshot(folder)
    return "" if found is None else found.commit + ("+" if found.diff else "")


def common_ancestor(root: str | os.PathLike[str], revision: str) -> str:
    """The commit at which HEAD left a revision; the revision itself where they share no history.

    Raises:
        WorkspaceError: git does not know the revision, or this is no repository.
    """
    if not revision or revision.startswith("-"):
        raise WorkspaceError(f"'{revision}' is no revision; expected one such as origin/main.")
    _must_know(root, revision)
    status, ancestor, _ = _finish(_start(root, "merge-base", revision, "HEAD"))
    return revision if status else ancestor.strip()


def files_at(root: str | os.PathLike[str], revision: str, folder: str) -> dict[str, bytes]:
    """The files of a folder at a revision, by their path; none where the folder was not there.

    Raises:
        WorkspaceError: git does not know the revision, or this is no repository.
    """
    _must_know(root, revision)
    words = ("ls-tree", "-r", "-z", "--name-only", revision, "--", folder)
    _, names, _ = _finish(_start(root, *words))
    found = {}
    for name in filter(None, names.split("\0")):
        with _start(root, "show", f"{revision}:{name}") as process:
            found[name], _ = process.communicate()
    return found


@contextmanager
def checked_out(root: str | os.PathLike[str], commit: str) -> Iterator[str]:
    """A worktree of its own at a commit, in a temporary folder; removed at the end.

    Raises:
        WorkspaceError: git does not know the commit, or cannot check it out.
    """
    from highroad_workspace.leftovers import temporary_folder

    _must_know(root, commit)
    _forget_left_worktrees(root)
    with temporary_folder("code") as parent:
        folder = os.path.join(parent, "code")
        status, _, complaint = _finish(_start(root, "worktree", "add", "--detach", folder, commit))
        if status:
            raise WorkspaceError(f"git cannot check out '{commit}': {complaint}.")
        try:
            yield folder
        finally:
            _finish(_start(root, "worktree", "remove", "--force", folder))


def _forget_left_worktrees(root: str | os.PathLike[str]) -> None:
    """Forget the worktrees of `checked_out` whose process was killed; their folders go with the next one."""
    import shutil

    from highroad_workspace.leftovers import is_left

    _, common, _ = _finish(_start(root, "rev-parse", "--path-format=absolute", "--git-common-dir"))
    folder = os.path.join(common.rstrip("\n"), "worktrees")
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        try:
            with open(os.path.join(folder, name, "gitdir"), encoding="utf-8") as file:
                code = os.path.dirname(file.read().strip())
        except OSError:
            continue
        if os.path.basename(code) == "code" and is_left(os.path.dirname(code)):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)

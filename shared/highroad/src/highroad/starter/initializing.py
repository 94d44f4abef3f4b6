"""Make a platform repository: all of it, or nothing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from highroad.errors import StarterError
from highroad.starter.choices import DATA_PRODUCT, Answers
from highroad.starter.extension import VERSION
from highroad.starter.making import make, write_lock
from highroad.starter.platform_files import managed_files, platform_files
from highroad.starter.record import GIVEN, Given, written
from highroad_workspace.leftovers import new_folder

PLATFORM = "platform"
"""The name of the platform's own files, where projects have theirs."""


def initialize(
    path: Path, organisation: str, project: str, *, lock: bool = True, say: Callable[[str], None]
) -> None:
    """Make a platform repository with one example project, under git.

    Args:
        path: Its folder, which must be empty or not be there.
        organisation: The name, as people read it.
        project: The example's name.
        lock: Whether to write the locks too, which takes the package index.
        say: Takes what there is to tell, a line each.

    Raises:
        StarterError: It cannot be made there, or a lock cannot be written; nothing was made.
    """
    path = path.absolute()
    _require_place(path)
    if not organisation.strip() or not organisation.isprintable():
        raise StarterError(
            f'The organisation\'s name is {organisation!r}; expected one line of words, such as "Acme Data".'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Path(new_folder(".init", path.parent))
    try:
        for name, text in platform_files(organisation).items():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_text(text, encoding="utf-8")
        given = Given(PLATFORM, VERSION, managed_files())
        (made / GIVEN).write_text(written(given), encoding="utf-8")
        _git(made, "init", "--quiet", "--initial-branch", "main")
        make(Answers(project, DATA_PRODUCT), made, lock=lock)
        if lock:
            write_lock(made / "shared" / "extensions")
        _git(made, "add", "--all")
        is_committed = _commit(made)
        if path.is_dir():
            path.rmdir()
        made.chmod(0o755)
        made.rename(path)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    say(f"{path} is made, with the project '{project}'.")
    if not is_committed:
        say("Nothing is committed, for git knows no user.name and user.email here: git commit")
    say(f"Next: cd {path}, and the two commands of its README.")


def _require_place(path: Path) -> None:
    if shutil.which("git") is None:
        raise StarterError("git is not installed; a platform repository is one of git.")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        what = "is not empty" if path.is_dir() else "is a file"
        raise StarterError(f"{path} {what}; expected a folder that is empty or not there yet.")
    around = next(each for each in (path, *path.parents) if each.is_dir())
    done = subprocess.run(
        ["git", "-C", str(around), "rev-parse", "--show-toplevel"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        raise StarterError(
            f"{path} is inside the repository {done.stdout.strip()}; choose a folder outside of any."
        )


def _git(root: Path, *words: str) -> None:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StarterError(f"git {words[0]} failed, so nothing was made: {done.stderr.strip()}")


def _commit(root: Path) -> bool:
    """Commit all; False where git does not know by whom."""
    words = ["git", "commit", "--quiet", "--message", "The platform, as highroad init makes it"]
    return subprocess.run(words, cwd=root, capture_output=True, check=False).returncode == 0

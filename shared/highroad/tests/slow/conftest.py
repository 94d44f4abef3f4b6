"""A copy of this repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from slow.repository import ROOT, environment

from highroad_workspace.environments import find_uv
from highroad_workspace.projects import find_projects


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy under git of what is tracked, whose environments are made once."""
    target = tmp_path_factory.mktemp("checkout") / "copy"
    words = ["git", "ls-files", "-co", "--exclude-standard"]
    tracked = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in tracked.stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "start"],
        ["tag", "start"],
    ):
        subprocess.run(["git", *words], cwd=target, check=True)
    shared = [ROOT / "shared" / name for name in ("highroad", "extensions")]
    for folder in (*shared, *(Path(each.path) for each in find_projects(ROOT))):
        project = target / folder.relative_to(ROOT)
        words = [find_uv(), "sync", "--quiet", "--locked", "--project", str(project)]
        subprocess.run(words, env=environment(target), check=True)
        share_bytecode(folder / ".venv", project / ".venv")
    return target


def share_bytecode(made: Path, fresh: Path) -> None:
    """Link what was compiled of the same packages: to compile it anew takes longer than the run."""
    for folder in made.rglob("__pycache__"):
        there = fresh / folder.relative_to(made)
        if there.parent.is_dir():
            there.mkdir(exist_ok=True)
            for file in folder.iterdir():
                with suppress(OSError):  # there already, or on another disk
                    os.link(file, there / file.name)


@pytest.fixture
def copy(checkout: Path) -> Path:
    """That copy as it was committed, with the environments that earlier tests made."""
    for words in (
        ["worktree", "prune"],
        ["checkout", "-q", "-f", "main"],
        ["reset", "-q", "--hard", "start"],
        ["clean", "-fdqx", "-e", ".venv", "-e", ".nox"],
    ):
        subprocess.run(["git", *words], cwd=checkout, check=True)
    branches = subprocess.run(
        ["git", "for-each-ref", "--format=%(refname:short)", "refs/heads/adopt"],
        cwd=checkout, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    if branches:
        subprocess.run(["git", "branch", "-q", "-D", *branches], cwd=checkout, check=True)
    return checkout

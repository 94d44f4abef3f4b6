"""A copy of this repository."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from slow.repository import ROOT


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
    return target


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

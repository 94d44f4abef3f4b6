"""A command that was killed and is run again leaves what one that nobody killed does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

KILLING = Path(__file__).with_name("killing.py")
KILLS = 10


@pytest.fixture
def start(tmp_path, monkeypatch):
    """A folder with a repository that `highroad init` made."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    (tmp_path / "gitconfig").write_text("[user]\nname = t\nemail = t@example.com\n")
    from highroad.starter.initializing import initialize

    folder = tmp_path / "start"
    initialize(folder / "repository", "Acme", "sales", lock=False, say=lambda _: None)
    return folder


@pytest.mark.parametrize("command", ["init", "new", "code", "adopt"])
def test_a_command_that_was_killed_and_is_run_again_leaves_what_one_undisturbed_does(
    start, command
):
    words = [sys.executable, str(KILLING), command, str(start), str(KILLS)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    undisturbed, *after_kills = json.loads(done.stdout)
    assert len(after_kills) == KILLS
    for found in after_kills:
        assert sorted(set(found) ^ set(undisturbed)) == []

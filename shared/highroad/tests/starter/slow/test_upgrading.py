"""The slow tests of `test_upgrading`."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from starter.test_upgrading import OLD, git, given_before, platform_of_today, tree

from highroad.starter.choices import Answers
from highroad.starter.making import make


@pytest.fixture
def repository(tmp_path):
    return platform_of_today(tmp_path)


def test_a_killed_upgrade_leaves_the_old_tree_or_one_that_the_next_one_makes_new(repository):
    names = ["shop", *(f"shop_{number}" for number in range(8))]
    for name in names[1:]:
        make(Answers(name, owner="till"), repository, lock=False)
    for name in names:
        given_before(
            repository, name, {f"src/{name}/settings.py": OLD, f"src/{name}/__main__.py": OLD}
        )
    old = tree(repository)
    words = [str(Path(sys.executable).with_name("highroad")), "upgrade", "--no-lock"]
    began = time.monotonic()
    subprocess.run(words, cwd=repository, check=True, capture_output=True)
    took = time.monotonic() - began
    new = tree(repository)
    assert new != old
    stopped = 0
    for number in range(8):
        git(repository, "checkout", "-q", "--", ".")
        process = subprocess.Popen(words, cwd=repository, stdout=subprocess.DEVNULL)
        try:
            process.wait(took * (0.6 + number / 16))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            stopped += 1
        if tree(repository) != old:
            subprocess.run(words, cwd=repository, check=True, capture_output=True)
            assert tree(repository) == new
    assert stopped

"""The slow tests of `test_adopting`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from adoption.test_adopting import git, platform_with_shop

from highroad.adoption.adopting import adopt


@pytest.fixture
def repository(tmp_path):
    return platform_with_shop(tmp_path)


def test_what_kedro_new_makes_is_locked_for_real_and_holds_bronze(repository, tmp_path):
    kedro = Path(sys.executable).with_name("kedro")
    words = ["new", "--name", "Stock Full", "--tools", "lint,test,log,docs,data"]
    subprocess.run(
        [kedro, *words, "--example", "n", "--telemetry", "no"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    said = []
    branch = adopt(tmp_path / "stock-full", repository, owner="till", say=said.append)
    assert any(each.startswith("stock_full  bronze; for silver:") for each in said)
    changed = git(repository, "diff", "--numstat", f"{branch}~1", branch, "--", "projects")
    lines = {name: (added, gone) for added, gone, name in map(str.split, changed.splitlines())}
    assert lines.pop("projects/stock_full/uv.lock")
    assert lines == {"projects/stock_full/pyproject.toml": ("9", "0")}

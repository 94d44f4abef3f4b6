"""What the upgrade workflow must keep true, whoever edits it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")
WORKFLOWS = Path(__file__).parents[4] / ".github" / "workflows"
GH = """#!/bin/sh
echo "$@" >> "$CALLS"
"""


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    return dict(yaml.safe_load((WORKFLOWS / "upgrade.yml").read_text(encoding="utf-8")))


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin.git")
    git(tmp_path, "clone", "-q", "origin.git", "clone")
    clone = tmp_path / "clone"
    (clone / "a.txt").write_text("a\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "start")
    git(clone, "push", "-q", "origin", "HEAD:main")
    return clone


def opened(clone: Path, workflow: dict[Any, Any]) -> tuple[str, str]:
    """Run the step that opens the pull request; gives what it printed, and what it asked of `gh`."""
    (step,) = (
        each for each in workflow["jobs"]["upgrade"]["steps"] if "gh pr" in each.get("run", "")
    )
    tools, calls = clone.parent / "bin", clone.parent / "calls"
    tools.mkdir(exist_ok=True)
    (tools / "gh").write_text(GH)
    (tools / "gh").chmod(0o755)
    calls.write_text("")
    env = os.environ | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "CALLS": str(calls),
        "BRANCH": workflow["env"]["BRANCH"],
    }
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=clone,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, calls.read_text()


def test_one_pull_request_has_all_and_its_checks_are_asked_for(clone, workflow) -> None:
    base = git(clone, "rev-parse", "HEAD")
    (clone / "a.txt").write_text("b\n")
    (clone / "new.txt").write_text("new\n")
    _, calls = opened(clone, workflow)
    assert (
        git(clone, "diff", "--name-only", "origin/main", "origin/upgrade-template")
        == "a.txt\nnew.txt"
    )
    assert "pr create --head upgrade-template" in calls
    assert f"workflow run ci.yml --ref upgrade-template --field base={base}" in calls
    ci = yaml.safe_load((WORKFLOWS / "ci.yml").read_text(encoding="utf-8"))
    assert set(ci[True]["workflow_dispatch"]["inputs"]) == {"base"}
    plan = next(each for each in ci["jobs"]["plan"]["steps"] if each.get("id") == "plan")
    assert "|| inputs.base ||" in plan["env"]["BASE"]


def test_without_a_change_nothing_is_opened(clone, workflow) -> None:
    said, calls = opened(clone, workflow)
    assert "Every project has what the template gives." in said and not calls


def test_edits_on_an_open_branch_are_left_alone(clone, workflow) -> None:
    git(clone, "push", "-q", "origin", "HEAD:upgrade-template")
    before = git(clone, "ls-remote", "origin", "upgrade-template")
    (clone / "a.txt").write_text("b\n")
    said, calls = opened(clone, workflow)
    assert "still open" in said and "pr create" not in calls
    assert git(clone, "ls-remote", "origin", "upgrade-template") == before


def test_it_has_the_rights_it_needs_and_no_key(workflow) -> None:
    text = (WORKFLOWS / "upgrade.yml").read_text(encoding="utf-8")
    assert "secrets." not in text and workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {
        "contents": "write",
        "pull-requests": "write",
        "actions": "write",
    }
    steps = [each for each in job["steps"] if "uses" in each]
    assert all(re.search(r"@[0-9a-f]{40}$", each["uses"]) for each in steps)
    assert all("${{" not in each.get("run", "") for each in job["steps"])
    assert "nox -s upgrade -- --leave-conflicts" in text

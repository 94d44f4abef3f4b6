"""The suite that the author of a check inherits."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from highroad.conformance.check import Check, Outcome, ProjectCheck, RepositoryCheck, Result
from highroad.conformance.facts.project import ProjectFacts
from highroad.conformance.facts.repository import RepositoryFacts
from highroad_workspace.metadata import LEVELS

PLATFORM = """\
organisation: Test
store: store
pythons: ["3.11", "3.12"]
base_image: python:3.12
layers: [01_raw, 02_intermediate]
owners: {till: {handle: "@example/till"}, platform: {handle: "@example/platform"}}
environments: {base: {}}
"""
PYPROJECT = """\
[project]
name = "shop"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ["highroad", "kedro>=1.7"]

[tool.kedro]
package_name = "shop"
project_name = "shop"
kedro_init_version = "1.7.0"

[tool.highroad]
description = "Sells things"
owner = "till"
kind = "data product"
"""
FILES = {
    "platform-conf/platform.yml": PLATFORM,
    "projects/shop/pyproject.toml": PYPROJECT,
    "projects/shop/src/shop/__init__.py": "",
}


def facts_in(folder: Path, check: Check[Any], files: dict[str, str] | None = None) -> Any:
    """Facts of a small repository with one project, `shop`, for a check of either kind.

    Args:
        folder: An empty folder.
        check: The check.
        files: What is there beside `FILES`, or in place of it, by path.
    """
    for name, text in (FILES | (files or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for words in (["init", "-q"], ["add", "-A"]):  # what git does not track is not looked at
        subprocess.run(["git", *words], cwd=folder, check=True)
    facts = RepositoryFacts(folder)
    if isinstance(check, RepositoryCheck):
        return facts
    (project,) = facts.projects
    return ProjectFacts(project, facts)


class CheckContract:
    """What holds for every check; inherit it, and give `check`, `good` and `bad`.

    `good` and `bad` are files, by path, with which the check passes and fails; see `facts_in`.
    """

    check: Check[Any]
    good: dict[str, str]
    bad: dict[str, str]

    def test_it_says_what_it_is_about(self) -> None:
        check = self.check
        assert isinstance(check, (ProjectCheck, RepositoryCheck)) and check.level in LEVELS
        assert check.message.endswith(".") and check.why.endswith(".") and check.remedy

    def test_it_passes_where_all_is_well(self, tmp_path: Path) -> None:
        result = self.check.run(facts_in(tmp_path, self.check, self.good))
        assert result.outcome is Outcome.PASS and result.reason and not result.findings

    def test_it_fails_where_something_is_not_and_says_where(self, tmp_path: Path) -> None:
        result = self.check.run(facts_in(tmp_path, self.check, self.bad))
        assert result.outcome is Outcome.FAIL and result.reason
        assert result.findings and all(each.where and each.what for each in result.findings)

    def test_it_changes_nothing_and_says_the_same_twice(self, tmp_path: Path) -> None:
        facts = facts_in(tmp_path, self.check, self.bad)
        before = _contents(tmp_path)
        first: Result = self.check.run(facts)
        assert self.check.run(facts) == first and _contents(tmp_path) == before


def _contents(folder: Path) -> dict[str, bytes]:
    files = (each for each in folder.rglob("*") if each.is_file() and ".git" not in each.parts)
    return {str(each): each.read_bytes() for each in files}

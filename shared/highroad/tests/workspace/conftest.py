"""A small repository in a temporary folder, with real git and no network."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

PYPROJECT = """\
[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [{dependencies}]

[tool.kedro]
package_name = "{name}"
project_name = "{name}"
source_dir = "src"

[tool.highroad]
description = "What {name} is for"
owner = "team"
kind = "model"
{more}
"""


class Repository:
    """Writes files and projects, and runs git."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str = "") -> Path:
        """Write a file, its folders too."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def project(
        self,
        name: str,
        *,
        publishes: list[str] | None = None,
        consumes: list[str] | None = None,
        more: str = "",
        library: bool = True,
    ) -> Path:
        """Write a sound project; returns its pyproject.toml."""
        lines = [more]
        lines += [f"publishes = {publishes}"] if publishes else []
        lines += [f"consumes = {consumes}"] if consumes else []
        self.write(f"projects/{name}/src/{name}/__init__.py", "one = 1\n")
        dependencies = '"highroad", "kedro>=1.7"' if library else '"kedro>=1.7"'
        text = PYPROJECT.format(name=name, dependencies=dependencies, more="\n".join(lines))
        return self.write(f"projects/{name}/pyproject.toml", text)

    def git(self, *words: str) -> str:
        """Run git; returns what it prints."""
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
        done = subprocess.run(
            ["git", *identity, *words], cwd=self.root, capture_output=True, text=True, check=True
        )
        return done.stdout

    def commit(self, message: str = "change") -> str:
        """Commit all there is; returns the revision."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """flights → delays, and demand beside them; committed."""
    for name in [each for each in os.environ if each.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    made = Repository(tmp_path / "my repository")
    made.write("platform-conf/platform.yml", "organisation: Test\n")
    made.write("README.md", "# Test\n")
    made.write("shared/highroad/src/highroad/__init__.py")
    made.project("flights", publishes=["flights.departures", "flights.fleet"])
    made.project("delays", consumes=["flights.departures"])
    made.project("demand", library=False)
    made.git("init", "-q", "-b", "main")
    made.commit("start")
    return made

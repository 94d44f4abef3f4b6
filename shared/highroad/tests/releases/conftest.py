"""A repository with a project, and an engine that only pretends."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from highroad.releases.engine import Engine
from highroad_workspace.projects import Project, find_projects

PLATFORM = """\
organisation: Test
store: store
pythons: ["3.11"]
base_image: python:3.12
layers: [01_raw]
environments: {base: {}}
"""
PYPROJECT = """\
[project]
name = "shop"
version = "1.2.0"
requires-python = ">=3.11"
license = "MIT"
dependencies = ["highroad"]

[tool.kedro]
package_name = "shop"
project_name = "shop"
kedro_init_version = "1.7.0"

[tool.highroad]
description = "Sells things"
owner = "till"
kind = "data product"
publishes = ["shop.sales"]
"""
FILES = {
    ".gitignore": "ignored.py\nconf/local/\n",
    "platform-conf/platform.yml": PLATFORM,
    "platform-conf/base/catalog.yml": "{}\n",
    "platform-conf/contracts/shop.sales.yaml": "version: 2.3.0\n",
    "shared/extensions/pyproject.toml": '[project]\nname = "platform-extensions"\nlicense = "Apache-2.0"\n',
    "shared/highroad/pyproject.toml": '[project]\nname = "highroad"\n',
    "shared/highroad/src/highroad/__init__.py": "",
    "shared/highroad/tests/test_it.py": "",
    "projects/shop/pyproject.toml": PYPROJECT,
    "projects/shop/uv.lock": 'version = 1\nsource = { editable = "../../shared/highroad" }\n',
    "projects/shop/README.md": "# Shop\n",
    "projects/shop/conf/base/parameters.yml": "a: 1\n",
    "projects/shop/conf/local/credentials.yml": "a: {password: hunter22}\n",
    "projects/shop/src/shop/__init__.py": "",
    "projects/shop/src/shop/ignored.py": "",
    "projects/shop/tests/test_shop.py": "",
    "projects/shop/notebooks/look.ipynb": "{}",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with the project `shop`, which uses the library."""
    for name, text in FILES.items():
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    root = tmp_path / "repository"
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "start"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


@pytest.fixture
def shop(repository: Path) -> Project:
    """The project of that repository."""
    (found,) = find_projects(repository)
    return found


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Engine]:
    """Put a `docker` on the path that is a shell script of this text."""

    def put(script: str, *, folder: str = "bin") -> Engine:
        path = tmp_path / folder / "docker"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        folders = [str(each) for each in sorted(tmp_path.glob("bin*"))]
        monkeypatch.setenv("PATH", ":".join([*folders, "/usr/bin", "/bin"][: len(folders)]))
        return Engine(str(path))

    return put

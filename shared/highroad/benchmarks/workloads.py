"""What the benchmarks run: a stock environment, generated projects and repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

from measure import find

_PYPROJECT = """\
[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"

[tool.kedro]
package_name = "{name}"
project_name = "{name}"
kedro_init_version = "1.7.0"
source_dir = "src"
"""

_REGISTRY = """\
from kedro.pipeline import node, pipeline


def increment(value):
    return value + 1


def register_pipelines():
    chain = [node(lambda: 0, None, "d0", name="n0")]
    chain += [node(increment, f"d{{i - 1}}", f"d{{i}}", name=f"n{{i}}") for i in range(1, {count})]
    return {{"__default__": pipeline(chain)}}
"""


def kedro_project(folder: Path, count: int, *, highroad: bool) -> Path:
    """A project of `count` trivial nodes in a chain, on Highroad's settings or on Kedro's own."""
    package = folder / "src" / "bench"
    package.mkdir(parents=True)
    (folder / "conf" / "base").mkdir(parents=True)
    (folder / "conf" / "local").mkdir()
    (folder / "conf" / "base" / "catalog.yml").write_text("{}\n")
    (folder / "pyproject.toml").write_text(_PYPROJECT.format(name="bench"))
    (package / "__init__.py").touch()
    loader = "from highroad.config import PlatformConfigLoader\n\nCONFIG_LOADER_CLASS = PlatformConfigLoader\n"
    (package / "settings.py").write_text(loader if highroad else "")
    (package / "pipeline_registry.py").write_text(_REGISTRY.format(count=count))
    return folder


def stock_environment(folder: Path) -> Path:
    """This environment without Highroad, bytecode compiled; returns where its commands are."""
    own = ("highroad", "highroad-workspace")
    pins = [f"{each.name}=={each.version}" for each in distributions() if each.name not in own]
    uv = find("uv")
    env = os.environ | {"UV_COMPILE_BYTECODE": "1"}
    subprocess.run(
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True, env=env
    )
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--no-deps", "--python", str(folder), *pins],
        check=True,
        env=env,
    )
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


def many_projects(folder: Path, count: int, root: Path) -> Path:
    """A git repository with `count` projects, this repository's noxfile, and one project changed."""
    for index in range(count):
        package = folder / "projects" / f"p{index}" / "src" / f"p{index}"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        publishes = f'\n[tool.highroad]\ndescription = "One of many"\nowner = "team"\nkind = "data product"\npublishes = ["p{index}.out"]\n'
        consumes = f'consumes = ["p{index - 1}.out"]\n' if index % 10 else ""
        (package.parents[1] / "pyproject.toml").write_text(
            _PYPROJECT.format(name=f"p{index}") + publishes + consumes
        )
    shutil.copytree(root / "platform-conf", folder / "platform-conf")
    source = Path("shared", "workspace", "src")
    shutil.copytree(root / source, folder / source)
    shutil.copy(root / "noxfile.py", folder / "noxfile.py")
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "start"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    (folder / "projects" / "p1" / "src" / "p1" / "__init__.py").write_text("changed = True\n")
    return folder

"""The same value, whichever way Kedro is asked: run, catalog commands, snapshot, package."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import write

PLATFORM = """
organisation: Test
store: store
pythons: ["3.11"]
base_image: python:3.12
layers: [01_raw]
environments:
  base: {}
  prod: {}
"""
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "layered"
version = "0.1"
[tool.setuptools.packages.find]
where = ["src"]
[tool.kedro]
package_name = "layered"
project_name = "layered"
kedro_init_version = "1.7.0"
source_dir = "src"
"""
REGISTRY = """
from kedro.pipeline import node, pipeline

def say(who):
    return who

def register_pipelines():
    return {"__default__": pipeline([node(say, "params:who", "said#text", name="say")])}
"""
MAIN = """
import sys
from pathlib import Path
from kedro.framework.cli.utils import find_run_command
from kedro.framework.project import configure_project

def main(*args, **kwargs):
    package = Path(__file__).parent.name
    configure_project(package)
    return find_run_command(package)(*args, **kwargs)

if __name__ == "__main__":
    main()
"""
# The file's name shows which layer's globals and runtime parameters the catalog saw.
CATALOG = """
"{name}#text":
  type: text.TextDataset
  filepath: ${platform:store}/{name}/${runtime_params:who,${globals:who}}.txt
"""
LAYERS = ("platform_base", "platform_prod", "project_base", "project_prod", "runtime")
SNAPSHOT = """
import sys
from kedro.inspection import get_project_snapshot
params = {"who": sys.argv[1]} if sys.argv[1:] else None
snapshot = get_project_snapshot(".", env="prod", runtime_params=params)
print(snapshot.datasets["said#text"].filepath)
"""


def write_layers(root: Path, strongest: str) -> None:
    """Every layer up to the strongest says its own name, for a parameter and a global."""
    folders = {
        "platform_base": root / "platform-conf" / "base",
        "platform_prod": root / "platform-conf" / "prod",
        "project_base": root / "projects" / "layered" / "conf" / "base",
        "project_prod": root / "projects" / "layered" / "conf" / "prod",
    }
    for layer, folder in folders.items():
        said = LAYERS.index(layer) <= LAYERS.index(strongest)
        for kind in ("parameters", "globals"):
            write(folder / f"{kind}.yml", f"who: {layer}\n" if said else "other: 1\n")


@pytest.fixture
def project(tmp_path) -> Path:
    write(tmp_path / "platform-conf" / "platform.yml", PLATFORM)
    write(tmp_path / "platform-conf" / "base" / "catalog.yml", CATALOG)
    folder = tmp_path / "projects" / "layered"
    write(folder / "pyproject.toml", PYPROJECT)
    package = folder / "src" / "layered"
    write(package / "__init__.py", "")
    write(package / "__main__.py", MAIN)
    write(package / "pipeline_registry.py", REGISTRY)
    write(
        package / "settings.py",
        "from highroad.config import PlatformConfigLoader\n"
        "CONFIG_LOADER_CLASS = PlatformConfigLoader\n",
    )
    return folder


def call(*command: str, cwd: Path, **variables: str) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HIGHROAD_")}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**clean, "DO_NOT_TRACK": "1", "COLUMNS": "500", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def the_file(store: Path) -> tuple[str, str]:
    """What the run saved: the value the catalog saw, and the one the node got."""
    [path] = (store / "said").iterdir()
    return path.stem, path.read_text()


def asked_by_run(project: Path, runtime: list[str], tmp_path: Path) -> tuple[str, ...]:
    call(sys.executable, "-m", "kedro", "run", "--env", "prod", *runtime, cwd=project)
    return the_file(tmp_path / "store")


def asked_by_a_catalog_command(
    project: Path, runtime: list[str], tmp_path: Path
) -> tuple[str, ...]:
    command = ("catalog", "resolve-patterns", "--env", "prod")
    printed = call(sys.executable, "-m", "kedro", *command, cwd=project)
    [line] = [line for line in printed.splitlines() if "said/" in line]
    return (line.rpartition("/")[2].strip().strip("'\"").removesuffix(".txt"),)


def asked_by_the_snapshot(project: Path, runtime: list[str], tmp_path: Path) -> tuple[str, ...]:
    more = [runtime[1].removeprefix("who=")] if runtime else []
    printed = call(sys.executable, "-c", SNAPSHOT, *more, cwd=project)
    return (Path(printed.strip().splitlines()[-1]).stem,)


def asked_by_the_package(project: Path, runtime: list[str], tmp_path: Path) -> tuple[str, ...]:
    """The wheel and the conf archive that `kedro package` makes, from a folder without either."""
    call(sys.executable, "-m", "kedro", "package", cwd=project)
    [wheel] = (project / "dist").glob("*.whl")
    [conf] = (project / "dist").glob("conf-*.tar.gz")
    site, away = tmp_path / "site", tmp_path / "away"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    away.mkdir()
    # Moved to where only the variable can find it.
    (away / "settings").mkdir()
    platform_conf = (tmp_path / "platform-conf").rename(away / "settings" / "platform-conf")
    (project / "src").rename(project / "gone")
    call(
        sys.executable, "-m", "layered", "--env", "prod", "--conf-source", str(conf), *runtime,
        cwd=away, PYTHONPATH=str(site), HIGHROAD_PLATFORM_CONF=str(platform_conf),
    )  # fmt: skip
    return the_file(away / "settings" / "store")


WAYS = (asked_by_run, asked_by_a_catalog_command, asked_by_the_snapshot, asked_by_the_package)
CASES = [
    pytest.param(
        way,
        strongest,
        id=f"{strongest}-{way.__name__}",
        marks=[pytest.mark.slow] if way is asked_by_the_package else [],
    )
    for way in WAYS
    for strongest in LAYERS
    # Kedro's catalog commands take no runtime parameters.
    if (way, strongest) != (asked_by_a_catalog_command, "runtime")
]


@pytest.mark.parametrize(("way", "strongest"), CASES)
def test_the_strongest_layer_is_asked_everywhere(way, strongest, project, tmp_path):
    write_layers(tmp_path, strongest)
    runtime = ["--params", "who=runtime"] if strongest == "runtime" else []
    assert set(way(project, runtime, tmp_path)) == {strongest}

"""The same value, whichever way Kedro is asked: run, catalog commands, snapshot, package."""

from __future__ import annotations

import json
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
LAYERS = ("platform_base", "platform_prod", "project_base", "project_prod", "runtime")
REGISTRY = f"""
from kedro.pipeline import node, pipeline

def say(who):
    return who

def register_pipelines():
    return {{"__default__": pipeline([
        node(say, f"params:{{layer}}", f"said#{{layer}}", name=layer) for layer in {LAYERS}
    ])}}
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
CATALOG = "\n".join(
    f"""
"{{name}}#{layer}":
  type: text.TextDataset
  filepath: ${{platform:store}}/{{name}}/{layer}/${{runtime_params:{layer},${{globals:{layer}}}}}.txt
"""
    for layer in LAYERS
)
RUNTIME = ["--params", "runtime=runtime"]
SNAPSHOT = f"""
import json, sys
from kedro.inspection import get_project_snapshot
found = get_project_snapshot(".", env="prod", runtime_params=json.loads(sys.argv[1])).datasets
for layer in {LAYERS}:
    print(layer, found[f"said#{{layer}}"].filepath)
"""


def write_layers(root: Path) -> None:
    """Each layer says its own name in its own entry and in those of stronger ones, as parameter and as global."""
    folders = {
        "platform_base": root / "platform-conf" / "base",
        "platform_prod": root / "platform-conf" / "prod",
        "project_base": root / "projects" / "layered" / "conf" / "base",
        "project_prod": root / "projects" / "layered" / "conf" / "prod",
    }
    for place, (layer, folder) in enumerate(folders.items()):
        for kind in ("parameters", "globals"):
            said = (f"{entry}: {layer}\n" for entry in LAYERS[place:])
            write(folder / f"{kind}.yml", "".join(said))


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


def written(store: Path) -> dict[str, set[str]]:
    """What the run saved for each entry: the value the catalog saw, and the one the node got."""
    paths = {layer: next((store / "said" / layer).iterdir()) for layer in LAYERS}
    return {layer: {path.stem, path.read_text()} for layer, path in paths.items()}


def asked_by_run(project: Path, tmp_path: Path) -> dict[str, set[str]]:
    call(sys.executable, "-m", "kedro", "run", "--env", "prod", *RUNTIME, cwd=project)
    return written(tmp_path / "store")


def asked_by_a_catalog_command(project: Path, tmp_path: Path) -> dict[str, set[str]]:
    command = ("catalog", "resolve-patterns", "--env", "prod")
    printed = call(sys.executable, "-m", "kedro", *command, cwd=project)
    paths = [Path(line.strip().strip("'\"")) for line in printed.splitlines() if "said/" in line]
    return {path.parent.name: {path.stem} for path in paths}


def asked_by_the_snapshot(project: Path, tmp_path: Path) -> dict[str, set[str]]:
    given = json.dumps({"runtime": "runtime"})
    printed = call(sys.executable, "-c", SNAPSHOT, given, cwd=project).splitlines()
    return {layer: {Path(path).stem} for layer, path in map(str.split, printed[-len(LAYERS) :])}


def asked_by_the_package(project: Path, tmp_path: Path) -> dict[str, set[str]]:
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
        sys.executable, "-m", "layered", "--env", "prod", "--conf-source", str(conf), *RUNTIME,
        cwd=away, PYTHONPATH=str(site), HIGHROAD_PLATFORM_CONF=str(platform_conf),
    )  # fmt: skip
    return written(away / "settings" / "store")


@pytest.mark.parametrize(
    "way",
    [
        asked_by_run,
        asked_by_a_catalog_command,
        asked_by_the_snapshot,
        pytest.param(asked_by_the_package, marks=pytest.mark.slow),
    ],
)
def test_the_strongest_layer_is_asked_everywhere(way, project, tmp_path):
    write_layers(tmp_path)
    found = way(project, tmp_path)
    expected = {layer: {layer} for layer in LAYERS}
    if way is asked_by_a_catalog_command:  # it takes no runtime parameters
        expected["runtime"] = {"project_prod"}
    assert found == expected

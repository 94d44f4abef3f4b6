"""`highroad workflow`: what is in memory in one environment and not in another, and what tags ask for."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import write
from processes import run_clean

REGISTRY = """
from kedro.pipeline import node, pipeline

def same(data, *_):
    return data

def register_pipelines():
    return {
        "__default__": pipeline([
            node(same, ["raw", "params:rate"], "left", name="go_left", tags=["task.left"]),
            node(same, "raw", "right", name="go_right"),
            node(same, ["left", "right"], "both", name="meet"),
        ]),
        "half": pipeline([node(same, "raw", "right", name="go_right")]),
    }
"""
BASE = """
raw: {type: json.JSONDataset, filepath: "${platform:store}/demo/raw.json"}
"{name}": {type: MemoryDataset}
"""
PROD = """
left: {type: json.JSONDataset, filepath: "${platform:store}/demo/left.json"}
right:
  type: CachedDataset
  dataset: {type: json.JSONDataset, filepath: "${platform:store}/demo/right.json"}
"""


@pytest.fixture
def project(platform) -> Path:
    folder = platform.parent / "projects" / "demo"
    write(
        folder / "pyproject.toml",
        '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["highroad"]\n'
        '[tool.kedro]\npackage_name = "demo"\nproject_name = "demo"\nkedro_init_version = "1.7.0"\n'
        'source_dir = "src"\n[tool.highroad]\ndescription = "d"\nowner = "team"\nkind = "model"\n',
    )
    write(folder / "src" / "demo" / "__init__.py", "")
    settings = "from highroad.config import PlatformConfigLoader\nCONFIG_LOADER_CLASS = PlatformConfigLoader\n"
    write(folder / "src" / "demo" / "settings.py", settings)
    write(folder / "src" / "demo" / "pipeline_registry.py", REGISTRY)
    write(folder / "conf" / "base" / "catalog.yml", BASE)
    write(folder / "conf" / "base" / "parameters.yml", "rate: 1\n")
    write(folder / "conf" / "prod" / "catalog.yml", PROD)
    return folder


def run(project: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return run_clean([str(Path(sys.executable).with_name(program)), *words], project)


def test_tasks_are_those_of_each_environment_s_catalog(project):
    done = run(project, "highroad", "workflow", "tasks", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert [each["nodes"] for each in told["base"]["tasks"]] == [["go_left", "go_right", "meet"]]
    assert {each["name"]: each["after"] for each in told["prod"]["tasks"]} == {
        "left": [], "go_right": [], "meet": ["go_right", "left"],
    }  # fmt: skip
    shown = run(project, "highroad", "workflow", "tasks", "--env", "prod").stdout
    assert "prod: 3 tasks" in shown and "meet, after go_right, left" in shown


def test_what_tags_ask_for_in_vain_is_told_with_the_environment(project):
    registry = project / "src" / "demo" / "pipeline_registry.py"
    write(registry, REGISTRY.replace('name="meet"', 'name="meet", tags=["task.end"]'))
    done = run(project, "highroad", "workflow", "tasks")
    assert done.returncode == 14 and "base: 'left' is in memory" in done.stderr
    assert "prod: '" not in done.stderr and "Traceback" not in done.stderr
    told = json.loads(
        run(project, "highroad", "workflow", "tasks", "--json").stdout.splitlines()[-1]
    )
    assert told["base"]["faults"] and not told["prod"]["faults"]  # for the release's manifest
    assert run(project, "highroad", "workflow", "dag").returncode == 14


def test_no_such_pipeline_names_those_there_are(project):
    done = run(project, "highroad", "workflow", "tasks", "--pipeline", "halve")
    assert done.returncode == 4 and "Did you mean 'half'" in done.stderr


def test_a_dag_is_written_by_highroad_and_by_kedro_alike(project, tmp_path):
    words = ("--env", "prod", "--pipeline", "half", "--", "--params", "rate=2")
    done = run(project, "highroad", "workflow", "dag", "--to", str(tmp_path / "dags"), *words)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "dags" / "demo-prod.py").read_text()
    ast.parse(text)
    assert "--pipelines half --params rate=2" in text and "schedule=None" in text
    again = run(project, "kedro", "airflow", "create", "-t", str(tmp_path / "other"), *words)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "other" / "demo-prod.py").read_text() == text
    assert [path.name for path in (tmp_path / "dags").iterdir()] == ["demo-prod.py"]
    write(tmp_path / "own.j2", "{{ workflow.name }}")
    secret = "postgresql://me:word@records.example/r"  # pragma: allowlist secret
    highroad = str(Path(sys.executable).with_name("highroad"))
    words = [highroad, "workflow", "dag", "--env", "prod"]
    told = run_clean(words, project, HIGHROAD_RECORDS=secret)
    assert (
        told.returncode == 0 and "word@" not in told.stdout
    )  # workers have variables of their own
    own = run(
        project, "highroad", "workflow", "dag", "--env", "prod", "-j", str(tmp_path / "own.j2")
    )
    assert own.stdout.endswith("demo-prod")

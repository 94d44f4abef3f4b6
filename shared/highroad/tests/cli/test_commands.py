"""explain, the catalog check and the closing table, on a small repository."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import write
from processes import run_clean

HIGHROAD = str(Path(sys.executable).with_name("highroad"))
PYPROJECT = """
[project]
name = "demo"
version = "0"
requires-python = ">=3.11"
[tool.kedro]
package_name = "demo"
project_name = "demo"
kedro_init_version = "1.7.0"
source_dir = "src"
[tool.highroad]
description = "d"
owner = "o"
kind = "model"
publishes = ["demo.out"]
headline = {dataset = "m", key = "test.auc", label = "AUC"}
"""
REGISTRY = """
from kedro.pipeline import node, pipeline
def register_pipelines():
    return {"__default__": pipeline([node(lambda a, b: a, ["table", "params:depth"], "demo.out@pandas", name="n")])}
"""
PATTERN = """\
"{owner}.{product}@pandas":
  type: highroad.datasets.DataProductDataset
  product: "{owner}.{product}"
  store: ${platform:store}
  platform_conf: ${platform:conf}
  project: ${project:name}
"""
TABLE = "table:\n  type: pandas.CSVDataset\n  filepath: ${platform:store}/t.csv\n"


@pytest.fixture
def project(platform, monkeypatch) -> Path:
    folder = platform.parent / "projects" / "demo"
    write(folder / "pyproject.toml", PYPROJECT)
    write(folder / "src" / "demo" / "__init__.py", "")
    write(
        folder / "src" / "demo" / "settings.py",
        "from highroad.config import PlatformConfigLoader\nCONFIG_LOADER_CLASS = PlatformConfigLoader\n",
    )
    write(folder / "src" / "demo" / "pipeline_registry.py", REGISTRY)
    write(folder / "conf" / "base" / "catalog.yml", TABLE)
    write(folder / "conf" / "base" / "parameters.yml", "depth: 3\n")
    write(platform / "base" / "catalog.yml", PATTERN)
    write(platform / "base" / "logging.yml", "version: 1\n")
    return folder


def highroad(project: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return run_clean([HIGHROAD, *words], project, **env)


def test_a_sound_catalog(project):
    done = highroad(project, "catalog")
    assert done.returncode == 0, done.stderr
    assert "sound in local, prod" in done.stdout


def test_all_faults_come_at_once_with_file_and_line(project):
    write(
        project / "conf" / "base" / "catalog.yml",
        "table:\n  type: pandas.CVSDataset\n  filepath: /elsewhere/t.csv\n  metadata:\n    kedro-viz:\n      layer: 01_rwa\n"
        "spare:\n  type: pandas.CSVDataset\n  filepath: ${platform:store}/s.csv\n  credentials: {key: abc}\n"
        "  load_args:\n    storage_options:\n      password: abc\n",
    )
    write(project / "conf" / "base" / "parameters.yml", "width: 3\n")
    done = highroad(project, "catalog")
    assert done.returncode == 5 and "Traceback" not in done.stderr
    for said in (
        "projects/demo/conf/base/catalog.yml:1: 'table': ",
        "projects/demo/conf/base/catalog.yml:3: 'table': filepath '/elsewhere/t.csv' is outside the store",
        "projects/demo/conf/base/catalog.yml:6: 'table': no layer '01_rwa'. Did you mean '01_raw'?",
        "projects/demo/conf/base/catalog.yml:7: 'spare' is used by no pipeline",
        "projects/demo/conf/base/catalog.yml:10: 'spare': credentials stand in the catalog",
        "projects/demo/conf/base/catalog.yml:13: 'spare': 'load_args.storage_options.password' looks like a secret",
        "'params:depth': no such parameter",
    ):
        assert said in done.stderr, done.stderr


def test_what_pipelines_ask_for_must_be_there(project):
    more = 'name="n"), node(lambda a: a, "demo.oot@pandas", "b", name="m")'
    registry = project / "src" / "demo" / "pipeline_registry.py"
    registry.write_text(REGISTRY.replace('"table"', '"tabel"').replace('name="n")', more))
    done = highroad(project, "catalog")
    assert done.returncode == 5
    for said in (
        "pipeline input 'tabel' is neither produced, in the catalog nor a data product. Did you mean 'table'?",
        "no project publishes 'demo.oot'. Did you mean 'demo.out'?",
    ):
        assert said in done.stderr, done.stderr
    path = project / "pyproject.toml"
    path.write_text(PYPROJECT.replace('publishes = ["demo.out"]', ""))
    registry.write_text(REGISTRY)
    done = highroad(project, "catalog")
    assert done.returncode == 5
    assert "'demo.out' is saved but not in [tool.highroad] publishes" in done.stderr, done.stderr


def test_explain_names_file_line_and_what_was_overridden(project, platform):
    write(project / "conf" / "prod" / "parameters.yml", "# a comment\ndepth: 9\n")
    done = highroad(project, "config", "explain", "parameters.depth", "--env", "prod")
    assert done.stdout.splitlines() == [
        "parameters.depth = 9",
        "  from projects/demo/conf/prod/parameters.yml:2 (project prod)",
        "  overrides projects/demo/conf/base/parameters.yml:1 (project base), which says 3",
    ]
    done = highroad(project, "config", "explain", "catalog.demo.out@pandas")
    assert (
        "pattern '{owner}.{product}@pandas'" in done.stdout
        and "platform-conf/base/catalog.yml:1" in done.stdout
    )
    done = highroad(project, "config", "explain", "platform.organisation")
    assert "platform.organisation = Test\n  from platform-conf/platform.yml:2" in done.stdout
    outside = highroad(project.parents[1], "config", "explain", "platform.organisation")
    assert outside.stdout == done.stdout, "outside of a project it is the first one's"
    done = highroad(project, "config", "explain", "parameters.dpeth")
    assert done.returncode == 4 and "Did you mean 'depth'?" in done.stderr


def test_check_reads_every_environment(project):
    assert highroad(project, "config", "check").stdout.splitlines() == [
        "demo, local: configuration is sound",
        "demo, prod: configuration is sound",
    ]
    write(project / "conf" / "prod" / "parameters.yml", "a: ${b}\n")
    assert highroad(project, "config", "check").returncode == 4


def test_the_table_of_last_runs(project):
    assert "demo (no run yet)" in highroad(project, "summary").stdout
    run = {"project": "demo", "environment": "prod", "status": "finished", "began_at": "2013-03-01T12:00:00+00:00",
           "nodes": [{"node_s": 1, "load_s": 1, "save_s": 1}], "rows_read": 1234, "rows_written": 5, "seconds": 2.25,
           "unknown_rows": {"read": ["x"], "written": []}, "metrics": {"m": {"test": {"auc": 0.75}}}, "report": None}  # fmt: skip
    path = project.parents[1] / "store" / "runs" / "demo" / "run.json"
    write(path, json.dumps(run))
    shown = highroad(project, "summary").stdout
    assert "≥ 1,234" in shown and "AUC 0.7500" in shown and "run.html" in shown
    assert "demo (prod)" in shown and "2013-03-01" in shown  # not this session's run
    assert json.loads(highroad(project, "summary", "--json").stdout)[0]["task_seconds"] == 3
    write(path, '{"status": "fin')
    assert "demo (unreadable)" in highroad(project, "summary").stdout


def test_a_store_that_does_not_answer_is_one_message(project):
    # A command's message is for people, also where the logs of runs are JSON.
    done = highroad(
        project, "summary", HIGHROAD_STORE="ftp://127.0.0.1:1/store", HIGHROAD_LOG="json"
    )
    assert done.returncode == 8 and "Traceback" not in done.stderr
    assert done.stderr.startswith("error: The store ftp://127.0.0.1:1/store cannot be read")
    assert "highroad config explain platform.store" in done.stderr

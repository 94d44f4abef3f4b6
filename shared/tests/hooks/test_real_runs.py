"""What a person sees of a run: its log, its errors, its table. Every run is a real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import write
from highroad.cli.summary import summaries

pytestmark = pytest.mark.slow
SECRET = "swordfish-in-a-barrel"  # pragma: allowlist secret
REGISTRY = f"""
import logging
import pandas as pd
from kedro.pipeline import node, pipeline

def make():
    logging.getLogger("highroad.demo").info("connecting with {SECRET}")
    return pd.DataFrame({{"a": range(1000)}})

def count(frame):
    return {{"rows": len(frame)}}

def big():
    return "x" * 3_000_000

def broken_parts():
    def part():
        raise ValueError("m1, row 3: found 'x'; expected a number")
    return {{"m1": part}}

def refuse(frame):
    raise ValueError("row 7: found 3; expected less than 2")

def surprise(frame):
    raise KeyError("nobody expected this")

def register_pipelines():
    good = pipeline([node(make, None, "table", name="make"), node(count, "table", "metrics", name="count")])
    one = lambda *what, **more: pipeline([node(*what, **more)])
    return {{
        "__default__": good,
        "big": one(big, None, "page", name="big"),
        "parts": one(broken_parts, None, "parts", name="parts"),
        "refuse": good + one(refuse, "table", "never", name="refuse"),
        "surprise": good + one(surprise, "table", "never", name="surprise"),
    }}
"""
CATALOG = """
table: {type: pandas.ParquetDataset, filepath: "${platform:store}/demo/table.parquet"}
metrics:
  type: json.JSONDataset
  filepath: ${platform:store}/demo/metrics.json
  metadata: {highroad: {metrics: true}}
page: {type: text.TextDataset, filepath: "${platform:store}/demo/page.html"}
parts:
  type: partitions.PartitionedDataset
  path: ${platform:store}/demo/parts
  filename_suffix: .csv
  dataset: pandas.CSVDataset
"""
RUNNER = """
from kedro.runner import SequentialRunner

class LoudRunner(SequentialRunner):
    def run(self, *args, **kwargs):
        print("LOUD")
        return super().run(*args, **kwargs)
"""


@pytest.fixture
def project(platform) -> Path:
    path = platform / "platform.yml"
    path.write_text(path.read_text() + "runner: demo.runner.LoudRunner\n")
    folder = platform.parent / "projects" / "demo"
    write(
        folder / "pyproject.toml",
        '[project]\nname = "demo"\n[tool.kedro]\npackage_name = "demo"\nproject_name = "demo"\n'
        'kedro_init_version = "1.7.0"\nsource_dir = "src"\n'
        '[tool.highroad]\ndescription = "d"\nowner = "o"\nkind = "model"\n',
    )
    write(folder / "src" / "demo" / "__init__.py", "")
    settings = "from highroad.config import PlatformConfigLoader\nCONFIG_LOADER_CLASS = PlatformConfigLoader\n"
    write(folder / "src" / "demo" / "settings.py", settings)
    write(folder / "src" / "demo" / "runner.py", RUNNER)
    write(folder / "src" / "demo" / "pipeline_registry.py", REGISTRY)
    write(folder / "conf" / "base" / "catalog.yml", CATALOG)
    write(folder / "conf" / "local" / "credentials.yml", f"warehouse: {{password: {SECRET}}}\n")
    return folder


def kedro(project: Path, *words: str, limit: int | None = None, **env: str):
    def limited() -> None:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit or 0, limit or 0))

    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HIGHROAD_", "KEDRO_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "kedro", "run", *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env=clean | {"HIGHROAD_LOG": "plain", "DO_NOT_TRACK": "1", **env},
        preexec_fn=limited if limit else None,
    )


def run_json(project: Path) -> dict:
    return json.loads((project.parents[1] / "store" / "runs" / "demo" / "run.json").read_text())


def test_the_platforms_runner_json_lines_and_hidden_credentials(project):
    done = kedro(project, HIGHROAD_LOG="json")
    assert done.returncode == 0, done.stderr
    assert "LOUD" in done.stdout and SECRET not in done.stderr + done.stdout
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert any("connecting with ***" in line["message"] for line in lines)
    timed = {line["node"]: line["node_s"] for line in lines if "node_s" in line}
    assert timed.keys() == {"make", "count"} and all(seconds >= 0 for seconds in timed.values())


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_credentials_are_hidden_in_children_too(project, method):
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    done = kedro(project, "--runner", "ParallelRunner", KEDRO_MP_CONTEXT=method)
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stderr + done.stdout and "connecting with ***" in done.stderr
    assert run_json(project)["metrics"] == {"metrics": {"rows": 1000}}


def test_bad_data_is_one_message_with_its_place(project):
    done = kedro(project, "--pipelines", "parts")
    assert done.returncode == 8
    assert done.stderr.splitlines()[-1] == (
        "error: node 'parts', saving 'parts': m1, row 3: found 'x'; expected a number"
    )
    done = kedro(project, "--pipelines", "refuse")
    assert done.returncode == 8 and "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "error: node 'refuse': row 7: found 3; expected less than 2"
    )


def test_a_surprise_names_its_node_and_says_how_to_see_more(project):
    done = kedro(project, "--pipelines", "surprise")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "error: node 'surprise': KeyError: 'nobody expected this'" in done.stderr
    assert done.stderr.splitlines()[-1] == "Run again with --verbose for the traceback."
    assert "Traceback" in kedro(project, "--pipelines", "surprise", "--verbose").stderr


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX")
def test_a_full_disk_is_one_message_and_leaves_the_old_file(project):
    page = write(project.parents[1] / "store" / "demo" / "page.html", "old")
    done = kedro(project, "--pipelines", "big", limit=1_000_000)
    assert done.returncode == 8 and "Traceback" not in done.stderr
    assert "node 'big', saving 'page'" in done.stderr and "File too large" in done.stderr
    assert page.read_text() == "old" and not list(page.parent.glob(".*.partial"))


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX")
def test_a_summary_that_cannot_be_written_changes_no_outcome(project):
    runs = project.parents[1] / "store" / "runs"
    write(runs, "a file where the folder should be")
    done = kedro(project)
    assert done.returncode == 0 and "summary could not be written" in done.stderr
    done = kedro(project, "--pipelines", "refuse")
    assert done.returncode == 8 and done.stderr.splitlines()[-1].startswith("error: node 'refuse'")


def test_the_table_tells_finished_failed_and_interrupted_apart(project):
    root = project.parents[1]
    assert kedro(project).returncode == 0
    (row,) = summaries(root)
    assert row["status"] == "finished" and row["rows_written"] == 1000 and row["all_written"]
    assert kedro(project, "--pipelines", "refuse").returncode == 8
    assert summaries(root)[0]["status"] == "failed"
    path = root / "store" / "runs" / "demo" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "status": "running"}))
    assert summaries(root)[0]["status"] == "interrupted"

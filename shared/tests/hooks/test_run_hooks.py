"""Summary, progress and lock, in real runs under every runner."""

from __future__ import annotations

import json
import logging
import multiprocessing
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from filelock import FileLock

from conftest import write
from highroad.errors import BusyError
from highroad.hooks.progress import ProgressHook
from highroad.hooks.rows import rows_of
from highroad.hooks.run_events import RunEvents
from highroad.hooks.run_lock import RunLockHook
from highroad.hooks.run_page import render
from highroad.hooks.summarising import summarise

REGISTRY = """
import pandas as pd
from kedro.pipeline import node, pipeline

def make():
    return pd.DataFrame({"a": [1, 2, 3]})

def count(frame):
    return {"auc": 0.5, "rows": len(frame)}

def fail(frame):
    raise ValueError("boom password=hunter2")

def register_pipelines():
    good = pipeline([node(make, None, "table", name="make"), node(count, "table", "metrics", name="count")])
    return {"__default__": good, "bad": good + pipeline([node(fail, "table", "never", name="fail")])}
"""
CATALOG = """
table: {type: pandas.ParquetDataset, filepath: "${platform:store}/demo/table.parquet"}
metrics:
  type: json.JSONDataset
  filepath: ${platform:store}/demo/metrics.json
  metadata: {highroad: {metrics: true}}
"""


@pytest.fixture
def project(platform) -> Path:
    folder = platform.parent / "projects" / "demo"
    write(
        folder / "pyproject.toml",
        '[tool.kedro]\npackage_name = "demo"\nproject_name = "demo"\nkedro_init_version = "1.7.0"\nsource_dir = "src"\n',
    )
    write(folder / "src" / "demo" / "__init__.py", "")
    write(
        folder / "src" / "demo" / "settings.py",
        "from highroad.config import PlatformConfigLoader\nCONFIG_LOADER_CLASS = PlatformConfigLoader\n",
    )
    write(folder / "src" / "demo" / "pipeline_registry.py", REGISTRY)
    write(folder / "conf" / "base" / "catalog.yml", CATALOG)
    return folder


def kedro(project: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    import os

    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HIGHROAD_", "KEDRO_"))
    }
    return subprocess.run(
        [str(Path(sys.executable).with_name("kedro")), "run", *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env=clean | {"DO_NOT_TRACK": "1", "HIGHROAD_LOG": "plain"} | env,
    )


def summary(project: Path) -> dict:
    return json.loads((project.parents[1] / "store" / "runs" / "demo" / "run.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize(
    "runner",
    ["highroad.runners.LinearRunner", "SequentialRunner", "ThreadRunner", "ParallelRunner"],
)
def test_the_summary_is_the_same_under_every_runner(project, runner):
    done = kedro(project, "--runner", runner)
    assert done.returncode == 0, done.stderr
    made = summary(project)
    assert [node["name"] for node in made["nodes"]] == ["make", "count"]
    assert made["rows_written"] == 3 and made["rows_read"] == 3
    assert made["metrics"] == {"metrics": {"auc": 0.5, "rows": 3}}
    assert made["status"] == "finished" and made["outputs"]["table"].endswith("demo/table.parquet")
    assert "demo: 2 nodes in" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_children_report_under_every_start_method(project, method):
    script = f"""
        import multiprocessing
        if __name__ == "__main__":
            multiprocessing.set_start_method("{method}")
            from pathlib import Path
            from kedro.framework.session import KedroSession
            from kedro.framework.startup import bootstrap_project
            from kedro.runner import ParallelRunner
            bootstrap_project(Path.cwd())
            with KedroSession.create(project_path=Path.cwd()) as session:
                session.run(runner=ParallelRunner())
    """
    write(project / "go.py", textwrap.dedent(script))
    done = subprocess.run(
        [sys.executable, "go.py"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made = summary(project)
    assert [node["name"] for node in made["nodes"]] == ["make", "count"]
    assert made["metrics"] == {"metrics": {"auc": 0.5, "rows": 3}}
    assert "highroad.progress" in done.stderr or "make" in done.stderr


@pytest.mark.slow
def test_a_failed_run_says_so_without_a_traceback_or_a_secret(project):
    done = kedro(project, "--pipelines", "bad")
    assert done.returncode == 8
    assert "error: node 'fail': boom password=***" in done.stderr and "Traceback" not in done.stderr
    made = summary(project)
    assert (
        made["status"] == "failed" and "hunter2" not in json.dumps(made) + done.stderr + done.stdout
    )
    assert "Traceback" in kedro(project, "--pipelines", "bad", "--verbose").stderr


@pytest.mark.slow
def test_an_unknown_environment_has_its_own_exit_code(project):
    done = kedro(project, "--env", "prdo")
    assert (
        done.returncode == 4
        and "Did you mean 'prod'" in done.stderr
        and "Traceback" not in done.stderr
    )


@pytest.mark.slow
def test_a_second_run_waits_then_gives_up_clearly(project):
    path = project.parents[1] / "platform-conf" / "platform.yml"
    path.write_text(path.read_text() + "lock_timeout_s: 0.2\n")
    lock = project.parents[1] / "store" / ".locks" / "demo.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        done = kedro(project)
    assert done.returncode == 7
    assert (
        "waiting up to 0.2 s" in done.stderr and "Wait for it to end and run again" in done.stderr
    )
    assert kedro(project).returncode == 0


def test_the_lock_is_given_back_on_success_and_on_error(tmp_path):
    for end in ("after_pipeline_run", "on_pipeline_error"):
        first, second = RunLockHook(), RunLockHook()
        for hook in (first, second):
            hook._path = tmp_path / "p.lock"
        first.before_pipeline_run()
        with pytest.raises(BusyError):
            second.before_pipeline_run()
        getattr(first, end)()
        second.before_pipeline_run()
        second.after_pipeline_run()


def test_progress_speaks_at_most_twice_a_second(caplog):
    ticks = iter([0.0, 0.1, 0.2, 0.6, 0.7])
    hook = ProgressHook(clock=lambda: next(ticks))
    nodes = [SimpleNamespace(name=f"n{index}") for index in range(5)]
    with caplog.at_level(logging.INFO, "highroad.progress"):
        hook.before_pipeline_run(SimpleNamespace(nodes=nodes))
        for node in nodes:
            hook.before_node_run(node)
    assert [record.getMessage() for record in caplog.records] == ["1/5 n0", "4/5 n3"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_events_of_children_come_back_once(method):
    events = RunEvents()
    events.start()
    events.add({"node": "here"})
    child = multiprocessing.get_context(method).Process(
        target=RunEvents().add, args=({"node": "there"},)
    )
    child.start()
    child.join()
    assert events.finish() == [{"node": "here"}, {"node": "there"}]
    events.start()
    assert events.finish() == []


def test_rows_are_counted_or_honestly_unknown():
    import polars as pl

    frame = pd.DataFrame({"a": [1, 2]})
    assert rows_of(frame) == 2
    assert rows_of(pl.LazyFrame({"a": [1, 2, 3]})) is None  # counting would compute it
    assert rows_of(SimpleNamespace(columns=1, shape=())) is None
    assert rows_of({"x": frame, "y": frame}) == 4
    assert rows_of({"x": lambda: frame}) is None
    assert rows_of({"auc": 0.5}) == rows_of("page") == rows_of({}) == 0


def test_what_stays_in_memory_is_not_counted_and_the_page_escapes():
    events = [
        {"loaded": "memory", "rows": 5},
        {"loaded": "file<b>", "rows": 7},
        {"node": "n", "node_s": 1.0, "load_s": 0.5},
        {"saved": "lazy", "by": "n", "save_s": 0.25, "rows": None, "metrics": {"a": {"b": 1.0}}},
    ]
    places = {"memory": None, "file<b>": "/store/file<b>", "lazy": "/store/lazy"}
    made = summarise(events, places)
    assert made["rows_read"] == 7 and made["rows_written"] == 0
    assert made["unknown_rows"] == {"read": [], "written": ["lazy"]}
    assert made["nodes"] == [{"name": "n", "node_s": 1.0, "load_s": 0.5, "save_s": 0.25}]
    page = render(
        {
            "project": "<p>",
            "status": "finished",
            "environment": "e",
            "began_at": "t",
            "seconds": 1.0,
            "error": "<x>",
            **made,
        }
    )
    assert "<p>: run" not in page and "&lt;x&gt;" in page and "a.b" in page

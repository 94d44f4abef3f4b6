"""A pipeline run as tasks, each a process of its own, is one run: one record, the same data for all of them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from conftest import write
from hooks.shop import kedro, shop

from highroad.products.store import Table
from highroad.runs import TASK_VARIABLE
from highroad.tracking.database import database_of
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import Record

REGISTRY = """
import os
import pandas as pd
from kedro.pipeline import node, pipeline

def make(first):
    at = pd.Series([pd.Timestamp("2013-02-28", tz="UTC")] * 2).astype("datetime64[us, UTC]")
    return {"2013-02": pd.DataFrame({"id": [first, first + 1], "at": at})}

def total(orders):
    return {"total": int(orders["id"].sum())}

def again(orders, sums):
    if os.environ.get("BREAK"):
        raise ValueError("boom")
    return {"total": int(orders["id"].sum()), "before": sums["total"]}

def register_pipelines():
    publish = pipeline([node(make, "params:first", "shop.orders@partitions", name="make")])
    read = pipeline([
        node(total, "shop.orders@pandas", "sums", name="total"),
        node(again, ["shop.orders@pandas", "sums"], "more", name="again"),
    ])
    return {"publish": publish, "read": read, "__default__": publish + read}
"""
OWN_CATALOG = """
sums: {type: json.JSONDataset, filepath: "${platform:store}/shop/sums.json", versioned: true}
more:
  type: json.JSONDataset
  filepath: ${platform:store}/shop/more.json
  metadata: {highroad: {metrics: true}}
"""


@pytest.fixture
def project(platform) -> Path:
    return shop(platform, REGISTRY, OWN_CATALOG)


def task(
    project: Path, name: str, names: tuple[str, ...], *words: str, attempt: int = 1, **env: str
) -> subprocess.CompletedProcess[str]:
    """One task of a run, as a scheduler starts it."""
    told = {
        "run": "shop-local/2013",
        "began": "2026-01-31T06:00:00+00:00",
        "task": name,
        "tasks": names,
        "try": attempt,
        "tries": 2,
    }
    return kedro(project, "--nodes", name, *words, **{TASK_VARIABLE: json.dumps(told)}, **env)


def good(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr


def records(project: Path) -> list[Record]:
    store = project.parents[1] / "store"
    return RecordReader(database_of("sqlite:///runs/records.db", store)).recent()


def result(project: Path) -> dict[str, int]:
    return json.loads((project.parents[1] / "store" / "shop" / "more.json").read_text())


def test_a_run_of_tasks_is_on_record_as_one_process_is(project):
    good(kedro(project))
    (plain,) = records(project)
    made = result(project)
    shutil.rmtree(project.parents[1] / "store")
    names = ("make", "total", "again")
    for name in names:
        good(task(project, name, names))
    (whole,) = records(project)
    assert result(project) == made
    assert whole.status == "finished" and [each["name"] for each in whole.tasks] == list(names)
    for facts in ("project", "environment", "code", "versions", "config", "parameters", "metrics"):
        assert getattr(whole, facts) == getattr(plain, facts), facts
    assert whole.selection.keys() == plain.selection.keys()
    assert [each["name"] for each in whole.nodes] == [each["name"] for each in plain.nodes]
    assert {use.name for use in whole.outputs} == {use.name for use in plain.outputs}
    assert whole.inputs == plain.inputs == ()  # what the tasks hand each other is no input
    # The product that the run published says so, and was read at that version.
    assert (
        Table((project.parents[1] / "store/products/shop.orders").as_posix()).facts().run
        == whole.id
    )
    told = json.loads((project.parents[1] / "store/runs/shop/run.json").read_text())
    assert (told["run"], told["status"], len(told["nodes"])) == (whole.id, "finished", 3)
    assert (told["rows_written"], told["metrics"]) == (2, whole.metrics)


def test_all_tasks_of_a_run_read_the_same_versions(project):
    names = ("total", "again")
    good(kedro(project, "--pipelines", "publish"))
    good(task(project, "total", names, "--pipelines", "read"))
    good(
        kedro(project, "--pipelines", "publish", "--params", "first=5")
    )  # a newer version of the product
    good(kedro(project, "--pipelines", "read", "--nodes", "total"))  # and of the versioned file
    good(task(project, "again", names, "--pipelines", "read"))
    assert result(project) == {"total": 3, "before": 3}
    good(kedro(project, "--pipelines", "read"))
    assert result(project) == {"total": 11, "before": 11}


def test_a_task_that_is_tried_again_makes_the_run_whole(project):
    names = ("make", "total", "again")
    good(task(project, "make", names))
    good(task(project, "total", names))
    assert task(project, "again", names, BREAK="1").returncode == 8
    assert records(project)[0].status == "running"
    assert task(project, "again", names, BREAK="1", attempt=2).returncode == 8
    (failed,) = records(project)
    assert failed.status == "failed" and "task 'again': " in str(failed.error)
    good(task(project, "again", names, attempt=3))  # somebody had the scheduler take it up again
    (whole,) = records(project)
    assert whole.status == "finished" and whole.error is None and len(whole.nodes) == 3
    good(task(project, "total", names, attempt=2))  # what is versioned is saved under a new version
    assert records(project)[0].status == "finished"


def test_what_tells_no_task_stops_the_run_before_it_begins(project):
    refused = kedro(project, **{TASK_VARIABLE: "{}"})
    assert refused.returncode == 4 and TASK_VARIABLE in refused.stderr
    assert "Traceback" not in refused.stderr and records(project) == []


def test_lineage_of_a_run_of_tasks_begins_once_and_ends_once(project):
    names = ("make", "total", "again")
    for name in names:
        good(task(project, name, names))
    lines = [
        json.loads(line)
        for path in sorted((project.parents[1] / "store/runs/lineage").rglob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    assert [each["eventType"] for each in lines] == ["START", "RUNNING", "RUNNING", "COMPLETE"]
    assert len({each["run"]["runId"] for each in lines}) == 1
    assert {each["name"].rpartition("/")[2] for each in lines[-1]["outputs"]} >= {"more.json"}


def test_a_task_whose_part_waits_claims_no_end_of_the_run(project):
    write(project.parents[1] / "file", "no folder")
    away = f"sqlite:///{project.parents[1]}/file/records.db"
    done = task(project, "make", ("make", "total"), HIGHROAD_RECORDS=away)
    assert done.returncode == 0 and "waits in" in done.stderr
    (path,) = (project.parents[1] / "store/runs/lineage").rglob("*.jsonl")
    events = [json.loads(line)["eventType"] for line in path.read_text().splitlines()]
    assert events == ["START", "RUNNING"]


def test_the_parts_are_kept_with_the_run(project):
    good(task(project, "make", ("make",)))
    with sqlite3.connect(project.parents[1] / "store/runs/records.db") as raw:
        assert raw.execute("SELECT task, attempt, status FROM highroad_run_tasks").fetchall() == [
            ("make", 1, "finished")
        ]

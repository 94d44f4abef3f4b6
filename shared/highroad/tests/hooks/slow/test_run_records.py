"""Every run is on record, whatever its runner, however it ends, and with no secret in it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import write
from hooks.demo import RUNNERS, kedro

from highroad.tracking.database import database_of
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import DatasetUse, Record

SECRET = "swordfish-in-a-barrel"  # pragma: allowlist secret


def store(project: Path) -> Path:
    return project.parents[1] / "store"


def reader(project: Path) -> RecordReader:
    return RecordReader(database_of("sqlite:///runs/records.db", store(project)))


@pytest.mark.parametrize(("runner", "method"), RUNNERS)
def test_a_run_is_on_record_under_every_runner(run_under, runner, method):
    project = run_under(runner, method).project
    again, found = reader(project).recent()
    assert (found.status, found.project, found.environment) == ("finished", "demo", "local")
    assert found.error is None and found.seconds > 0 and found.ended_at > found.began_at
    assert len(found.code["commit"]) == 40 and found.code["dirty"] and len(found.code["lock"]) == 64
    assert found.selection["runner"].endswith(runner.rpartition(".")[2])
    assert found.parameters == {"rate": 2} and len(found.config) == 64
    assert found.versions.keys() == {"highroad", "kedro", "python"} and found.who["host"]
    assert {each["name"] for each in found.nodes} == {"make", "count"}
    assert found.metrics == {"metrics": {"auc": 0.5, "rows": 3}}
    wrote = {each.name: each for each in found.outputs}
    table = store(project) / "demo" / "table.parquet"
    content = hashlib.sha256(table.read_bytes()).hexdigest()
    expected = DatasetUse("table", str(table), "sha256", content, 3, table.stat().st_size)
    assert wrote.keys() == {"table", "metrics"} and wrote["table"] == replace(
        expected, read_back=True
    )
    assert found.inputs == ()  # it read nothing but what it wrote
    assert again.inputs == (expected,) and [each.name for each in again.outputs] == ["metrics"]


def test_a_failed_run_says_why_and_what_it_had_done(project):
    assert kedro(project, "--pipelines", "bad").returncode == 8
    (found,) = reader(project).recent()
    assert found.status == "failed" and found.error == "node 'fail': boom password=***"
    assert {each.name for each in found.outputs} == {"table", "metrics"}
    assert found.selection["pipeline_names"] == ["bad"]
    assert kedro(project, "--pipelines", "none").returncode == 4
    assert [each.status for each in reader(project).recent()] == ["failed", "failed"]


SLOW = """
import os
from kedro.pipeline import node, pipeline

def wait():
    print("HERE", flush=True)
    os.read(0, 1)
    return 1

def register_pipelines():
    return {"__default__": pipeline([node(wait, None, "one", name="wait")])}
"""


def begun(project: Path) -> subprocess.Popen[bytes]:
    """A run that has begun its first node and waits."""
    write(project / "src" / "demo" / "pipeline_registry.py", SLOW)
    command = [str(Path(sys.executable).with_name("kedro")), "run"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("HIGHROAD_")}
    process = subprocess.Popen(
        command,
        cwd=project,
        env=env | {"DO_NOT_TRACK": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert any(b"HERE" in line for line in process.stdout)
    assert [each.status for each in reader(project).recent()] == ["running"]
    return process


def test_a_killed_run_is_lost_and_not_missing(project):
    process = begun(project)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (found,) = reader(project).recent()
    assert found.status == "lost" and found.code and found.ended_at is None


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_run_that_is_told_to_stop_says_so_and_goes(project, name):
    process = begun(project)
    number = getattr(signal, name)
    process.send_signal(number)
    process.communicate()
    assert process.returncode == 128 + number
    (found,) = reader(project).recent()
    assert (found.status, found.error) == ("failed", f"stopped by {name}") and found.ended_at
    summary = json.loads((store(project) / "runs" / "demo" / "run.json").read_text())
    assert (summary["run"], summary["status"]) == (found.id, "failed")


PLANTED = f"""
import logging
import pandas as pd
from kedro.pipeline import node, pipeline

def leak(frame, all_):
    logging.getLogger("highroad.demo").warning("connecting with {SECRET}")
    raise ValueError("refused by https://user:{SECRET}@example.org/?token={SECRET}")

def make():
    return pd.DataFrame({{"a": ["{SECRET}"]}})

def register_pipelines():
    return {{"__default__": pipeline([
        node(make, None, "table", name="make"),
        node(leak, ["table", "parameters"], "never", name="leak"),
    ])}}
"""


def test_a_planted_credential_is_in_no_record(project):
    write(project / "src" / "demo" / "pipeline_registry.py", PLANTED)
    write(
        project / "conf" / "base" / "parameters.yml",
        f"db: {{password: {SECRET}, url: 'postgresql://u:{SECRET}@h/d', api_token: [{SECRET}]}}\n"
        f"plain: {SECRET}\n",
    )
    write(project / "conf" / "local" / "credentials.yml", f"db: {{key: {SECRET}}}\n")
    done = kedro(project, "--params", f"more={SECRET}", PGPASSWORD=SECRET)
    assert done.returncode == 8
    (found,) = reader(project).recent()
    assert found.status == "failed" and found.warnings and "***" in found.error
    assert found.parameters["db"]["password"] == "***"
    for path in store(project).rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            assert SECRET.encode() not in path.read_bytes(), path


def test_the_run_is_the_same_where_its_record_goes_nowhere(project):
    away = "postgresql://nobody:hunter22@127.0.0.1:1/none"  # pragma: allowlist secret
    done = kedro(project, HIGHROAD_RECORDS=away)
    assert done.returncode == 0 and done.stderr.count("waits in") == 2
    assert "hunter22" not in done.stderr
    (path,) = (store(project) / "runs" / ".spool").glob("*.json")
    assert Record.from_json(path.read_text()).status == "finished"
    assert kedro(project).returncode == 0 and not path.exists()
    assert [each.status for each in reader(project).recent()] == ["finished"] * 2


def test_records_of_all_machines_meet_in_postgresql(project, postgresql, tmp_path):
    assert kedro(project, HIGHROAD_RECORDS=postgresql).returncode == 0
    assert kedro(project, "--pipelines", "bad", HIGHROAD_RECORDS=postgresql).returncode == 8
    found = RecordReader(database_of(postgresql, tmp_path)).recent("demo", most=2)
    assert [each.status for each in found] == ["failed", "finished"]
    assert not (store(project) / "runs" / "records.db").exists()


def test_who_is_left_out_where_the_platform_says_so(project):
    settings = project.parents[1] / "platform-conf" / "platform.yml"
    settings.write_text(settings.read_text() + "records: {who: false}\n")
    assert kedro(project).returncode == 0
    (found,) = reader(project).recent()
    assert found.who == {}


def test_a_record_of_fifty_nodes_is_small(project):
    many = (
        "from kedro.pipeline import node, pipeline\n"
        "def one(x=None):\n    return {'value': 1}\n"
        "def register_pipelines():\n"
        "    nodes = [node(one, None, 'm0', name='n0')]\n"
        "    nodes += [node(one, f'm{i}', f'm{i + 1}', name=f'n{i + 1}') for i in range(49)]\n"
        "    return {'__default__': pipeline(nodes)}\n"
    )
    write(project / "src" / "demo" / "pipeline_registry.py", many)
    entry = (
        '"m{number}": {type: json.JSONDataset, filepath: "${platform:store}/demo/m{number}.json"}\n'
    )
    write(project / "conf" / "base" / "catalog.yml", entry)
    assert kedro(project).returncode == 0
    with sqlite3.connect(store(project) / "runs" / "records.db") as connection:
        ((text,),) = connection.execute("SELECT record FROM highroad_runs").fetchall()
    record = json.loads(text)
    assert len(record["nodes"]) == 50 and len(record["outputs"]) == 50
    assert len(text) <= 20 * 1024, len(text)

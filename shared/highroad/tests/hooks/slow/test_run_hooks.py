"""The slow tests of `test_run_hooks`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from filelock import FileLock
from hooks.demo import RUNNERS, kedro


def summary(project: Path) -> dict:
    return json.loads((project.parents[1] / "store" / "runs" / "demo" / "run.json").read_text())


@pytest.mark.parametrize(("runner", "method"), RUNNERS)
def test_the_summary_is_the_same_under_every_runner(run_under, runner, method):
    ran = run_under(runner, method)
    made = ran.summary
    assert [node["name"] for node in made["nodes"]] == ["make", "count"]
    assert made["rows_written"] == 3 and made["rows_read"] == 3
    assert made["metrics"] == {"metrics": {"auc": 0.5, "rows": 3}}
    assert made["status"] == "finished" and made["outputs"]["table"].endswith("demo/table.parquet")
    assert "demo: 2 nodes in" in ran.said


def test_a_failed_run_says_so_without_a_traceback_or_a_secret(project):
    done = kedro(project, "--pipelines", "bad")
    assert done.returncode == 8
    assert "error: node 'fail': boom password=***" in done.stderr and "Traceback" not in done.stderr
    made = summary(project)
    assert (
        made["status"] == "failed" and "hunter2" not in json.dumps(made) + done.stderr + done.stdout
    )
    assert "Traceback" in kedro(project, "--pipelines", "bad", "--verbose").stderr


def test_an_unknown_environment_has_its_own_exit_code(project):
    done = kedro(project, "--env", "prdo")
    assert (
        done.returncode == 4
        and "Did you mean 'prod'" in done.stderr
        and "Traceback" not in done.stderr
    )


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

"""The slow tests of `test_making`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from starter.test_making import copied_platform

from highroad.starter.extension import design_of
from highroad.starter.making import given, render
from highroad.starter.record import GIVEN
from highroad_workspace.projects import find_projects


@pytest.fixture
def repository(tmp_path):
    return copied_platform(tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    files = (each for each in folder.rglob("*") if each.is_file() and each.name != "uv.lock")
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in files}


def test_kedro_new_makes_the_very_same(repository, tmp_path):
    answers = {
        "kind": "model",
        "frame": "polars",
        "consumes": "flights.departures",
        "owner": "flight-data",
    }
    config = tmp_path / "answers.yml"
    told = {
        "project_name": "arrivals",
        "repo_name": "arrivals",
        "python_package": "arrivals",
        "packages": "",
        "description": "",
        **answers,
    }
    config.write_text(yaml.safe_dump(told))
    kedro = Path(sys.executable).with_name("kedro")
    words = [str(kedro), "new", "--starter", "highroad-project", "--config", str(config)]
    env = os.environ | {"DO_NOT_TRACK": "1"}
    done = subprocess.run(
        [*words, "--telemetry", "no"],
        cwd=repository / "projects",
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    theirs = contents(repository / "projects" / "arrivals")
    assert (repository / "projects" / "arrivals" / "uv.lock").is_file()
    design = design_of("arrivals", answers, repository)
    ours = {name: text.encode() for name, text in {**render(design), GIVEN: given(design)}.items()}
    assert {name: text for name, text in theirs.items() if name in ours} == ours
    assert set(theirs) - set(ours) <= {".telemetry"}
    refused = subprocess.run(
        words, cwd=repository, env=env, capture_output=True, text=True, check=False
    )
    assert refused.returncode and "where projects lie" in refused.stdout + refused.stderr
    assert not (repository / "arrivals").exists()


def test_a_process_that_is_killed_leaves_the_old_repository_or_the_new_one(repository):
    words = [
        str(Path(sys.executable).with_name("highroad")),
        "new",
        "arrivals",
        "--no-lock",
        "--kind",
        "data-product",
        "--owner",
        "flight-data",
    ]
    began = time.monotonic()
    subprocess.run(words, cwd=repository, check=True, capture_output=True)
    took = time.monotonic() - began
    whole = contents(repository / "projects" / "arrivals")
    for number in range(6):
        subprocess.run(["rm", "-rf", "projects/arrivals"], cwd=repository, check=True)
        process = subprocess.Popen(words, cwd=repository, stdout=subprocess.DEVNULL)
        try:
            process.wait(took * (0.5 + number / 10))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        folder = repository / "projects" / "arrivals"
        assert not folder.exists() or contents(folder) == whole
        assert find_projects(repository)
    subprocess.run(["rm", "-rf", "projects/arrivals"], cwd=repository, check=True)
    subprocess.run(words, cwd=repository, check=True, capture_output=True)
    assert contents(repository / "projects" / "arrivals") == whole

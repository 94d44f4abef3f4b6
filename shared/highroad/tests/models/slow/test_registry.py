"""The slow tests of `test_registry`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from importlib.metadata import version

import pytest
from models.test_registry import ONE, another, moved

from highroad.errors import BusyError, DataError
from highroad.models.registry import Registry
from highroad.testing.ports import free_port
from highroad_workspace.environments import find_uv


def test_several_processes_that_come_first_at_once_all_register(tmp_path):
    """Though MLflow makes its tables without looking whether another process does."""
    url = f"sqlite:///{tmp_path}/models.db"
    words = [sys.executable, "-c", REGISTER, url]
    children = [
        subprocess.Popen([*words, digit], stderr=subprocess.PIPE, text=True) for digit in "ef"
    ]
    for child in children:
        _, said = child.communicate()
        assert child.returncode == 0, said
    assert sorted(each.number for each in Registry(url).versions(ONE.name)) == [1, 2]


REGISTER = """
import sys
from highroad.models.registry import ModelVersion, Registry
url, digit = sys.argv[1:]
version = ModelVersion("demo.classifier", 0, "/s/m", f"2026-01-0{ord(digit) - 100}", digit * 64, digit * 32, "", "")
Registry(url).register(version, {})
"""


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=10).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real server of MLflow, in an environment of its own."""
    folder = tmp_path_factory.mktemp("mlflow")
    port = free_port()
    package = f"mlflow=={version('mlflow-skinny')}"
    words = [find_uv(), "tool", "run", "--python", sys.executable, "--from", package]
    words += ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    words += [
        "--backend-store-uri",
        f"sqlite:///{folder}/m.db",
        "--artifacts-destination",
        str(folder),
    ]
    env = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=env, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 300  # it may be installed first
        while not answers(f"{url}/health"):
            said = (folder / "log").read_text()
            assert process.poll() is None, said
            assert time.monotonic() < until, f"MLflow's server did not answer within 300 s: {said}"
            time.sleep(0.05)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def test_a_server_by_url_is_the_same(server):
    registry = Registry(server)
    made = registry.register(ONE, {"seed": 1})
    assert made == replace(ONE, number=1, aliases=("candidate",))
    assert registry.register(another("e"), {}).number == 2
    registry.move(ONE.name, moved(1, None, 1))
    assert registry.find(f"{ONE.name}@prod").number == 1
    assert registry.history(ONE.name, "prod") == [moved(1, None, 1)]
    with pytest.raises(BusyError, match="went to 1 meanwhile"):
        registry.move(ONE.name, moved(2, None, 2))
    with pytest.raises(DataError, match="Did you mean"):
        registry.find("demo.clasifier")

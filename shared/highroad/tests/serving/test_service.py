"""The service as a process: what it answers, what it imports, and how it ends."""

from __future__ import annotations

import ast
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress

import msgspec
import pyarrow.parquet as pq
import pytest
from serving.conftest import row

from highroad.serving import VARIABLE
from highroad.testing.ports import free_port
from highroad.waiting import wait_for

if os.name != "posix":
    pytest.skip("the service is of Linux and macOS", allow_module_level=True)


@contextmanager
def service(assignment, cwd):
    port = free_port()
    told = {VARIABLE: msgspec.json.encode(assignment).decode(), "HIGHROAD_RELEASE": "r1"}
    words = [sys.executable, "-m", "highroad.serving", "demo", str(port), "127.0.0.1"]
    child = subprocess.Popen(words, cwd=cwd, env=os.environ | told, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: child.poll() is not None or answers(port), 60, 0.05)
        yield child, port
    finally:
        if child.poll() is None:
            child.terminate()
        child.communicate()


def answers(port: int) -> bool:
    with suppress(OSError):
        return call(port, "GET", "/ready")[0] == 200
    return False


def call(port: int, method: str, path: str, body: bytes | str | None = None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer
    finally:
        connection.close()


def test_it_answers_counts_logs_and_ends_well(assignment, tmp_path):
    with service(assignment(body_kib=4), tmp_path) as (child, port):
        status, body, _ = call(port, "POST", "/v1/score", json.dumps({"rows": [row()]}))
        found = json.loads(body)
        assert status == 200 and found["release"] == "r1" and found["predictions"][0]["id"]
        assert json.loads(call(port, "GET", "/health")[1])["release"] == "r1"
        assert json.loads(call(port, "GET", "/v1/model")[1])["version"] == 3
        columns = json.loads(call(port, "GET", "/v1/contract")[1])["schema"][0]["properties"]
        assert [each["name"] for each in columns] == ["word", "size", "count", "weight"]
        assert "/v1/score" in json.loads(call(port, "GET", "/openapi.json")[1])["paths"]
        assert call(port, "POST", "/v1/score", b'{"rows": [{}]}')[0] == 422
        assert call(port, "POST", "/v1/score", b" " * 100_000)[0] == 413
        assert call(port, "GET", "/v1/score")[0] == 405 and call(port, "GET", "/other")[0] == 404
        metrics = call(port, "GET", "/metrics")[1].decode()
        assert 'http_response_status_code="200"} 1' in metrics
        assert (
            'highroad_faults_total{kind="missing"} 4' in metrics
            and "highroad_rows_total 1" in metrics
        )
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0
    (file,) = (tmp_path / "log").rglob("*.parquet")
    assert pq.read_table(file)["prediction_id"].to_pylist() == [found["predictions"][0]["id"]]


def test_more_than_the_queue_is_told_to_come_again(assignment, tmp_path):
    with service(assignment(queue=2), tmp_path) as (_, port):
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
        for each in slow:
            each.sendall(b"POST /v1/score HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        wait_for(
            lambda: b"highroad_requests_waiting 3" in call(port, "GET", "/metrics")[1], 60, 0.05
        )
        status, _, answer = call(port, "POST", "/v1/score", b'{"rows": []}')
        assert status == 429 and answer.headers["Retry-After"] == "1"
        for each in slow:
            each.close()
        wait_for(lambda: call(port, "POST", "/v1/score", b'{"rows": []}')[0] == 200, 60, 0.05)


def test_without_a_registered_model_it_is_well_and_not_ready(tmp_path, platform):
    (tmp_path / "pyproject.toml").write_text(
        "[tool.highroad]\nserves = {port = 8080, model = 'm'}\n"
    )
    port = free_port()
    words = [sys.executable, "-m", "highroad.serving", "demo", str(port), "127.0.0.1"]
    child = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL)

    def is_well() -> bool:
        with suppress(OSError):
            return call(port, "GET", "/health")[0] == 200
        return False

    try:
        wait_for(is_well, 120, 0.05)
        status, body, _ = call(port, "GET", "/ready")
        assert status == 503 and json.loads(body)["problem"]
        assert call(port, "POST", "/v1/score", b"{}")[0] == 503
    finally:
        child.terminate()
        child.wait(60)


def test_files_that_are_not_what_was_registered_end_it_with_one_line(assignment, tmp_path):
    told = msgspec.json.encode(msgspec.structs.replace(assignment(), digest="0" * 64)).decode()
    words = [sys.executable, "-m", "highroad.serving", "demo", "1"]
    done = subprocess.run(words, env=os.environ | {VARIABLE: told}, capture_output=True, text=True)
    assert done.returncode == 8
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


HEAVY = {"sklearn", "pandas", "mlflow", "kedro", "pyarrow", "onnx", "pydantic", "sqlalchemy", "yaml", "scipy"}  # fmt: skip


def test_the_process_imports_nothing_that_it_does_not_need(assignment):
    script = (
        "import sys, msgspec; from highroad.serving import server, scoring, assignment;"
        "scoring.Scorer(msgspec.json.decode(sys.argv[1], type=assignment.Assignment), 'r')"
        ".answer(b'{\"rows\": []}');"
        "print(sorted(name.partition('.')[0] for name in sys.modules))"
    )
    words = [sys.executable, "-c", script, msgspec.json.encode(assignment()).decode()]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert not set(ast.literal_eval(done.stdout)) & HEAVY

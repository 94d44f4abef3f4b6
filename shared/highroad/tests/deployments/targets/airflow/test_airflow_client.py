"""What the client of Airflow does where it is away, refuses, or a run fails; the session `airflow` has a real one."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from highroad.deployments.targets.airflow import client as airflow_client
from highroad.deployments.targets.airflow.client import PASSWORD, TOKEN, USER, Airflow
from highroad.errors import DeploymentError, EngineError

BEAT = "latest_dag_processor_heartbeat"
Answer = Callable[[str, str], tuple[int, Any]]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(airflow_client, "_ASK_EVERY_S", 0.001)


@pytest.fixture
def asked(monkeypatch) -> Iterator[tuple[Airflow, list[str], list[Answer]]]:
    """A client, what it asked for, and who answers: put one in."""
    said: list[str] = []
    answers: list[Answer] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            bearer = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            said.append(f"{self.command} {self.path}")
            code, body = answers[0](f"{self.command} {self.path}", bearer)
            text = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.delenv(TOKEN, raising=False)
    monkeypatch.setenv(USER, "me")
    monkeypatch.setenv(PASSWORD, "word")
    yield Airflow(f"http://127.0.0.1:{server.server_port}/"), said, answers
    server.shutdown()
    thread.join()
    server.server_close()


def test_who_asks_has_to_be_named(monkeypatch):
    for name in (TOKEN, USER, PASSWORD):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(EngineError, match=f"{TOKEN}, or {USER} and {PASSWORD}"):
        Airflow("http://127.0.0.1:9").is_well()


def test_one_that_is_away_says_where_it_was_looked_for(monkeypatch):
    monkeypatch.setenv(TOKEN, "t")
    with pytest.raises(EngineError, match=r"http://127.0.0.1:9 does not answer.*`deploy.api`"):
        Airflow("http://127.0.0.1:9").is_well()


def test_a_token_that_grew_old_is_asked_for_anew(asked):
    client, said, answers = asked
    tokens = iter("ab")

    def answer(what: str, bearer: str) -> tuple[int, Any]:
        if what.endswith("/auth/token"):
            return 201, {"access_token": next(tokens)}
        return (200, {"doc_md": "x"}) if bearer == "b" else (401, {"detail": "expired"})

    answers.append(answer)
    assert client.documentation("d") == "x"
    assert [each for each in said if "token" in each] == ["POST /auth/token"] * 2


def test_who_gets_no_token_is_told_so(asked):
    client, _, answers = asked
    answers.append(lambda *_: (401, {"detail": "Invalid credentials"}))
    with pytest.raises(EngineError, match=r"gives 'me' no token.*Invalid credentials"):
        client.is_well()


@pytest.mark.parametrize(
    ("code", "kind"), [(500, EngineError), (403, DeploymentError), (422, DeploymentError)]
)
def test_what_it_refuses_is_told_in_its_words(asked, monkeypatch, code, kind):
    client, _, answers = asked
    answers.append(
        lambda what, _: (
            (code, {"detail": "why not"}) if "api" in what else (201, {"access_token": "t"})
        )
    )
    with pytest.raises(kind, match=f"{code} why not"):
        client.pause("d", paused=True)


def test_what_is_not_there_is_no_fault(asked):
    client, _, answers = asked
    answers.append(
        lambda what, _: (404, {"detail": "no"}) if "api" in what else (201, {"access_token": "t"})
    )
    assert client.documentation("d") is None and client.is_paused("d") and not client.is_busy("d")
    assert client.forget("d")
    client.stop("d")
    assert list(client.missing_variables(("A", "B"))) == ["A", "B"]


def test_a_dag_with_a_task_at_work_is_not_forgotten_yet(asked):
    client, said, answers = asked

    def answer(what: str, _: str) -> tuple[int, Any]:
        if what.endswith("/auth/token"):
            return 201, {"access_token": "t"}
        if what.startswith("DELETE"):
            return 409, {"detail": "Task instances of dag are still running"}
        if what.endswith("/dags/d"):
            return 200, {"is_stale": True}
        return 200, {"dag_runs": [{"dag_run_id": "r 1"}]}

    answers.append(answer)
    assert not client.forget("d") and client.is_busy("d")
    client.stop("d")
    assert said[-1] == "PATCH /api/v2/dags/d/dagRuns/r%201?update_mask=state"


def test_a_dag_whose_file_the_dag_processor_still_has_is_not_deleted(asked):
    client, said, answers = asked

    def answer(what: str, _: str) -> tuple[int, Any]:
        if what.endswith("/auth/token"):
            return 201, {"access_token": "t"}
        return (204, {}) if what.startswith("DELETE") else (200, {"is_stale": is_stale})

    answers.append(answer)
    is_stale = False
    assert not client.forget("d")
    assert not [each for each in said if each.startswith("DELETE")]
    is_stale = True
    assert client.documentation("d") is None and client.forget("d")
    assert said[-1] == "DELETE /api/v2/dags/d"


@pytest.mark.parametrize(
    ("processor", "error", "says"),
    [
        ({"status": None}, None, r"not running \(last heartbeat: never\).*`airflow dag-processor`"),
        (
            {"status": "unhealthy", BEAT: "2026-01-01T00:00:00Z"},
            None,
            "heartbeat: 2026-01-01T00:00",
        ),
        (
            {"status": "healthy", BEAT: "2026-01-01T00:00:00Z"},
            "boom",
            "cannot import the file: boom",
        ),
        ({"status": "healthy", BEAT: "2026-01-01T00:00:00Z"}, None, "is running.*refresh_interval"),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_what_became_of_a_file_names_the_part_that_is_at_fault(
    asked, processor, error, says, is_known
):
    client, _, answers = asked
    errors = [{"filename": "/dags/d.py", "stack_trace": f"Traceback:\n{error}"}] if error else []

    def answer(what: str, _: str) -> tuple[int, Any]:
        if what.endswith("/auth/token"):
            return 201, {"access_token": "t"}
        if what.endswith("/monitor/health"):
            return 200, {"dag_processor": processor}
        if "importErrors" in what:
            return 200, {"import_errors": errors}
        return (200, {"last_parsed_time": "2026-01-01"}) if is_known else (404, {"detail": "no"})

    answers.append(answer)
    text = client.reading("d")
    assert re.search(says, text)
    assert text.startswith("It read d last at 2026-01-01." if is_known else "It has no d.")


def test_a_run_that_fails_shows_the_log_of_its_task(asked):
    client, _, answers = asked
    told: list[str] = []
    states = iter(["queued", "running", "failed", "failed"])

    def answer(what: str, _: str) -> tuple[int, Any]:
        if what.endswith("/auth/token"):
            return 201, {"access_token": "t"}
        if what.startswith("POST"):
            return 200, {"dag_run_id": "r 1", "run_after": "2026-01-01T00:00:00Z"}
        if "/logs/" in what:
            return 200, {"content": [{"event": "error: boom"}]}
        if "taskInstances" in what:
            return 200, {
                "task_instances": [{"task_id": "train", "state": "failed", "try_number": 2}]
            }
        return 200, {"state": next(states)}

    answers.append(answer)
    with pytest.raises(DeploymentError, match=r"(?s)run r 1, failed:.*task 'train':.*error: boom"):
        client.run("d", 60, told.append)
    assert told == ["train: failed"]


def test_an_airflow_that_is_restarted_meanwhile_is_waited_for(asked):
    client, _, answers = asked
    silent = iter([500, 500])

    def answer(what: str, _: str) -> tuple[int, Any]:
        if what.endswith("/auth/token"):
            return 201, {"access_token": "t"}
        if what.startswith("POST"):
            return 200, {"dag_run_id": "r", "run_after": "2026-01-01T00:00:00Z"}
        if "taskInstances" in what:
            return 200, {"task_instances": []}
        return next(silent, 200), {"state": "success", "detail": "later"}

    answers.append(answer)
    assert client.run("d", 60, print)[0] == "r"

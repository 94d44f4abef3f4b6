"""Airflow's REST API (version 2, of Airflow 3), as far as deployments need it."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from highroad.errors import DeploymentError, EngineError
from highroad.waiting import wait_for

TOKEN, USER, PASSWORD = (
    "HIGHROAD_AIRFLOW_TOKEN",
    "HIGHROAD_AIRFLOW_USER",
    "HIGHROAD_AIRFLOW_PASSWORD",
)
"""Variables that say who asks: a token, or a name and a password that Airflow gives one for."""
_ANSWER_WITHIN_S = 30
_ASK_EVERY_S = 0.5
_MOST_SILENCES = 60
_HEALTHY = "healthy"
_DONE = ("success", "failed")
_WORTH_TELLING = (*_DONE, "up_for_retry", "upstream_failed")
_LOG_LINES = 12


class Airflow:
    """One Airflow.

    Args:
        url: Its address, `https://airflow.example.org`.

    Every call raises:
        EngineError: It does not answer, or not to who asks.
        DeploymentError: It refuses what was asked of it.
    """

    def __init__(self, url: str):
        self.url = url.rstrip("/")
        self._token = os.environ.get(TOKEN, "")

    def is_well(self) -> bool:
        """Whether its scheduler and the reader of its DAGs are at work."""
        parts = self._call("GET", "/monitor/health")
        needed = ("metadatabase", "scheduler", "dag_processor")
        return all((parts.get(name) or {}).get("status") == _HEALTHY for name in needed)

    def documentation(self, dag: str) -> str | None:
        """The documentation of the version that its runs would have; None where it has no active DAG of that name.

        Tags are no sign of that version: Airflow updates them first, and serializes a DAG once in 30 s at most.
        """
        found = self._known(dag, "/details")
        return None if found is None else found["doc_md"] or ""

    def is_paused(self, dag: str) -> bool:
        """Whether it starts no runs by itself; a DAG that it has not is paused."""
        found = self._known(dag)
        return found is None or bool(found["is_paused"])

    def read_in_s(self, dag: str) -> float | None:
        """How long it last took to read a DAG's file; None where it does not say."""
        found = self._known(dag)
        return None if found is None else found.get("last_parse_duration")

    def _known(self, dag: str, part: str = "") -> dict[str, Any] | None:
        found = self._find(dag, part)
        return None if found is None or found.get("is_stale") else found

    def _find(self, dag: str, part: str = "") -> dict[str, Any] | None:
        """A DAG, even one that is stale: its file is gone."""
        try:
            return dict(self._call("GET", f"/dags/{quote(dag)}{part}"))
        except _NotThereError:
            return None

    def pause(self, dag: str, *, paused: bool) -> None:
        """Let it start no runs by itself, or let it again."""
        self._call("PATCH", f"/dags/{quote(dag)}?update_mask=is_paused", {"is_paused": paused})

    def stop(self, dag: str) -> None:
        """End the runs of a DAG that are at work; none of that name is well too."""
        for run in self._at_work(dag):
            where = f"/dags/{quote(dag)}/dagRuns/{quote(run)}"
            self._call("PATCH", f"{where}?update_mask=state", {"state": "failed"})

    def forget(self, dag: str) -> bool:
        """Delete the history of a DAG whose file is gone.

        Nothing is deleted before Airflow lists the DAG as stale: its DAG processor would fail, and read no DAG any
        more, if one that it is about to deactivate went meanwhile.

        Returns:
            False: The DAG processor has not seen yet that the file is gone, or a task of it still runs.
        """
        found = self._find(dag)
        if found is None or not found["is_stale"]:
            return found is None
        try:
            self._call("DELETE", f"/dags/{quote(dag)}")
        except _NotThereError:
            return True
        except _RefusedError as refused:
            if refused.code != HTTPStatus.CONFLICT:
                raise
            return False
        return True

    def reading(self, dag: str) -> str:
        """What became of a DAG's file, in sentences: its DAG processor's heartbeat, and its error in the file."""
        found = self._find(dag)
        seen = (
            f"It read {dag} last at {found['last_parsed_time']}." if found else f"It has no {dag}."
        )
        processor = self._call("GET", "/monitor/health").get("dag_processor") or {}
        beat = processor.get("latest_dag_processor_heartbeat") or "never"
        if processor.get("status") != _HEALTHY:
            return (
                f"{seen} Its DAG processor is not running (last heartbeat: {beat}); its log says why. "
                "Start it again: `airflow dag-processor`."
            )
        if problem := self.import_error(f"{dag}.py"):
            return f"{seen} Its DAG processor cannot import the file: {problem}"
        return (
            f"{seen} Its DAG processor is running (last heartbeat: {beat}) and reports no error in the file; is it "
            "the folder of its DAGs, and does it look there often enough ([dag_processor] refresh_interval)?"
        )

    def import_error(self, file: str) -> str | None:
        """Why it cannot read a DAG's file; None where it can."""
        for each in self._call("GET", "/importErrors?limit=100")["import_errors"]:
            if each["filename"].rpartition("/")[2] == file:
                return str(each["stack_trace"]).strip().splitlines()[-1]
        return None

    def missing_variables(self, names: tuple[str, ...]) -> Iterator[str]:
        """Which of its own variables are not set."""
        for name in names:
            try:
                self._call("GET", f"/variables/{quote(name)}")
            except _NotThereError:
                yield name

    def is_busy(self, dag: str) -> bool:
        """Whether a run of a DAG is at work or queued."""
        return bool(self._at_work(dag))

    def _at_work(self, dag: str) -> list[str]:
        try:
            found = self._call("GET", f"/dags/{quote(dag)}/dagRuns?state=running&state=queued")
        except _NotThereError:
            return []
        return [str(each["dag_run_id"]) for each in found["dag_runs"]]

    def run(self, dag: str, within_s: float, tell: Callable[[str], None]) -> tuple[str, datetime]:
        """Run a DAG once and wait for its end; gives the run's name and when it began, tells each task that ends.

        Raises:
            DeploymentError: A task failed, or it took longer.
        """
        begun = self._call("POST", f"/dags/{quote(dag)}/dagRuns", {"logical_date": None})
        run = str(begun["dag_run_id"])
        where = f"/dags/{quote(dag)}/dagRuns/{quote(run)}"
        told: dict[str, str] = {}

        def is_over() -> bool:
            over = self._call("GET", where)["state"] in _DONE
            states = self._states(where)
            for task, state in states.items():
                if told.get(task) != state and state in _WORTH_TELLING:
                    tell(f"{task}: {state}")
            told.update(states)
            return over

        try:
            wait_patiently(is_over, within_s)
        except TimeoutError:
            raise DeploymentError(
                f"{dag}, run {run}, was not over after {within_s / 60:g} min, which timeout_min allows."
            ) from None
        if self._call("GET", where)["state"] != "success":
            raise DeploymentError(f"{dag}, run {run}, failed:\n{self._why(where)}")
        return run, datetime.fromisoformat(begun["run_after"])

    def _states(self, where: str) -> dict[str, str]:
        found = self._call("GET", f"{where}/taskInstances?limit=1000")["task_instances"]
        return {each["task_id"]: str(each["state"] or "none") for each in found}

    def _why(self, where: str) -> str:
        """The last lines of each failed task's log."""
        lines = []
        for each in self._call("GET", f"{where}/taskInstances?limit=1000")["task_instances"]:
            if each["state"] != "failed":
                continue
            lines.append(f"  task '{each['task_id']}':")
            place = f"{where}/taskInstances/{quote(each['task_id'])}/logs/{each['try_number']}"
            try:
                content = self._call("GET", f"{place}?full_content=true")["content"]
            except (EngineError, DeploymentError, KeyError) as problem:
                lines.append(f"    its log cannot be read: {problem}")
                continue
            said = [str(line.get("event", "")) for line in content if isinstance(line, Mapping)]
            lines += [f"    {line[:300]}" for line in said[-_LOG_LINES:]]
        return (
            "\n".join(lines) or "  no task failed by itself; it took too long, or somebody ended it"
        )

    def _call(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        url = f"{self.url}/api/v2{path}"
        try:
            return self._send(verb, url, body, self._bearer())
        except _RefusedError as refused:
            if refused.code != HTTPStatus.UNAUTHORIZED or os.environ.get(TOKEN):
                raise
        self._token = ""  # it was too old
        return self._send(verb, url, body, self._bearer())

    def _bearer(self) -> str:
        if not self._token:
            name, password = os.environ.get(USER), os.environ.get(PASSWORD)
            if not name or not password:
                raise EngineError(
                    f"Nobody is named who may ask the Airflow at {self.url}; set {TOKEN}, or {USER} and {PASSWORD}."
                )
            body = {"username": name, "password": password}
            try:
                self._token = self._send("POST", f"{self.url}/auth/token", body, "")["access_token"]
            except DeploymentError as refused:
                raise EngineError(
                    f"The Airflow at {self.url} gives '{name}' no token: {refused}"
                ) from None
        return self._token

    def _send(self, verb: str, url: str, body: Mapping[str, Any] | None, bearer: str) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {bearer}"} if bearer else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=verb)
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_WITHIN_S) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            detail = _detail(error)
            if error.code == HTTPStatus.NOT_FOUND:
                raise _NotThereError(error.code, detail) from None
            if error.code >= 500:
                raise EngineError(f"The Airflow at {self.url} fails: {detail}") from None
            raise _RefusedError(
                error.code, f"The Airflow at {self.url} refuses: {detail}"
            ) from None
        except (OSError, ValueError) as error:
            raise EngineError(
                f"The Airflow at {self.url} does not answer: {error}. See `deploy.api` of platform.yml."
            ) from None
        return json.loads(text) if text else {}


def wait_patiently(is_so: Callable[[], bool], within_s: float) -> None:
    """Ask an Airflow until it is so. It may be restarted meanwhile: that is no answer, and it is asked again.

    Raises:
        EngineError: It was silent too often.
        TimeoutError: It is not so, within that time.
    """
    silent = 0

    def asked() -> bool:
        nonlocal silent
        try:
            answer = is_so()
        except EngineError:
            silent += 1
            if silent > _MOST_SILENCES:
                raise
            return False
        silent = 0
        return answer

    wait_for(asked, within_s, _ASK_EVERY_S)


class _RefusedError(DeploymentError):
    """What was asked for is not done."""

    def __init__(self, code: int, text: str):
        super().__init__(text)
        self.code = code


class _NotThereError(_RefusedError):
    """There is no such thing."""


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        told = json.loads(error.read())["detail"]
    except (KeyError, TypeError, ValueError, OSError):
        told = error.reason
    return f"{error.code} {told if isinstance(told, str) else json.dumps(told)}"

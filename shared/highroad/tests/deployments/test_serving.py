"""A service says how it is, and which release answers."""

from __future__ import annotations

import http.client
import json
import os
import threading

import pytest

from highroad.deployments.asking import asking
from highroad.serving import __main__
from highroad.serving.__main__ import server_for
from highroad.serving.probe import is_well
from highroad.waiting import wait_for
from highroad_workspace.threads import WAITS


@pytest.fixture
def port(monkeypatch):
    monkeypatch.setenv("HIGHROAD_RELEASE", "r1")
    with server_for("json", 0, "127.0.0.1") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_it_says_which_release_answers_and_nothing_else(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/health?x=1")
    answer = connection.getresponse()
    assert answer.status == 200 and json.loads(answer.read())["release"] == "r1"
    connection.request("GET", "/other")  # on the connection that stayed open
    answer = connection.getresponse()
    assert answer.status == 404 and json.loads(answer.read())["status"] == "not found"
    connection.close()


def test_it_is_probed_where_it_runs(port):
    assert is_well(str(port))
    with server_for("json", 0, "127.0.0.1") as other:
        unused = other.server_address[1]
    assert not is_well(str(unused))


def test_what_is_lost_is_seen(port):
    with asking(f"127.0.0.1:{port}") as answers:
        wait_for(lambda: answers.well >= 20, 60, 0.01)
    assert answers.failed == [] and len(answers.bodies) == 1
    with asking("127.0.0.1:9") as answers:
        wait_for(lambda: bool(answers.failed), 60, 0.01)
    assert answers.well == 0 and "refused" in answers.failed[0]


def test_threads_are_set_before_the_projects_libraries_load(monkeypatch):
    seen = {}

    def load(*_):
        seen.update(os.environ)
        raise SystemExit

    monkeypatch.setattr(__main__, "server_for", load)
    monkeypatch.setattr(os, "environ", {})
    with pytest.raises(SystemExit):
        __main__.main("json", "0")
    assert set(WAITS) <= set(seen)

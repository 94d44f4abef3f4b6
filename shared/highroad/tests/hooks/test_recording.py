"""The recorder of a run: signs of life while it runs, warnings, one run after another."""

from __future__ import annotations

import logging
import threading

import pytest

from highroad.hooks import recording
from highroad.hooks.recording import MOST_WARNINGS, RunRecorder
from highroad.principal import Principal
from highroad.runs import Run, new_run_id


class Writer:
    """Takes records and signs of life down."""

    def __init__(self) -> None:
        self.records = []
        self.beats: dict[str, int] = {}
        self.lives = threading.Event()

    def put(self, record):
        self.records.append(record)

    def beat(self, run):
        self.beats[run] = self.beats.get(run, 0) + 1
        if self.beats[run] >= 2:
            self.lives.set()


@pytest.fixture
def writer(monkeypatch) -> Writer:
    monkeypatch.setattr(recording, "BEAT_S", 0.001)
    return Writer()


def test_each_run_of_a_process_lives_warns_and_ends_by_itself(writer, tmp_path):
    others = set(threading.enumerate())
    recorder = RunRecorder(writer, tmp_path, principal=None)
    for number in (1, 2):
        run = Run(new_run_id(), "demo", "local")
        recorder.begin(run, {"tags": ["a"], "to_nodes": []}, {}, {"parameters": {"n": number}})
        writer.lives.clear()
        assert writer.lives.wait(30)
        logging.getLogger("anyone").warning("careful %d", number)
        recorder.end(
            "finished", None, 1.23456, [], {"nodes": [{"name": "x", "node_s": 0.12345}]}, {}
        )
        began, ended = writer.records[-2:]
        assert (began.status, ended.status) == ("running", "finished") and began.id == ended.id
        assert ended.warnings == (f"careful {number}",) and ended.parameters == {"n": number}
        assert ended.selection == {"tags": ["a"]} and ended.nodes[0]["node_s"] == 0.123
        assert ended.seconds == 1.235 and ended.who == {}
    for thread in (
        each for each in set(threading.enumerate()) - others if each.name == "highroad-beat"
    ):
        thread.join(30)
        assert not thread.is_alive()


def test_only_the_first_warnings_are_kept(writer, tmp_path):
    recorder = RunRecorder(writer, tmp_path, principal=Principal("person", "anna"))
    recorder.begin(Run(new_run_id(), "demo", "local"), {}, {}, {})
    for number in range(MOST_WARNINGS + 5):
        logging.getLogger("anyone").warning("careful %d", number)
    recorder.end("failed", "boom", 0.1, [], {}, {})
    assert len(writer.records[-1].warnings) == MOST_WARNINGS and writer.records[-1].who["host"]

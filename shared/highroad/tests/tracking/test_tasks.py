"""A run that a scheduler ran as several processes has one record, whoever of them comes last."""

from __future__ import annotations

import itertools
import json
import multiprocessing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracking.workers import USE, put_one, record

from highroad.cli.runs import _shown
from highroad.errors import ConfigError
from highroad.runs import TASK_VARIABLE, current_task, new_run_id, run_id_of
from highroad.tracking.composing import compose
from highroad.tracking.database import database_of
from highroad.tracking.migrating import migrate
from highroad.tracking.pins import Pins
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.spool import Spool
from highroad.tracking.writing import RecordWriter

NAMES = ("land", "clean", "count")
RUN = new_run_id()


def part(name: str, status: str = "finished", attempt: int = 1, is_last: bool = True) -> Record:
    number = NAMES.index(name)
    made = DatasetUse(f"made_{name}", f"/data/{name}", "sha256", name * 4, 1, 1)
    read = (
        (DatasetUse("made_land", "/data/land", "sha256", "land" * 4, 1, 1),) if number else (USE,)
    )
    is_over = status != "running"
    return replace(
        record(),
        id=RUN,
        status=status,
        began_at=f"2026-01-01T00:0{number}:00.000+00:00",
        ended_at=f"2026-01-01T00:0{number}:30.000+00:00" if is_over else None,
        seconds=30.0 if is_over else None,
        selection={"node_names": [name], "pipeline_names": ["all"]},
        inputs=read if is_over else (),
        outputs=(made,) if status == "finished" else (),
        nodes=({"name": name, "node_s": 1.0, "load_s": 0.0, "save_s": 0.0},) if is_over else (),
        metrics={name: {"n": number}} if is_over else {},
        error="boom" if status == "failed" else None,
        part={"name": name, "names": list(NAMES), "attempt": attempt, "is_last": is_last},
    )


@given(st.permutations(NAMES), st.data())
def test_the_order_in_which_tasks_tell_makes_no_difference(order, data):
    states = {
        name: data.draw(st.sampled_from(["running", "finished", "failed"]), label=name)
        for name in NAMES[: data.draw(st.integers(1, 3))]
    }
    parts = [part(name, states[name]) for name in order if name in states]
    whole = compose(parts)
    assert whole == compose(sorted(parts, key=lambda each: each.key))
    assert (whole.status == "failed") == ("failed" in states.values())
    assert (whole.status == "finished") == (list(states.values()) == ["finished"] * 3)
    assert (whole.ended_at is None) == (whole.status == "running")


def test_the_whole_is_what_one_process_would_have_told():
    whole = compose([part(name) for name in NAMES])
    assert whole.inputs == (USE,)  # what a task wrote and another read is among the outputs
    assert [use.name for use in whole.outputs] == ["made_land", "made_clean", "made_count"]
    assert whole.outputs[0].read_back and not whole.outputs[1].read_back
    assert [node["name"] for node in whole.nodes] == list(NAMES) and len(whole.metrics) == 3
    assert whole.selection == {"pipeline_names": ["all"]}  # all of it: to be reproduced as one
    assert (whole.began_at[14:16], whole.seconds, whole.part) == ("00", 150.0, None)
    assert [(each["name"], each["attempt"]) for each in whole.tasks] == [(n, 1) for n in NAMES]
    assert Record.from_json(whole.to_json()) == whole


def test_each_task_is_shown_with_its_run():
    shown = _shown(compose([part("land"), part("clean", "failed", attempt=2)]))
    assert "  tasks:\n    land: finished, 30.0 s\n    clean: failed, 30.0 s, try 2\n" in shown


def test_tasks_that_disagree_on_what_they_are_say_so():
    other = replace(part("clean"), code={"commit": "b" * 40}, versions={"image": "sha256:2"})
    whole = compose([replace(part("land"), code={"commit": "a" * 40}), other])
    assert any("commit bbbbbbbbbbbb" in text for text in whole.warnings)
    assert any("another image" in text for text in whole.warnings)


def test_one_record_of_all_tasks_is_found_at_any_time(database, tmp_path):
    writer, reader = RecordWriter(database, tmp_path / "spool"), RecordReader(database)
    writer.put(part("land", "running"))
    assert reader.find(RUN).status == "running" and len(reader.recent()) == 1
    writer.put(part("land"))
    # Between two tasks nobody is at work: that is no loss, whatever became of the first process.
    assert reader.find(RUN).status == "running"
    writer.put(part("count", "failed", is_last=False))
    assert reader.find(RUN).status == "running"  # the scheduler tries again
    writer.put(part("count", "running", attempt=2))
    writer.put(part("count", "failed", is_last=False))  # a spooled word of the first try, late
    assert {each["name"]: each["attempt"] for each in reader.find(RUN).tasks}["count"] == 2
    writer.put(part("count", attempt=2))
    kept = writer.put(part("clean"))
    assert kept is not None and kept.status == "finished" and reader.find(RUN) == kept
    assert sorted(way for way, _ in reader.using("/data/land")) == ["out"]


def test_a_failed_run_is_taken_up_again(database, tmp_path):
    writer, reader = RecordWriter(database, tmp_path / "spool"), RecordReader(database)
    for each in (part("land"), part("clean"), part("count", "failed")):
        writer.put(each)
    assert reader.find(RUN).status == "failed" and "task 'count': boom" in str(
        reader.find(RUN).error
    )
    writer.put(part("count", "running", attempt=2))
    assert reader.find(RUN).status == "running" and reader.find(RUN).error is None
    writer.put(part("count", attempt=2))
    assert reader.find(RUN).status == "finished"


def test_tasks_that_end_at_once_leave_none_out(database, tmp_path):
    for _ in range(3):
        run = new_run_id()
        parts = [replace(part(name), id=run) for name in NAMES]
        processes = [
            multiprocessing.get_context("spawn").Process(
                target=put_one, args=(database, tmp_path / "spool", each)
            )
            for each in parts
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
            assert process.exitcode == 0
        assert RecordReader(database).find(run).status == "finished"


def test_parts_that_waited_are_delivered_each(database, tmp_path):
    spool, nowhere = tmp_path / "spool", tmp_path / "file"
    nowhere.write_text("no folder")
    away = database_of("sqlite:///file/records.db", tmp_path)
    for name in NAMES:
        assert RecordWriter(away, spool).put(part(name)) is None
    assert len(Spool(spool).waiting()) == 3
    assert RecordWriter(database, spool).deliver() == 3
    assert RecordReader(database).find(RUN).status == "finished"


def test_whoever_comes_first_settles_for_all(database, tmp_path):
    RecordWriter(database, tmp_path / "spool").put(part("land"))
    pins = Pins(database, RUN)
    assert pins.settle("flights.departures", "7") == "7"
    assert Pins(database, RUN).settle("flights.departures", "8") == "7"
    assert pins.settle("flights.fleet", "2") == "2"
    assert pins.written("sha256") == {"made_land": "land" * 4} and pins.written("delta") == {}


def test_a_task_is_told_by_the_environment(monkeypatch):
    monkeypatch.delenv(TASK_VARIABLE, raising=False)
    assert current_task() is None
    told = {
        "run": "demo-prod/scheduled",
        "began": "2026-01-31T06:00:00+00:00",
        "task": "b",
        "tasks": ["a", "b"],
        "try": 2,
        "tries": 3,
    }
    monkeypatch.setenv(TASK_VARIABLE, json.dumps(told))
    task = current_task()
    assert task is not None and task[1:] == ("b", ("a", "b"), 2, False)
    assert len(task.run) == len(new_run_id()) and task.run < new_run_id()
    monkeypatch.setenv(TASK_VARIABLE, json.dumps({**told, "task": "a", "try": 3}))
    again = current_task()
    assert again is not None and again.run == task.run and again.is_last


@pytest.mark.parametrize(
    "told",
    ["{", "[]", "{}", '{"run": "x", "began": "2026-01-31T06:00:00", "task": "a", "tasks": ["a"]}',
     '{"run": "x", "began": "2026-01-31T06:00:00Z", "task": "b", "tasks": ["a"]}'],
)  # fmt: skip
def test_what_tells_no_task_is_refused(monkeypatch, told):
    monkeypatch.setenv(TASK_VARIABLE, told)
    with pytest.raises(ConfigError, match=f"{TASK_VARIABLE} is .* expected JSON with run"):
        current_task()


def test_runs_of_one_name_and_time_are_one_and_others_are_not():
    began = datetime(2026, 1, 31, 6, tzinfo=UTC)
    ids = {
        run_id_of(name, at) for name, at in itertools.product("ab", (began, began.replace(hour=7)))
    }
    assert len(ids) == 4 and run_id_of("a", began) in ids


def test_a_store_of_the_version_before_is_brought_up_to_date(tmp_path):
    database = database_of("sqlite:///records.db", tmp_path)
    migrate(database.url, "0003")
    assert RecordWriter(database, tmp_path / "spool").put(part("land")) is not None
    assert len(RecordReader(database).recent()) == 1

"""What runs know of their child processes, under every start method of this platform."""

from __future__ import annotations

import json
import multiprocessing
import os

import pytest
from hooks.child import child

from highroad.hooks.children import tell
from highroad.hooks.failures import FailuresHook
from highroad.hooks.progress import ProgressHook
from highroad.hooks.run_events import RunEvents, spool_folder

METHODS = multiprocessing.get_all_start_methods()


class _Pipeline:
    nodes = range(3)


@pytest.mark.parametrize("method", METHODS)
def test_children_are_told_and_report(method):
    context = multiprocessing.get_context(method)
    answers = context.Queue()  # starts the fork server, before there is anything to tell
    if method == "forkserver":
        (early := context.Process(target=print)).start()
        early.join()
    events, failures, progress = RunEvents(), FailuresHook(), ProgressHook()
    events.start()
    failures.before_pipeline_run()
    progress.before_pipeline_run(_Pipeline)
    tell("secrets", ["swordfish"])
    try:
        spool = spool_folder()
        events.add({"node": "here"})
        process = context.Process(target=child, args=(answers,))
        process.start()
        secrets, said, is_in_environment = answers.get(timeout=300)
        process.join()
        assert secrets == ["swordfish"] and not is_in_environment
        assert said == ["1/3 there"]
        error = OSError("full")
        failures.on_pipeline_error(error)
        assert error.__notes__ == ["node 'there', saving 'table'"]
        files = [*spool.iterdir()]
        assert not any("swordfish" in file.read_text() for file in files)
        if os.name == "posix":
            assert spool.stat().st_mode & 0o777 == 0o700
        (spool / "killed.jsonl").write_text('{"node": "whole"}\n{"node": "ha')
        found = events.finish()
        assert [each["node"] for each in found if "node" in each] == ["here", "there", "whole"]
        assert not spool.exists() and spool_folder() is None and json.dumps(found)
    finally:
        tell("secrets", None)
    events.start()
    assert events.finish() == []


def test_a_run_without_a_place_for_its_spool_goes_on(monkeypatch, caplog):
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: (_ for _ in ()).throw(OSError("full")))
    events = RunEvents()
    events.start()
    events.add({"node": "here"})
    assert events.finish() == [{"node": "here"}] and "full" in caplog.text

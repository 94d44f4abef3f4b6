"""Summary, progress and lock, in real runs under every runner."""

from __future__ import annotations

import json
import logging
import os
from types import SimpleNamespace

import pandas as pd
import pytest
from conftest import write
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from highroad.errors import BusyError, QualityError
from highroad.hooks.progress import ProgressHook
from highroad.hooks.rows import rows_of
from highroad.hooks.run_lock import RunLockHook
from highroad.hooks.run_page import render
from highroad.hooks.run_summary import RunSummaryHook, project_name
from highroad.hooks.summarising import summarise
from highroad.waiting import wait_for


class Refusing:
    @hook_impl
    def before_pipeline_run(self):
        raise QualityError("too old")


def hooks(*plugins):
    """Kedro's caller of these hooks alone."""
    manager = _create_hook_manager()
    for plugin in plugins:
        manager.register(plugin)
    return manager.hook


def begin(caller) -> None:
    caller.before_pipeline_run(run_params={}, pipeline=Pipeline([]), catalog=DataCatalog())


def test_the_lock_is_given_back_however_a_run_ends(tmp_path):
    first, second = RunLockHook(), RunLockHook()
    for hook in (first, second):
        hook._path = tmp_path / "p.lock"
    ends = [
        lambda caller: caller.after_pipeline_run(
            run_params={}, run_result={}, pipeline=None, catalog=None
        ),
        lambda caller: caller.on_pipeline_error(
            error=ValueError(), run_params={}, pipeline=None, catalog=None
        ),
    ]
    for end in ends:
        caller = hooks(first)
        begin(caller)
        with pytest.raises(BusyError):
            begin(hooks(second))
        end(caller)
        begin(hooks(second))
        end(hooks(second))
    with pytest.raises(QualityError):
        begin(hooks(first, Refusing()))
    begin(hooks(second))
    second._release()


def test_projects_are_told_apart_where_all_live_in_one_folder_name(monkeypatch):
    context = SimpleNamespace(project_path="/app")
    monkeypatch.setattr("kedro.framework.project.PACKAGE_NAME", "flights")
    assert project_name(context) == "flights"
    monkeypatch.setattr("kedro.framework.project.PACKAGE_NAME", None)
    assert project_name(context) == "app"


def test_what_killed_runs_left_is_swept_once_a_day(tmp_path):
    hook = RunLockHook()
    hook._path, hook._own_folder = tmp_path / "locks" / "p.lock", str(tmp_path / "p")

    def leftover_stays() -> bool:
        left = write(tmp_path / "p" / ".t.parquet.0123abcd.partial", "half")
        os.utime(left, (1, 1))
        hook._take()
        hook._release()
        return left.exists()

    assert not leftover_stays()
    assert leftover_stays()  # swept today already
    os.utime(tmp_path / "locks" / "p.swept", (1, 1))
    assert not leftover_stays()


def test_a_run_that_another_hook_refuses_is_on_record_as_failed(tmp_path):
    hook = RunSummaryHook()
    hook._folder, hook._project = str(tmp_path), "demo"
    with pytest.raises(QualityError):
        begin(hooks(hook, Refusing()))
    made = json.loads((tmp_path / "run.json").read_text())
    assert made["status"] == "failed" and made["error"] == "too old"


def test_progress_speaks_at_most_twice_a_second(caplog):
    moment = [0.0]
    hook = ProgressHook(clock=lambda: moment[0])
    nodes = [SimpleNamespace(name=f"n{index}") for index in range(5)]
    with caplog.at_level(logging.INFO, "highroad.progress"):
        hook.before_pipeline_run(SimpleNamespace(nodes=nodes))
        for moment[0], node in zip([0.0, 0.1, 0.2, 0.6, 0.7], nodes, strict=True):
            hook.before_node_run(node)
        hook.after_pipeline_run()
    assert [record.getMessage() for record in caplog.records] == ["1/5 n0", "4/5 n3"]


def test_a_node_that_takes_long_is_named_again_with_its_seconds(caplog, monkeypatch):
    monkeypatch.setattr("highroad.hooks.progress.HEARTBEAT_S", 0.01)
    hook, node = ProgressHook(), SimpleNamespace(name="fit")
    with caplog.at_level(logging.INFO, "highroad.progress"):
        hook.before_pipeline_run(SimpleNamespace(nodes=[node]))
        hook.before_node_run(node)
        wait_for(lambda: len(caplog.records) > 1, 30)
        hook.after_node_run(node)
        hook.after_pipeline_run()
    assert caplog.records[1].getMessage() == "1/1 fit: 0 s"


def test_rows_are_counted_or_honestly_unknown():
    import polars as pl

    frame = pd.DataFrame({"a": [1, 2]})
    assert rows_of(frame) == 2
    assert rows_of(pl.LazyFrame({"a": [1, 2, 3]})) is None  # counting would compute it
    assert rows_of(SimpleNamespace(columns=1, shape=())) is None
    assert rows_of({"x": frame, "y": frame}) == 4
    assert rows_of({"x": lambda: frame}) is None
    assert rows_of({"auc": 0.5}) == rows_of("page") == rows_of({}) == 0


def test_what_stays_in_memory_is_not_counted_and_the_page_escapes():
    events = [
        {"loaded": "memory", "rows": 5},
        {"loaded": "file<b>", "rows": 7},
        {"node": "n", "node_s": 1.0, "load_s": 0.5},
        {"saved": "lazy", "by": "n", "save_s": 0.25, "rows": None, "metrics": {"a": {"b": 1.0}}},
    ]
    places = {"memory": None, "file<b>": "/store/file<b>", "lazy": "/store/lazy"}
    made = summarise(events, places)
    assert made["rows_read"] == 7 and made["rows_written"] == 0
    assert made["unknown_rows"] == {"read": [], "written": ["lazy"]}
    assert made["nodes"] == [{"name": "n", "node_s": 1.0, "load_s": 0.5, "save_s": 0.25}]
    chunks = [{"saved": "c", "by": "n", "save_s": 0.0, "rows": rows} for rows in (2, 3)]
    assert summarise(chunks, {"c": "/c"})["rows_written"] == 5  # a generator saves in pieces
    page = render(
        {
            "project": "<p>",
            "status": "finished",
            "environment": "e",
            "began_at": "t",
            "seconds": 1.0,
            "error": "<x>",
            **made,
        }
    )
    assert "at least 0 written" in page
    assert "<p>: run" not in page and "&lt;x&gt;" in page and "a.b" in page


class Recorder:
    """Takes down how runs end; or refuses to."""

    def __init__(self, begins: bool = True):
        self.ends, self._begins, self.on_record = [], begins, None

    def begin(self, run, *_):
        if not self._begins:
            raise OSError("no record today")
        return run

    def end(self, status, *_):
        self.ends.append(status)


def test_the_end_is_on_record_where_no_summary_can_be_told(monkeypatch, caplog):
    hook = RunSummaryHook()
    hook._recorder = recorder = Recorder()
    broken = lambda *_: (_ for _ in ()).throw(KeyError("broken"))  # noqa: E731
    hook._begin(DataCatalog(), {})
    monkeypatch.setattr("highroad.hooks.run_summary.summarise", broken)
    hook.after_pipeline_run()
    assert recorder.ends == ["finished"] and "No summary of this run" in caplog.text


def test_a_recorder_that_fails_fails_no_run(caplog):
    hook = RunSummaryHook()
    hook._recorder = Recorder(begins=False)
    hook._begin(DataCatalog(), {})
    hook.after_pipeline_run()
    assert "on no record: no record today" in caplog.text

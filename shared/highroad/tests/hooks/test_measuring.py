"""Times and rows of nodes, in real runs of Kedro's runners, with a clock of whole seconds."""

from __future__ import annotations

import itertools
import logging

import pandas as pd
import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import AbstractDataset, CachedDataset, DataCatalog, MemoryDataset
from kedro.pipeline import node, pipeline
from kedro.runner import SequentialRunner, ThreadRunner

from highroad.hooks.failures import FailuresHook
from highroad.hooks.measuring import Measuring
from highroad.hooks.rows import is_in_memory


class Parts(AbstractDataset):
    """Gives its rows piece by piece, and counts what was asked for."""

    def __init__(self):
        self.loaded_rows = 0

    def load(self):
        self.loaded_rows = 0
        return {"a": self.part, "b": self.part}

    def part(self):
        self.loaded_rows += 5
        return pd.DataFrame({"x": range(5)})

    def save(self, data):
        self.saved = data

    def _describe(self):
        return {}


class Sink(Parts):
    """Takes a frame; one without rows is a full disk."""

    def __init__(self):
        self.written_rows = None

    def save(self, data):
        if data.empty:
            raise OSError("full")
        self.written_rows = len(data)


def join(parts):
    return pd.concat([part() for part in parts.values()])


def run(hook, *nodes, runner=SequentialRunner):
    catalog = DataCatalog({"parts": Parts(), "sink": Sink(), "memory": MemoryDataset()})
    manager = _create_hook_manager()
    manager.register(hook)
    runner().run(pipeline(list(nodes)), catalog, manager)


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_rows_of_parts_are_counted_when_they_were_asked_for(caplog, runner):
    hook = Measuring(itertools.count().__next__)
    hook._is_structured = True
    hook._events.start()
    with caplog.at_level(logging.INFO, "highroad.run"):
        run(hook, node(join, "parts", "sink", name="join"), runner=runner)
    events = hook._events.finish()
    assert [event["rows"] for event in events if "loaded" in event][-1] == 10
    (timed,) = [event for event in events if "node" in event]
    assert timed["node_s"] == 1 and timed["load_s"] == 1
    (line,) = [each.fields for each in caplog.records if each.name == "highroad.run"]
    assert line == {"node": "join", "seconds": 3, "node_s": 1, "rows_read": 10, "rows_written": 10}


def test_a_terminal_has_no_line_for_each_node(caplog):
    hook = Measuring()
    hook._is_structured = False
    hook._events.start()
    with caplog.at_level(logging.INFO, "highroad.run"):
        run(hook, node(join, "parts", "memory", name="join"))
    hook._events.finish()
    assert not [each for each in caplog.records if each.name == "highroad.run"]


def test_a_dataset_that_cannot_say_what_it_wrote_fails_no_node():
    class Odd(Sink):
        @property
        def written_rows(self):
            raise RuntimeError("not now")

        @written_rows.setter
        def written_rows(self, _):
            pass

    hook = Measuring()
    hook._events.start()
    manager = _create_hook_manager()
    manager.register(hook)
    catalog = DataCatalog({"parts": Parts(), "odd": Odd()})
    SequentialRunner().run(pipeline([node(join, "parts", "odd")]), catalog, manager)
    assert [event["rows"] for event in hook._events.finish() if "saved" in event] == [10]


def test_a_cache_is_where_its_data_is():
    assert is_in_memory(CachedDataset(MemoryDataset()))
    assert not is_in_memory(CachedDataset(Sink()))


@pytest.mark.parametrize("runner", [SequentialRunner, ThreadRunner])
def test_the_place_of_a_failure_is_that_of_the_node_that_failed(runner):
    hook = FailuresHook()
    hook.before_pipeline_run()
    nodes = [
        node(lambda: pd.DataFrame(), None, "sink", name="fails"),
        node(lambda: 1, None, "other", name="well"),
    ]
    with pytest.raises(Exception, match="full") as caught:
        run(hook, *nodes, runner=runner)
    hook.on_pipeline_error(caught.value)
    assert caught.value.__notes__ == ["node 'fails', saving 'sink'"]

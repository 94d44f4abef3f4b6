"""The quick copy rule agrees with Kedro's own, and imports nothing."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from kedro.io import MemoryDataset, memory_dataset

from highroad.datasets import memory
from highroad.datasets.memory import copy_mode, install

KEDRO_RULE = memory_dataset._infer_copy_mode


class Sub(pd.DataFrame):
    """A subclass, as geopandas has one."""


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame({"a": [1]}),
        Sub({"a": [1]}),
        pd.Series([1]),
        np.arange(3),
        np.float64(1),
        pl.DataFrame({"a": [1]}),
        pl.LazyFrame({"a": [1]}),
        {"a": [1]},
        [pd.DataFrame({"a": [1]})],
        None,
        "text",
        object(),
    ],
    ids=lambda data: type(data).__name__,
)
def test_it_agrees_with_kedros_rule(data):
    assert copy_mode(data) == KEDRO_RULE(data)


def test_the_rule_that_is_replaced_is_there():
    """Where this fails, Kedro renamed its rule: find the new name, or small runs import pandas."""
    assert callable(KEDRO_RULE) and memory._RULE == "_infer_copy_mode"


def test_a_kedro_without_the_rule_keeps_its_own(monkeypatch):
    monkeypatch.delattr(memory_dataset, "_infer_copy_mode")
    install()
    assert not hasattr(memory_dataset, "_infer_copy_mode")


def test_a_frame_is_copied_and_a_plain_value_imports_no_pandas(monkeypatch):
    monkeypatch.setattr(memory_dataset, "_infer_copy_mode", KEDRO_RULE)
    install()
    frame = pd.DataFrame({"a": [1]})
    dataset = MemoryDataset(frame)
    frame.loc[0, "a"] = 2
    assert dataset.load()["a"].tolist() == [1]
    script = (
        "import sys; from highroad.datasets import memory; memory.install();"
        "from kedro.io import MemoryDataset; assert MemoryDataset({'a': 1}).load() == {'a': 1};"
        "print([name for name in ('pandas', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"

"""Values in memory are copied as Kedro copies them, and nothing is imported for it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from kedro.framework.project import settings
from kedro.io import DataCatalog, DatasetError, MemoryDataset, SharedMemoryDataCatalog

from highroad.datasets.memory import QuickCatalog, QuickMemoryDataset
from highroad.hooks.memory import MemoryHook


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
def test_it_copies_as_kedro_does(data):
    own, kedros = QuickMemoryDataset(data).load(), MemoryDataset(data).load()
    assert type(own) is type(kedros) and (own is data) == (kedros is data)


def test_a_frame_is_copied_when_it_is_saved_and_when_it_is_loaded():
    dataset, frame = QuickMemoryDataset(), pd.DataFrame({"a": [1]})
    dataset.save(frame)
    frame.loc[0, "a"] = 2
    loaded = dataset.load()
    loaded.loc[0, "a"] = 3
    assert dataset.load()["a"].tolist() == [1]


def test_a_mode_that_is_chosen_is_kept():
    frame = pd.DataFrame({"a": [1]})
    assert QuickMemoryDataset(frame, copy_mode="assign").load() is frame


def test_what_is_released_is_gone():
    dataset = QuickMemoryDataset(1)
    assert dataset.exists()
    dataset.release()
    assert not dataset.exists()
    with pytest.raises(DatasetError, match="has not been saved yet"):
        dataset.load()


def test_a_catalog_holds_parameters_and_what_has_no_entry():
    catalog = QuickCatalog()
    catalog["params:a"] = None
    assert isinstance(catalog["params:a"], QuickMemoryDataset)
    assert isinstance(catalog.get("free", fallback_to_runtime_pattern=True), QuickMemoryDataset)


@pytest.mark.parametrize(
    ("chosen", "expected"), [(DataCatalog, QuickCatalog), (SharedMemoryDataCatalog,) * 2]
)
def test_a_session_uses_it_unless_the_project_chose_another(chosen, expected):
    before = settings.DATA_CATALOG_CLASS
    try:
        settings.set("DATA_CATALOG_CLASS", chosen)
        MemoryHook().after_context_created()
        assert settings.DATA_CATALOG_CLASS is expected
    finally:
        settings.set("DATA_CATALOG_CLASS", before)


def test_a_plain_value_imports_no_library():
    script = (
        "import sys; from highroad.datasets.memory import QuickMemoryDataset;"
        "assert QuickMemoryDataset({'a': 1}).load() == {'a': 1};"
        "print([name for name in ('pandas', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"

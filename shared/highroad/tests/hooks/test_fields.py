"""The columns of data of every library, and of none that would have to be computed."""

from __future__ import annotations

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest

from highroad.hooks.fields import fields_of

FRAME = pd.DataFrame({"a": [1], "b": ["x"]})


def computed(frame: pl.DataFrame) -> pl.DataFrame:
    raise AssertionError("a lazy frame was computed")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (FRAME[["a"]], [("a", "int64")]),
        (pl.DataFrame({"a": [1], "b": ["x"]}), [("a", "Int64"), ("b", "String")]),
        (pl.LazyFrame({"a": [1]}).map_batches(computed, schema={"c": pl.Int8}), [("c", "Int8")]),
        (pa.table({"a": [1]}), [("a", "int64")]),
        (pyarrow.dataset.dataset(pa.table({"a": [1]})), [("a", "int64")]),
        (duckdb.sql("SELECT 1::INTEGER AS a, 'x' AS b"), [("a", "INTEGER"), ("b", "VARCHAR")]),
        ({"2013-01": FRAME[["a"]], "2013-02": None}, [("a", "int64")]),
        ({"2013-01": lambda: FRAME}, []),
        ({"auc": 0.5}, []),
        (object(), []),
        (None, []),
    ],
)
def test_columns_are_told_as_their_library_has_them(data, expected):
    assert fields_of(data) == expected


def test_a_strangers_table_fails_nothing():
    class Broken:
        @property
        def schema(self):
            raise RuntimeError("not now")

    assert fields_of(Broken()) == []

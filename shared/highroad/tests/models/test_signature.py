"""Columns, types and ranges, whatever the frame."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier

from highroad.models.signature import Field, Signature, as_table, signature_of


class Model:
    """What remembers no more than it must."""

    n_features_in_ = 2


FRAME = pd.DataFrame(
    {
        "n": [1.5, None, 3.0],
        "i": pd.array([1, 2, None], "Int64"),
        "t": pd.to_datetime(["2026-01-01", "2026-01-02", None], utc=True),
        "s": ["secret name", "b", None],
        "b": [True, False, True],
        "c": pd.Categorical(["x", "y", "x"]),
    }
)


def test_a_frame_gives_types_and_ranges_but_no_texts():
    found = {each.name: each for each in signature_of(Model(), as_table(FRAME)).inputs}
    assert found["n"] == Field("n", "double", True, 1.5, 3.0)
    assert found["i"] == Field("i", "int64", True, 1, 2)
    assert found["t"].least == "2026-01-01T00:00:00+00:00" and found["t"].nulls
    assert found["s"] == Field("s", "string", True, None, None)
    assert found["b"] == Field("b", "bool", False, None, None)
    assert found["c"] == Field("c", "string", False, None, None)
    assert "secret name" not in str(found)


@pytest.mark.parametrize("make", [pl.DataFrame, lambda data: pl.DataFrame(data).lazy(), pa.table])
def test_every_kind_of_frame_says_the_same(make):
    data = {"x": [1.0, 2.0], "y": ["a", "b"], "day": [dt.date(2026, 1, 1), None]}
    found = signature_of(Model(), as_table(make(data))).inputs
    assert found[0] == Field("x", "double", False, 1.0, 2.0)
    assert (found[1].type, found[2].type, found[2].most) == ("string", "date32[day]", "2026-01-01")


def test_the_model_decides_which_columns_and_what_comes_out(fitted, frame):
    found = signature_of(fitted, as_table(frame.assign(id=1)[["id", "weight", "size"]]))
    assert [each.name for each in found.inputs] == ["size", "weight"]
    assert found.classes == (False, True)
    assert Signature.from_dict(found.to_dict()) == found


def test_without_training_data_it_is_what_the_model_remembers(fitted):
    assert signature_of(fitted).inputs == (Field("size"), Field("weight"))
    assert signature_of(Model()).inputs == (Field("x0"), Field("x1"))


def test_odd_types_have_a_signature_all_the_same():
    odd = pd.DataFrame(
        {
            "half": np.array([1, 2], "float16"),
            "span": pd.to_timedelta([1, 2], "h"),
            "codes": pd.Categorical([3, 4]),
            "endless": [1.0, np.inf],
        }
    )
    found = {each.name: each for each in signature_of(Model(), as_table(odd)).inputs}
    assert (found["half"].least, found["half"].most) == (1.0, 2.0)
    assert found["codes"] == Field("codes", "int64", False, 3, 4)
    assert (found["endless"].least, found["endless"].most) == (1.0, None)
    assert found["span"].type.startswith("duration")


def test_texts_are_one_column_and_several_outputs_have_classes_each(frame, target):
    assert as_table(["a", "b"]).column_names == ["x"]
    assert as_table(pd.Series(["a"], name="title")).column_names == ["title"]
    both = np.column_stack([target, ~target])
    forest = RandomForestClassifier(2).fit(frame, both)
    assert signature_of(forest).classes == ([False, True], [False, True])
    for wrong in (3, "text", csr_matrix(frame.to_numpy())):
        with pytest.raises(TypeError):
            as_table(wrong)


@given(st.lists(st.floats(width=32, allow_infinity=False), min_size=1))
def test_ranges_are_the_least_and_the_most(values):
    (found,) = signature_of(Model(), as_table(np.array(values).reshape(-1, 1))).inputs
    known = [each for each in values if each == each]
    assert (found.least, found.most) == ((min(known), max(known)) if known else (None, None))
    assert found.nulls == (len(known) < len(values))

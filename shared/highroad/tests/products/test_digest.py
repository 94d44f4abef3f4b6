"""The digest of rows is of the rows alone, and partitions are told apart by their values."""

from __future__ import annotations

import datetime
import decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from highroad.products.digest import digest, grouped, split_by

ARRAYS = [
    pa.array([1, None, 3]),
    pa.array([1.5, None, float("nan")]),
    pa.array([True, None, False]),
    pa.array(["a", None, "bc", ""]),
    pa.array([b"a", b"", None]),
    pa.array([b"a", None], pa.binary(1)),
    pa.array(["a", None, "b"], pa.string_view()),
    pa.array(["a", None, "b"]).dictionary_encode(),
    pa.array([decimal.Decimal("1.5"), None]),
    pa.array([datetime.date(2013, 1, 1), None]),
    pa.array([datetime.datetime(2013, 1, 1), None], pa.timestamp("us", "UTC")),
    pa.array([[1, 2], None, [], [None]]),
    pa.array([[1, 2], [3, 4], None], pa.list_(pa.int8(), 2)),
    pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}]),
    pa.array([[("k", 1)], None, [("a", None)]], pa.map_(pa.string(), pa.int64())),
    pa.nulls(3),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: str(array.type))
def test_chunks_and_slices_do_not_count_and_values_do(array):
    whole = pa.table({"x": array})
    chunked = pa.concat_tables([whole.slice(0, 1), whole.slice(1, 0), whole.slice(1)])
    assert digest(chunked) == digest(whole)
    assert digest(pa.concat_tables([whole, whole]).slice(len(whole))) == digest(whole)
    assert digest(whole.slice(1)) != digest(whole)
    assert digest(whole.rename_columns(["y"])) != digest(whole)
    if array.null_count < len(array):
        back = [whole.slice(place, 1) for place in reversed(range(len(whole)))]
        assert digest(pa.concat_tables(back)) != digest(whole)


def test_what_lies_under_a_null_and_how_text_is_stored_do_not_count():
    valid = pa.py_buffer(bytes([0b01]))
    one, other = (
        pa.Array.from_buffers(pa.int8(), 2, [valid, pa.py_buffer(bytes([1, hidden]))])
        for hidden in (2, 3)
    )
    assert one.null_count == 1
    assert digest(pa.table({"x": one})) == digest(pa.table({"x": other}))
    text = pa.array(["a", None, "b"])
    same = [text, *(text.cast(kind) for kind in (pa.large_string(), pa.string_view()))]
    assert len({digest(pa.table({"x": each})) for each in [*same, text.dictionary_encode()]}) == 1
    assert digest(pa.table({"x": ["ab", "c"]})) != digest(pa.table({"x": ["a", "bc"]}))
    assert digest(pa.table({"x": [0, None]})) != digest(pa.table({"x": [None, 0]}))
    assert digest(pa.table({"x": pa.array([1], pa.int32())})) != digest(pa.table({"x": [1]}))


keys = st.lists(
    st.tuples(st.sampled_from(["a", "b/c", "", None, "None"]), st.sampled_from([1, None, 2])),
    max_size=60,
)


@settings(deadline=None)
@given(keys, st.integers(0, 60))
def test_parts_are_the_rows_of_each_combination_of_values_in_their_order(rows, cut):
    whole = pa.table(
        {
            "a": pa.array([a for a, _ in rows], pa.string()),
            "b": pa.array([b for _, b in rows], pa.int64()),
            "row": pa.array(range(len(rows)), pa.int64()),
        }
    )
    data = pa.concat_tables([whole.slice(0, cut), whole.slice(cut)])
    expected: dict[tuple, list[int]] = {}
    for place, key in enumerate(rows):
        expected.setdefault(key, []).append(place)
    parts = {key: part.column("row").to_pylist() for key, part in split_by(data, ["a", "b"])}
    assert parts == expected and [*parts] == [*expected]
    together = grouped(data, ["a", "b"])
    assert together.column("row").to_pylist() == [row for each in expected.values() for row in each]
    assert grouped(together, ["a", "b"]) is together
    assert [key for key, _ in split_by(data, [])] == [()]

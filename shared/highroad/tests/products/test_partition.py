"""Partitions: every stored type and value, published, corrected and read back in each frame."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from highroad.errors import DataError
from highroad.products.commits import Facts
from highroad.products.partition import Partition, split
from highroad.products.scanning import scan
from highroad.products.selection import Selection
from highroad.products.store import Table
from highroad.products.tables import from_dataset, gather

EXAMPLES = int(os.environ.get("HIGHROAD_PARTITION_EXAMPLES", "25"))
FACTS = Facts(run="r1", verdict="pass", fingerprint="f")
HIVE = "__HIVE_DEFAULT_PARTITION__"
TEXTS = ["", " ", "%", "%null", "%empty", "/", "a/b", "a", "'", '"', "..", ".", "ü", "None", "null",
         "NULL", HIVE, "a=b", "\\", "\n", "%20", "x y", "#", "?", ":", "🙂", "0"]  # fmt: skip
MOMENTS = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30))
VALUES = {
    pa.string(): st.sampled_from(TEXTS) | st.text("aä%/ '", max_size=3),
    pa.int8(): st.integers(-128, 127),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.sampled_from([2**53 + 1, -(2**63), 2**63 - 1, 0, -1]),
    pa.bool_(): st.booleans(),
    pa.date32(): st.dates(),
    pa.timestamp("us"): MOMENTS,
    pa.timestamp("us", "UTC"): MOMENTS.map(lambda each: each.replace(tzinfo=dt.UTC)),
    pa.decimal128(9, 2): st.decimals(-99, 99, places=2, allow_nan=False),
}


@st.composite
def corrections(draw):
    """A table of up to three partition columns, and new rows for one of its partitions."""
    kinds = draw(st.lists(st.sampled_from([*VALUES]), min_size=1, max_size=3))
    by = [f"k{place}" for place in range(len(kinds))]
    keys = draw(
        st.lists(
            st.tuples(*(st.none() | VALUES[kind] for kind in kinds)),
            min_size=1, max_size=5, unique_by=Partition.of,
        )
    )  # fmt: skip
    chosen = draw(st.integers(0, len(keys) - 1))
    return kinds, by, keys, chosen


def table_of(kinds, by, keys, values):
    columns = {
        name: pa.array([key[place] for key in keys], kind)
        for place, (name, kind) in enumerate(zip(by, kinds, strict=True))
    }
    return pa.table({**columns, "v": pa.array(values, pa.int64())})


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[*HealthCheck])
@given(corrections())
def test_a_correction_replaces_its_partition_and_no_other(case):
    kinds, by, keys, chosen = case
    folder = tempfile.mkdtemp()
    try:
        table = Table(f"{folder}/t")
        table.publish(table_of(kinds, by, keys, range(len(keys))), by, FACTS, None)
        corrected = table_of(kinds, by, [keys[chosen]], [100 + chosen])
        assert table.publish(corrected, by, FACTS, 0) == 1
        wanted = {
            Partition.of(key): 100 + place if place == chosen else place
            for place, key in enumerate(keys)
        }
        snapshot = table.snapshot()
        assert {each.name for each in snapshot.partitions} == {each.name for each in wanted}
        arrow = from_dataset(snapshot.dataset(), "arrow", Selection())
        polars = scan(snapshot, {}).collect().to_arrow()
        duck = from_dataset(snapshot.dataset(), "duckdb", Selection()).to_arrow_table()
        for read in (arrow, polars, duck):
            rows = [Partition.of([row[name] for name in by]) for row in read.to_pylist()]
            assert dict(zip(rows, read.column("v").to_pylist(), strict=True)) == wanted
        pandas = from_dataset(snapshot.dataset(), "pandas", Selection())
        assert sorted(pandas["v"].tolist()) == sorted(wanted.values())
        for partition, value in wanted.items():
            (row,) = snapshot.dataset([partition]).to_table().column("v").to_pylist()
            assert row == value
            again = Partition.from_name(partition.name, len(by))
            assert again == partition == Partition.from_json(partition.to_json())
        by_name = {each.name: pa.table({"v": [value]}) for each, value in wanted.items()}
        gathered = gather(by_name, by, dict(zip(by, kinds, strict=True)))
        assert {each for each, _ in split(gathered, by)} == wanted.keys()
        assert table.publish(arrow, by, FACTS, 1) == 1
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("kind", [pa.float64(), pa.binary(), pa.list_(pa.int64())])
def test_a_column_whose_values_have_no_one_text_is_no_partition(tmp_path, kind):
    data = pa.table({"k": pa.array([None], kind), "v": [1]})
    with pytest.raises(DataError, match="expected string, integer, boolean, date, timestamp"):
        Table(f"{tmp_path}/t").publish(data, ["k"], FACTS, None)


def test_a_name_that_is_no_value_is_refused():
    with pytest.raises(DataError, match="partition 'May': expected a value of type int32"):
        gather({"May": pa.table({"v": [1]})}, ["k"], {"k": pa.int32()})
    with pytest.raises(ValueError, match="expected 2 values"):
        gather({"a": pa.table({"v": [1]})}, ["k", "l"])
    typed = gather({dt.date(2024, 1, 3): pa.table({"v": [Decimal(1)]})}, ["k"], {"k": pa.date32()})
    assert typed.column("k").to_pylist() == [dt.date(2024, 1, 3)]

"""Every type of Arrow is stored exactly, stored as another that is named, or refused in one line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from highroad.errors import DataError
from highroad.products.commits import Facts
from highroad.products.rules.types import not_stored
from highroad.products.store import Table
from highroad.products.stored_types import as_stored, stored_schema, stored_type
from highroad.products.tables import to_pandas
from highroad.products.types import fits_physical

from .contracts_by_hand import contract_of

ROWS = 4
"""Rows of each array, so that all of them fit into one table."""
ZONES = (None, "UTC", "Europe/Berlin", "+02:00")
SIGNED = [pa.int8(), pa.int16(), pa.int32(), pa.int64()]
UNSIGNED = [pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
MONEY = [Decimal("1.25"), Decimal("-9.99"), None]
LEAVES: dict[pa.DataType, list[Any]] = {
    pa.bool_(): [True, False, None],
    **{kind: [0, -(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1, None] for kind in SIGNED},
    **{kind: [0, min(2**kind.bit_width, 2**63) - 1, None] for kind in UNSIGNED},
    pa.float16(): [0.5, math.nan, math.inf, None],
    pa.float32(): [-0.0, math.nan, -math.inf, None],
    pa.float64(): [5e-324, math.nan, 1.7976931348623157e308, None],
    **{kind: ["", "ü\0x\n", "x" * 70, None] for kind in (pa.string(), pa.large_string(), pa.string_view())},
    **{kind: [b"", b"\0\xff", None] for kind in (pa.binary(), pa.large_binary(), pa.binary_view())},
    pa.binary(3): [b"abc", None],
    pa.date32(): [date.min, date.max, None],
    pa.date64(): [date.min, date.max, None],
    **{pa.timestamp(unit, zone): [0, 10**6, -(10**6), None] for unit in ("s", "ms", "us", "ns") for zone in ZONES},
    **dict.fromkeys((pa.decimal32(5, 2), pa.decimal64(10, 2), pa.decimal128(38, 2), pa.decimal256(38, 2)), MONEY),
    pa.uuid(): [b"0123456789abcdef", None],
    pa.json_(pa.string()): ['{"a": 1}', None],
    pa.bool8(): [1, 0, None],
    pa.opaque(pa.int32(), "money", "vendor"): [1, None],
    pa.fixed_shape_tensor(pa.int32(), [2]): [[1, 2], [3, 4]],
}  # fmt: skip
"""What is stored, with the values that matter."""
REFUSED: dict[pa.DataType, list[Any]] = {
    **{pa.time32(unit): [time(1, 2, 3), None] for unit in ("s", "ms")},
    **{pa.time64(unit): [time(1, 2, 3), None] for unit in ("us", "ns")},
    **{pa.duration(unit): [1, None] for unit in ("s", "ms", "us", "ns")},
    pa.month_day_nano_interval(): [pa.MonthDayNano([1, 2, 3]), None],
    pa.decimal256(50, 2): MONEY,
    pa.decimal128(5, -2): [Decimal(1200), None],
    pa.decimal128(2, 4): [None],
}


def leaf(kind: pa.DataType, values: list[Any]) -> pa.Array:
    full = (values * ROWS)[:ROWS]
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, pa.array(full, kind.storage_type))
    return pa.array(full, kind)


def starts(kind: pa.DataType) -> pa.Array:
    """One list of all items, one empty, one null, one empty."""
    return pa.array([0, ROWS, None, ROWS, ROWS], kind)


FIRST = pa.array(range(ROWS), pa.int32())
NESTED: dict[str, Callable[[pa.Array], pa.Array]] = {
    "list": lambda items: pa.ListArray.from_arrays(starts(pa.int32()), items),
    "large_list": lambda items: pa.LargeListArray.from_arrays(starts(pa.int64()), items),
    "fixed_size_list": lambda items: pa.FixedSizeListArray.from_arrays(pa.concat_arrays([items] * 2), 2),
    "struct": lambda items: pa.StructArray.from_arrays(
        [items, FIRST], ["f", "g"], mask=pa.array([False, True, False, False])
    ),
    "map": lambda items: pa.MapArray.from_arrays(starts(pa.int32()), pa.array(["a", "b", "c", "d"]), items),
    "deep": lambda items: NESTED["list"](NESTED["struct"](NESTED["list"](items))),
    "dictionary": lambda items: pa.DictionaryArray.from_arrays(pa.array([0, None, 1, 0], pa.int8()), items),
}  # fmt: skip
UNKNOWN: dict[str, Callable[[pa.Array], pa.Array]] = {
    "list_view": lambda items: pa.ListViewArray.from_arrays(
        pa.array([3, 0, 0, 0], pa.int32()), pa.array([1, 3, 0, 0], pa.int32()), items
    ),
    "large_list_view": lambda items: pa.LargeListViewArray.from_arrays(
        pa.array([3, 0, 0, 0], pa.int64()), pa.array([1, 3, 0, 0], pa.int64()), items
    ),
    "run_end_encoded": lambda items: pa.RunEndEncodedArray.from_arrays(pa.array([1, 2, 3, 4], pa.int32()), items),
    "dense_union": lambda items: pa.UnionArray.from_dense(
        pa.array([0] * ROWS, pa.int8()), pa.array(range(ROWS), pa.int32()), [items]
    ),
    "sparse_union": lambda items: pa.UnionArray.from_sparse(pa.array([0] * ROWS, pa.int8()), [items]),
}  # fmt: skip


def arrays() -> Iterator[tuple[str, pa.Array]]:
    """Each type alone and nested in each other one."""
    for kind, values in {**LEAVES, **REFUSED}.items():
        items = leaf(kind, values)
        yield str(kind), items
        for name, nest in {**NESTED, **UNKNOWN}.items():
            yield f"{name} of {kind}", nest(items)


def plain(value: Any) -> Any:
    """A value that equals itself, without what extension types make of it."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else (value, math.copysign(1, value))
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, bool):
        return int(value)
    return getattr(value, "bytes", value)


def outcome(name: str, array: pa.Array) -> pa.Schema | str:
    table = pa.table({name: array})
    try:
        schema = stored_schema(table.schema)
        return as_stored(table, schema).schema
    except DataError as error:
        return str(error)


EVERY = dict(arrays())


def test_no_type_of_arrow_is_forgotten():
    ids = {value: name for name, value in vars(pa.lib).items() if name.startswith("Type_")}
    seen = {each.type.id for each in EVERY.values()} | {pa.null().id}
    assert {ids[each] for each in ids.keys() - seen} == {
        "Type_INTERVAL_MONTHS",
        "Type_INTERVAL_DAY_TIME",
    } & {*ids.values()}


def test_what_is_stored_is_read_as_it_was_by_every_engine(tmp_path):
    stored = {
        name: each for name, each in EVERY.items() if isinstance(outcome(name, each), pa.Schema)
    }
    alone = {str(kind) for kind in LEAVES}
    assert alone <= stored.keys() and len(stored) > 300
    data = pa.table(stored)
    schema = stored_schema(data.schema)
    table = Table((tmp_path / "table").as_posix())
    table.publish(data, [], Facts(), None)
    back = table.dataset().to_table()
    assert back.schema == schema
    polars = pl.scan_pyarrow_dataset(table.dataset()).collect()
    pandas = to_pandas(back)
    duck = duckdb.from_arrow(table.dataset()).to_arrow_table()
    wrong = [
        name
        for name, array in stored.items()
        if plain(back[name].to_pylist()) != plain(array.to_pylist())
        or {duck[name].null_count, polars[name].null_count()} != {back[name].null_count}
        or len(pandas[name]) != ROWS
    ]
    assert wrong == []


def test_what_is_refused_is_refused_in_one_line_that_names_column_and_type():
    refused = {
        name: said for name, each in EVERY.items() if isinstance(said := outcome(name, each), str)
    }
    assert refused.keys() >= {str(kind) for kind in REFUSED}
    for name, said in refused.items():
        assert "\n" not in said and "Nothing was published" in said, said
        assert f"'{name}' is {EVERY[name].type}" in said
    never = [
        name for name in EVERY
        if any(name.endswith(f" of {kind}") for kind in REFUSED)
        or any(name.startswith(f"{nest} of ") for nest in UNKNOWN)
    ]  # fmt: skip
    assert {*never} <= refused.keys()


ODD = {
    "ns": pa.array([1001], pa.timestamp("ns")),
    "uint64": pa.array([2**63], pa.uint64()),
    "year 10000": pa.array([253402300800 * 10**6], pa.timestamp("us", "UTC")),
    "year 0": pa.array([-62135596801 * 10**6], pa.timestamp("us")),
    "days": pa.array([2**31 - 1], pa.int32()).cast(pa.date32()),
    "half a day": pa.Array.from_buffers(pa.date64(), 1, [None, pa.py_buffer((5).to_bytes(8, "little"))]),
    "latin-1": pa.Array.from_buffers(pa.string(), 3, pa.array([b"a", b"f\xfcr", b"z"]).buffers()),
    "no field": pa.array([{}], pa.struct([])),
    "field twice": pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], ["a", "A"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_a_value_that_cannot_be_kept_or_read_is_refused(name):
    said = outcome(name, ODD[name])
    assert isinstance(said, str) and f"'{name}' is " in said and "\n" not in said


@pytest.mark.parametrize(("names", "said"), [(["a", "A"], "'a' is there twice"), (["a\0"], "NUL")])
def test_columns_that_delta_cannot_tell_apart_are_refused(names, said):
    with pytest.raises(DataError, match=said):
        stored_schema(pa.table([[1]] * len(names), names=names).schema)


@pytest.mark.parametrize("kind", [*LEAVES, *REFUSED, pa.null()], ids=str)
def test_lint_names_each_type_that_no_version_can_have(tmp_path, kind):
    contract = contract_of(tmp_path, [{"name": "v", "physicalType": str(kind)}])
    faults = [what for _, what in not_stored(contract.columns[0])]
    stored = stored_type(kind)
    fits = stored is not None and bool(fits_physical(str(kind), stored))
    assert bool(faults) != fits, faults


@pytest.mark.parametrize(
    ("physical", "part"),
    [
        ("list<item: uint8>", "uint8"),
        ("struct<a: int64, b: list<item: time32[s]>>", "time32[s]"),
        ("map<string, timestamp[ns, tz=UTC]>", "timestamp[ns, tz=UTC]"),
        ("dictionary<values=string, indices=int32, ordered=0>", "dictionary"),
        ("list<item: int64>", ""),
        ("map<string, timestamp[us, tz=UTC]>", ""),
        ("VARIANT", ""),
    ],
)
def test_lint_looks_into_nested_types(tmp_path, physical, part):
    contract = contract_of(tmp_path, [{"name": "v", "physicalType": physical}])
    faults = [what for _, what in not_stored(contract.columns[0])]
    assert bool(faults) == bool(part) and (not part or f"does not keep {part};" in faults[0])

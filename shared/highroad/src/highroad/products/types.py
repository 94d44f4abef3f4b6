"""Logical and physical types of contracts, held against Arrow types as stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    Test = Callable[[pa.DataType], bool]

LOGICAL = (
    "string", "date", "timestamp", "time", "number", "integer", "boolean", "object", "array",
    "map", "vector",
)  # fmt: skip

_ALIASES = {
    "text": "string", "utf8": "string", "large_string": "string", "string_view": "string",
    "large_utf8": "string", "str": "string", "varchar": "string", "nvarchar": "string",
    "char": "string", "character": "string", "character varying": "string", "bpchar": "string",
    "bigint": "int64", "long": "int64", "integer": "int32", "int": "int32",
    "smallint": "int16", "short": "int16", "tinyint": "int8", "byte": "int8",
    "ubigint": "uint64", "uinteger": "uint32", "usmallint": "uint16", "utinyint": "uint8",
    "double": "float64", "double precision": "float64", "real": "float32", "halffloat": "float16",
    "boolean": "bool", "date32": "date", "blob": "binary", "bytea": "binary",
    "varbinary": "binary", "large_binary": "binary", "binary_view": "binary",
    "timestamptz": "timestamp with time zone", "timestamp_ltz": "timestamp with time zone",
    "timestamp_tz": "timestamp with time zone", "timestamp_ntz": "timestamp without time zone",
    "numeric": "decimal", "number": "decimal", "time without time zone": "time",
}  # fmt: skip
_SIZED = re.compile(
    r"^(?P<name>[a-z_ ]+?)\s*\((?P<sizes>[\d\s,]+)\)(?P<rest> with(out)? time zone)?$"
)
_ARROW = re.compile(
    r"^(date64|time32|time64|duration|fixed_size_binary|decimal(32|64|128|256)|null)(\W|$)|^date32\["
)
"""What Arrow's own names of plain types begin with that no other system's do."""
_BINARY = ("binary", "large_binary", "binary_view", "fixed_size_binary")
_OF_SECONDS = {0: "s", 3: "ms", 6: "us", 9: "ns"}
_DECIMAL = re.compile(r"^(decimal(?:32|64|128|256))\((\d+), ?(-?\d+)\)$")
_TIMESTAMP = re.compile(r"^timestamp\[(?P<unit>s|ms|us|ns)(?:,\s*(?:tz=)?(?P<zone>[\w/+:-]+))?\]$")


def fits_logical(logical: str, kind: pa.DataType) -> bool:
    """Is a column of this Arrow type of the contract's logical type?

    An integer is a number; a whole number stored as double is no integer. Dictionaries count as
    their values.

    Args:
        logical: One of `LOGICAL`.
        kind: The column's type as stored.
    """
    import pyarrow.types as types

    kind = value_type(kind)
    tests: dict[str, Callable[[Any], bool]] = {
        "string": lambda t: types.is_string(t) or types.is_large_string(t) or _is_view(t),
        "date": types.is_date,
        "timestamp": types.is_timestamp,
        "time": types.is_time,
        "integer": types.is_integer,
        "number": lambda t: types.is_integer(t) or types.is_floating(t) or types.is_decimal(t),
        "boolean": types.is_boolean,
        "object": lambda t: types.is_struct(t) or types.is_map(t),
        "map": types.is_map,
        "array": is_list,
        "vector": is_list,
    }
    return bool(tests[logical](kind))


def fits_physical(physical: str, kind: pa.DataType) -> bool | None:
    """Is a column of this Arrow type stored as the contract says?

    Args:
        physical: An Arrow name (`int16`, `timestamp[us, tz=UTC]`) or an SQL one (`varchar(20)`,
            `numeric(9,2)`); case and white space do not matter. Sizes of texts are no part of
            the stored type and are left to `maxLength`.
        kind: The column's type as stored.

    Returns:
        None where the name is of another system, such as `VARIANT`.
    """
    import pyarrow.types as types

    name = re.sub(r"\s+", " ", physical.strip().lower())
    if name.startswith("dictionary"):
        return _spelt(name) == _spelt(str(kind))
    kind = value_type(kind)
    if _spelt(name) == _spelt(str(kind)):
        return True
    if exact := _TIMESTAMP.match(name):
        zone = exact["zone"]
        return (
            types.is_timestamp(kind)
            and kind.unit == exact["unit"]
            and _zone(kind) == (zone.lower() if zone else None)
        )
    sizes: list[int] = []
    if sized := _SIZED.match(name):
        name = f"{sized['name'].strip()}{sized['rest'] or ''}"
        sizes = [int(each) for each in sized["sizes"].split(",")]
    name = _ALIASES.get(name, name)
    if name == "decimal":
        precise = [*sizes, 0][:2] if sizes else None
        return bool(types.is_decimal(kind)) and (
            precise is None or [kind.precision, kind.scale] == precise
        )
    test = _physical_tests().get(name)
    if test is not None and sizes and types.is_timestamp(kind) and len(sizes) == 1:
        return bool(test(kind)) and kind.unit == _OF_SECONDS.get(sizes[0], kind.unit)
    if test is None and _ARROW.match(name):
        return _spelt(physical) == _spelt(str(kind))
    return None if test is None else bool(test(kind))


def _spelt(name: str) -> str:
    """An Arrow type's name without what differs between its writers: white space, and how a list calls its items."""
    return re.sub(r"\s|(?<=list<)\w+:|(?<=list_view<)\w+:", "", name.lower())


def _physical_tests() -> dict[str, Test]:
    import pyarrow as pa
    import pyarrow.types as types

    exact = {
        "bool": pa.bool_(), "float16": pa.float16(), "float32": pa.float32(),
        "float64": pa.float64(), "int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(),
        "int64": pa.int64(), "uint8": pa.uint8(), "uint16": pa.uint16(), "uint32": pa.uint32(),
        "uint64": pa.uint64(),
    }  # fmt: skip
    tests: dict[str, Test] = {name: kind.equals for name, kind in exact.items()}
    tests |= {
        # SQL's `float` is single in some systems and double in others.
        "float": types.is_floating,
        "string": lambda kind: fits_logical("string", kind),
        "binary": lambda kind: str(kind).partition("[")[0] in _BINARY,
        "date": types.is_date,
        "time": types.is_time,
        "datetime": types.is_timestamp,
        "timestamp": types.is_timestamp,
        "timestamp with time zone": lambda kind: types.is_timestamp(kind) and kind.tz is not None,
        "timestamp without time zone": lambda kind: types.is_timestamp(kind) and kind.tz is None,
    }
    return tests


def value_type(kind: pa.DataType) -> pa.DataType:
    """The type of a column's values, however they are stored: a dictionary's are its own."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return kind.value_type
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name == "arrow.json":
        return kind.storage_type
    return kind


def _zone(kind: Any) -> str | None:
    """The time zone in lower case; every spelling of UTC is `utc`."""
    if kind.tz is None:
        return None
    name = str(kind.tz).lower()
    return "utc" if name in ("utc", "etc/utc", "+00:00", "z") else name


def is_list(kind: Any) -> bool:
    """Is it a list whose items lie in order? A view's may not."""
    import pyarrow.types as types

    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _is_view(kind: Any) -> bool:
    return str(kind) == "string_view"


@lru_cache(4096)
def arrow_type(physical: str | None, logical: str | None) -> pa.DataType:
    """An Arrow type that a column of these types may have; null where neither says enough."""
    import pyarrow as pa

    likely = [
        pa.string(), pa.int64(), pa.int32(), pa.int16(), pa.int8(), pa.float64(), pa.float32(),
        pa.bool_(), pa.date32(), pa.time64("us"), pa.timestamp("us", tz="UTC"), pa.timestamp("us"),
        pa.uint64(), pa.uint32(), pa.uint16(), pa.uint8(), pa.binary(), pa.decimal128(38, 9),
    ]  # fmt: skip
    likely += [
        pa.date64(),
        pa.month_day_nano_interval(),
        pa.float16(),
        pa.time64("ns"),
        pa.time32("s"),
        pa.time32("ms"),
        pa.null(),
    ]
    likely += [pa.duration(unit) for unit in ("s", "ms", "us", "ns")]
    exact = _TIMESTAMP.match(re.sub(r"\s+", " ", (physical or "").strip()))
    if exact:
        likely.insert(0, pa.timestamp(exact["unit"], exact["zone"]))
    if fixed := re.match(r"fixed_size_binary\[(\d+)\]$", physical or ""):
        likely.insert(0, pa.binary(int(fixed[1])))
    if decimal := _DECIMAL.match((physical or "").strip()):
        with suppress(ValueError):
            likely.insert(0, getattr(pa, decimal[1])(int(decimal[2]), int(decimal[3])))
    sized = _SIZED.match((physical or "").strip().lower())
    if sized and _ALIASES.get(sized["name"].strip(), sized["name"].strip()) == "decimal":
        precision, scale = [*(int(each) for each in sized["sizes"].split(",")), 0][:2]
        if 0 < precision <= 76 and scale <= precision:
            wide = precision > 38
            likely.insert(0, (pa.decimal256 if wide else pa.decimal128)(precision, scale))
    for kind in likely:
        if physical is not None and not fits_physical(physical, kind):
            continue
        if logical in LOGICAL and logical is not None and not fits_logical(logical, kind):
            continue
        if physical is not None or logical in LOGICAL:
            return kind
    return pa.null()

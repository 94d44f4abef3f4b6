"""A slow, obvious check of rows as dicts, to hold the engines against."""

from __future__ import annotations

import math
import re
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa

Rows = Sequence[Mapping[str, Any]]


def failed_rows(rows: Rows, column: str, kind: pa.DataType, rule: str, value: Any) -> int:
    """How many rows break one rule of a column."""
    values = [row[column] for row in rows]
    present = [each for each in values if each is not None]
    if rule == "required":
        return len(values) - len(present)
    if rule == "unique":
        return surplus([(each,) for each in present])
    if rule == "missing":
        allowed = [held(each, kind) for each in value if each is not None]
        return sum(_is_one_of(each, allowed) for each in present) + (
            len(values) - len(present) if None in value else 0
        )
    return sum(_breaks(each, kind, rule, value) for each in present)


def surplus(keys: Sequence[tuple[Any, ...]]) -> int:
    """Keys beyond the first of each; one with a null in it does not count."""
    whole = [tuple(map(_alike, key)) for key in keys if None not in key]
    return sum(count - 1 for count in Counter(whole).values())


def _alike(value: Any) -> Any:
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value + 0.0
    return value


def _breaks(value: Any, kind: pa.DataType, rule: str, wanted: Any) -> bool:
    if rule == "enum":
        return not _is_one_of(value, [held(each, kind) for each in wanted])
    if rule == "pattern":
        return re.fullmatch(wanted, value, re.ASCII) is None
    if rule in ("minLength", "maxLength"):
        return len(value) < wanted if rule == "minLength" else len(value) > wanted
    if isinstance(value, float) and math.isnan(value):
        return True
    if rule == "multipleOf":
        if isinstance(value, int) and wanted == int(wanted):
            return value % int(wanted) != 0
        ratio = float(value) / float(wanted)
        return not math.isfinite(ratio) or abs(ratio - round(ratio)) > 1e-9
    bound = held(wanted, kind)
    return {
        "minimum": value < bound,
        "maximum": value > bound,
        "exclusiveMinimum": value <= bound,
        "exclusiveMaximum": value >= bound,
    }[rule]


def _is_one_of(value: Any, allowed: Sequence[Any]) -> bool:
    return any(
        each is not None and isinstance(each, bool) == isinstance(value, bool) and each == value
        for each in allowed
    )


def held(value: Any, kind: pa.DataType) -> Any:
    """A contract's value as such a column's; None where none of its rows can have it."""
    types = pa.types
    kind = kind.value_type if types.is_dictionary(kind) else kind
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if types.is_integer(kind):
        return value if is_number else None
    if types.is_floating(kind):
        if is_number and kind.bit_width == 32 and math.isfinite(value):
            return struct.unpack("f", struct.pack("f", value))[0]
        return value if is_number else None
    if types.is_decimal(kind):
        return Decimal(str(value)) if is_number else None
    if types.is_boolean(kind):
        return value if isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if types.is_timestamp(kind):
        moment = datetime.fromisoformat(value)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment if kind.tz else moment.replace(tzinfo=None)
    if types.is_date(kind):
        return date.fromisoformat(value)
    return time.fromisoformat(value) if types.is_time(kind) else value

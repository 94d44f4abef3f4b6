"""A contract's values as those of a column's type, the same for every engine."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from highroad.products.types import value_type

if TYPE_CHECKING:
    import pyarrow as pa


def as_stored(value: Any, kind: pa.DataType) -> Any:
    """A value of a contract as a column of this Arrow type holds it.

    Times without a zone are UTC, and so are those of a column that has none. What a column of
    single precision holds is rounded likewise, so that 0.1 is in it where the contract says 0.1.

    Args:
        value: What stands in the contract.
        kind: The column's type.

    Returns:
        An int, float, Decimal, str, bool, date, time or datetime; for a type that none of these
        is of, the value as it is.

    Raises:
        ValueError: No such column holds it; says what was expected.
    """
    import pyarrow.types as types

    kind = value_type(kind)
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return _number(value, kind)
    if types.is_timestamp(kind):
        return _moment(value, kind)
    if types.is_date(kind):
        return _day(value)
    if types.is_time(kind):
        return _time_of_day(value)
    if types.is_boolean(kind) or _is_text(kind):
        wanted = bool if types.is_boolean(kind) else str
        if not isinstance(value, wanted):
            raise ValueError(f"{value!r} is no {'truth value' if wanted is bool else 'text'}")
    return value


def enumerated(values: Iterable[Any], kind: pa.DataType) -> list[Any]:
    """Those of some values that a column of this type can hold; null is not among them."""
    found = []
    for value in values:
        try:
            stored = None if value is None else as_stored(value, kind)
        except ValueError:
            continue  # no row can have it
        if stored is not None and _is_held(stored, value_type(kind)):
            found.append(stored)
    return found


def _is_held(value: Any, kind: pa.DataType) -> bool:
    """Is a number one of those that such a column has room for?"""
    import pyarrow.types as types

    if not types.is_integer(kind):
        return not isinstance(value, float) or types.is_floating(kind)
    bits = kind.bit_width - types.is_signed_integer(kind)
    low = -(2**bits) if types.is_signed_integer(kind) else 0
    return isinstance(value, int) and low <= value < 2**bits


def is_number(value: Any) -> bool:
    """Is this a number, and no truth value?"""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _is_text(kind: pa.DataType) -> bool:
    from highroad.products.types import fits_logical

    return fits_logical("string", kind)


def _number(value: Any, kind: pa.DataType) -> int | float | Decimal:
    import pyarrow.types as types

    if not is_number(value) or value != value:
        raise ValueError(f"{value!r} is no number")
    number: int | float | Decimal = value
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if types.is_decimal(kind) and isinstance(number, float) and math.isfinite(number):
        return Decimal(repr(number))
    if not types.is_floating(kind):
        return number
    try:
        code = {16: "e", 32: "f", 64: "d"}[kind.bit_width]
        return float(struct.unpack(code, struct.pack(code, number))[0])
    except (OverflowError, struct.error):  # of a half float it is the latter
        return float(number) if -(10**308) < number < 10**308 else math.copysign(math.inf, number)


def _moment(value: Any, kind: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        raise ValueError("expected an ISO date or time in quotes")
    moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return moment if kind.tz else moment.replace(tzinfo=None)


def _day(value: Any) -> date:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if isinstance(moment, datetime) and moment.time() == time():
        return moment.date()
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return moment
    raise ValueError(f"{value!r} is no day; expected an ISO date in quotes")


def _time_of_day(value: Any) -> time:
    try:
        found = time.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, time) or found.tzinfo:
        raise ValueError(f"{value!r} is no time of day; expected one such as '12:00:00', in quotes")
    return found

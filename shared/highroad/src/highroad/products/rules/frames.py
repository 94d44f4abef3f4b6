"""Columns and values in Polars, compared as `sql` compares them; imported only where a frame is in Polars already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow.types as types

from highroad.products.rules.values import enumerated

if TYPE_CHECKING:
    import pyarrow as pa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def comparable(column: pl.Expr, kind: Any) -> pl.Expr:
    """A column to hold against `literal`: times as numbers, for Polars compares in the coarser of
    two units and not across time zones."""
    if types.is_timestamp(kind):
        return (column.dt.cast_time_unit("us") if kind.unit == "ms" else column).to_physical()
    return column.cast(pl.Float64) if types.is_floating(kind) and kind.bit_width < 64 else column


def literal(value: Any, kind: pa.DataType) -> Any:
    """A value, `as_stored`, to hold against `comparable`."""
    if isinstance(value, int) and 2**127 <= abs(value) < 10**308:  # wider than any integer type
        return float(value)
    if not types.is_timestamp(kind):
        return value
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    since_1970_us = (moment - EPOCH) // timedelta(microseconds=1)
    return since_1970_us * 1000 if kind.unit == "ns" else since_1970_us


def is_in(column: pl.Expr, values: list[Any], kind: pa.DataType) -> pl.Expr:
    """True where a column is one of those values that it can hold."""
    given = [literal(value, kind) for value in enumerated(values, kind)]
    if not given:
        return pl.lit(False)
    if types.is_integer(kind):
        sign = "" if types.is_signed_integer(kind) else "U"
        dtype = getattr(pl, f"{sign}Int{kind.bit_width}")
        return column.is_in(pl.lit(pl.Series(given, dtype=dtype)).implode())
    if not types.is_decimal(kind):
        return comparable(column, kind).is_in(given)
    return pl.any_horizontal(column == value for value in given)  # is_in wants one scale

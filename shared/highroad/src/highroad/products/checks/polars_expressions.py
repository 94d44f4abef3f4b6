"""Rules as Polars expressions: the same rules as `sql`, for frames that are in Polars already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow.types as types

from highroad.products.checks.patterns import as_rust
from highroad.products.checks.values import as_stored, enumerated
from highroad.products.types import value_type

if TYPE_CHECKING:
    import pyarrow as pa

    from highroad.products.rule import Rule

    Condition = Callable[[pl.Expr, Any, pa.DataType], pl.Expr]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def breaks(rule: Rule, schema: pa.Schema) -> pl.Expr:
    """True for a row that breaks a row rule; null or false for one that does not."""
    if rule.kind == "required":
        return pl.any_horizontal(pl.col(name).is_null() for name in rule.columns)
    (name,) = rule.columns
    value = rule.arguments.get("values", rule.arguments.get("value"))
    kind = value_type(schema.field(name).type)
    column = pl.col(name)
    if types.is_null(kind):  # nothing but nulls, and null passes
        return column.is_null() if rule.kind == "missing" and None in value else pl.lit(False)
    if types.is_dictionary(schema.field(name).type):
        column = column.cast(pl.String)
    return _CONDITIONS[rule.kind](column, value, kind)


def surplus(rule: Rule) -> pl.Expr:
    """Rows beyond the first of each key; rows with a null in the key do not count."""
    if len(rule.columns) == 1:
        column = pl.col(rule.columns[0])
        return column.count() - column.n_unique() + (column.null_count() > 0)
    complete = pl.all_horizontal(pl.col(name).is_not_null() for name in rule.columns)
    keys = pl.struct(rule.columns).filter(complete)
    return keys.len() - keys.n_unique()


def repeated(rule: Rule) -> pl.Expr:
    """True for all rows whose key stands in the table more than once."""
    complete = pl.all_horizontal(pl.col(name).is_not_null() for name in rule.columns)
    return complete & pl.struct(rule.columns).is_duplicated()


def longest_gap(rule: Rule) -> pl.Expr:
    """The longest time between neighbouring values of a column, in seconds."""
    moments = pl.col(rule.columns[0]).drop_nulls().unique().sort()
    return moments.diff().max().dt.total_microseconds() / 1_000_000


def _comparable(column: pl.Expr, kind: Any) -> pl.Expr:
    """A column to hold against `_literal`: times as numbers, for Polars compares in the coarser of
    two units and not across time zones."""
    if types.is_timestamp(kind):
        return (column.dt.cast_time_unit("us") if kind.unit == "ms" else column).to_physical()
    return column.cast(pl.Float64) if types.is_floating(kind) and kind.bit_width < 64 else column


def _literal(value: Any, kind: pa.DataType) -> Any:
    if isinstance(value, int) and 2**127 <= abs(value) < 10**308:  # wider than any integer type
        return float(value)
    if not types.is_timestamp(kind):
        return value
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    since_1970_us = (moment - EPOCH) // timedelta(microseconds=1)
    return since_1970_us * 1000 if kind.unit == "ns" else since_1970_us


def _bound(compare: Callable[[pl.Expr, Any], pl.Expr]) -> Condition:
    def condition(column: pl.Expr, value: Any, kind: pa.DataType) -> pl.Expr:
        outside = compare(_comparable(column, kind), _literal(as_stored(value, kind), kind))
        return outside | column.is_nan() if types.is_floating(kind) else outside

    return condition


def _multiple(column: pl.Expr, value: Any, kind: pa.DataType) -> pl.Expr:
    if types.is_integer(kind) and value == int(value):
        return column % int(value) != 0
    ratio = column.cast(pl.Float64) / float(value)
    return ~ratio.is_finite() | ((ratio - ratio.round()).abs() > 1e-9)


def _is_in(column: pl.Expr, values: list[Any], kind: pa.DataType) -> pl.Expr:
    given = [_literal(value, kind) for value in enumerated(values, kind)]
    if not given:
        return pl.lit(False)
    if types.is_integer(kind):
        sign = "" if types.is_signed_integer(kind) else "U"
        dtype = getattr(pl, f"{sign}Int{kind.bit_width}")
        return column.is_in(pl.lit(pl.Series(given, dtype=dtype)).implode())
    if not types.is_decimal(kind):
        return _comparable(column, kind).is_in(given)
    return pl.any_horizontal(column == value for value in given)  # is_in wants one scale


def _missing(column: pl.Expr, values: list[Any], kind: pa.DataType) -> pl.Expr:
    found = _is_in(column, values, kind).fill_null(False)
    return found | column.is_null() if None in values else found


def _pattern(column: pl.Expr, value: str, _: pa.DataType) -> pl.Expr:
    pattern = as_rust(value)
    pl.select(pl.lit("").str.contains(pattern))  # "a)|(b" is none, and would be one in brackets
    return ~column.str.contains(f"^(?:{pattern})$")


def _enum(column: pl.Expr, values: list[Any], kind: pa.DataType) -> pl.Expr:
    return ~_is_in(column, values, kind) & column.is_not_null()


_CONDITIONS: dict[str, Condition] = {
    "minimum": _bound(lambda column, value: column < value),
    "maximum": _bound(lambda column, value: column > value),
    "exclusiveMinimum": _bound(lambda column, value: column <= value),
    "exclusiveMaximum": _bound(lambda column, value: column >= value),
    "minLength": lambda column, value, _: column.str.len_chars() < value,
    "maxLength": lambda column, value, _: column.str.len_chars() > value,
    "multipleOf": _multiple,
    "pattern": _pattern,
    "enum": _enum,
    "missing": _missing,
}

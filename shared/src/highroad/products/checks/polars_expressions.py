"""Rules as Polars expressions: the same rules as `sql`, for frames that are in Polars already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow.types as types

if TYPE_CHECKING:
    import pyarrow as pa

    from highroad.products.rule import Rule

    Condition = Callable[[pl.Expr, Any, pa.DataType], pl.Expr]


def breaks(rule: Rule, schema: pa.Schema) -> pl.Expr:
    """True for a row that breaks a row rule; null or false for one that does not."""
    if rule.kind == "required":
        return pl.any_horizontal(pl.col(name).is_null() for name in rule.columns)
    (name,) = rule.columns
    value = rule.arguments.get("values", rule.arguments.get("value"))
    kind = schema.field(name).type
    column = pl.col(name)
    if types.is_dictionary(kind):
        column, kind = column.cast(pl.String), kind.value_type
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


def _value(value: Any, kind: pa.DataType) -> Any:
    """A bound in the column's own type; a time without a zone is UTC."""
    if not isinstance(value, str):
        return value
    if types.is_timestamp(kind):
        moment = datetime.fromisoformat(value)
        if kind.tz is None:
            return moment.replace(tzinfo=None)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if types.is_date(kind):
        return date.fromisoformat(value)
    return time.fromisoformat(value) if types.is_time(kind) else value


def _bound(compare: Callable[[pl.Expr, Any], pl.Expr]) -> Condition:
    def condition(column: pl.Expr, value: Any, kind: pa.DataType) -> pl.Expr:
        outside = compare(column, _value(value, kind))
        return outside | column.is_nan() if types.is_floating(kind) else outside

    return condition


def _multiple(column: pl.Expr, value: Any, kind: pa.DataType) -> pl.Expr:
    if types.is_integer(kind) and isinstance(value, int):
        return column % value != 0
    ratio = column.cast(pl.Float64) / float(value)
    return ~ratio.is_finite() | ((ratio - ratio.round()).abs() > 1e-9)


def _is_in(column: pl.Expr, values: list[Any], kind: pa.DataType) -> pl.Expr:
    given = [_value(value, kind) for value in values if value is not None]
    return column.is_in(given) if given else pl.lit(False)


def _missing(column: pl.Expr, values: list[Any], kind: pa.DataType) -> pl.Expr:
    found = _is_in(column, values, kind).fill_null(False)
    return found | column.is_null() if None in values else found


_CONDITIONS: dict[str, Condition] = {
    "minimum": _bound(lambda column, value: column < value),
    "maximum": _bound(lambda column, value: column > value),
    "exclusiveMinimum": _bound(lambda column, value: column <= value),
    "exclusiveMaximum": _bound(lambda column, value: column >= value),
    "minLength": lambda column, value, _: column.str.len_chars() < value,
    "maxLength": lambda column, value, _: column.str.len_chars() > value,
    "multipleOf": _multiple,
    "pattern": lambda column, value, _: ~column.str.contains(f"^(?:{value})$"),
    "enum": lambda column, values, kind: ~_is_in(column, values, kind),
    "missing": _missing,
}

"""Rules as SQL: the condition under which a row breaks one, and what else is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow.types as types

from highroad.products.checks.values import as_stored, enumerated
from highroad.products.rule import KEY_KINDS, ROW_KINDS
from highroad.products.types import value_type

if TYPE_CHECKING:
    import pyarrow as pa

    from highroad.products.rule import Rule

    Condition = Callable[[str, Any, pa.DataType], str]


def quoted(name: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any, kind: pa.DataType | None = None) -> str:
    """A value, `as_stored` where a column is given, as an SQL literal to hold against `comparable`."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"'{value!r}'::DOUBLE"
    if isinstance(value, int) and 2**127 <= abs(value) < 10**308:  # wider than any integer type
        return f"'{float(value)!r}'::DOUBLE"
    if isinstance(value, (int, Decimal)):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if kind is not None and types.is_timestamp(kind) and isinstance(value, datetime):
        return str(_since_1970_us(value) * 1000) if kind.unit == "ns" else _moment(value, kind)
    text = "'" + str(value).replace("'", "''") + "'"
    if kind is not None and types.is_date(kind):
        return f"CAST({text} AS DATE)"
    if kind is not None and types.is_time(kind):
        return f"CAST({text} AS TIME{'_NS' if kind.unit == 'ns' else ''})"
    return text


def comparable(column: str, kind: pa.DataType) -> str:
    """A column to hold against literals; DuckDB 2.0 compares nanoseconds with nothing coarser."""
    if types.is_timestamp(kind):
        if kind.unit == "ns":
            return f"epoch_ns({column})"
        return column if kind.tz else f"{column}::TIMESTAMP"
    return column


def _since_1970_us(value: datetime) -> int:
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _moment(value: datetime, kind: Any) -> str:
    return f"CAST('{value.isoformat()}' AS {'TIMESTAMPTZ' if kind.tz else 'TIMESTAMP'})"


def breaks(rule: Rule, schema: pa.Schema) -> str:
    """The SQL condition that is true for a row that breaks a row rule; null passes all but required.

    Raises:
        KeyError: The kind is none of a single row.
    """
    if rule.kind == "required":
        return "(" + " OR ".join(f"{quoted(name)} IS NULL" for name in rule.columns) + ")"
    (name,) = rule.columns
    value = rule.arguments.get("values", rule.arguments.get("value"))
    kind = value_type(schema.field(name).type)
    if types.is_null(kind):  # nothing but nulls, and null passes
        return "TRUE" if rule.kind == "missing" and None in value else "FALSE"
    return f"({_CONDITIONS[rule.kind](quoted(name), value, kind)})"


def surplus(rule: Rule, source: str) -> str:
    """A query for the rows beyond the first of each key; rows with a null in the key do not count."""
    keys = ", ".join(map(quoted, rule.columns))
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in rule.columns)
    return (
        f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {source} "
        f"WHERE {present} GROUP BY {keys})"
    )


def failing(
    rules: Sequence[Rule], schema: pa.Schema, source: str, columns: Sequence[str], most: int | None
) -> str:
    """A query for the rows that break any of the row and key rules, each row as often as it stands there."""
    conditions = [breaks(rule, schema) for rule in rules if rule.kind in ROW_KINDS]
    keys = [rule for rule in rules if rule.kind in KEY_KINDS]
    conditions += [f"({_repeated(rule)})" for rule in keys]
    shown = ", ".join(map(quoted, columns)) or "NULL"
    limit = f" LIMIT {most}" if most is not None else ""
    # QUALIFY comes after windows, and needs one.
    where = "QUALIFY" if keys else "WHERE"
    return f"SELECT {shown} FROM {source} {where} {' OR '.join(conditions) or 'FALSE'}{limit}"


def _repeated(rule: Rule) -> str:
    """The condition that is true for all rows whose key stands in the table more than once."""
    keys = ", ".join(map(quoted, rule.columns))
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in rule.columns)
    return f"{present} AND count(*) OVER (PARTITION BY {keys}) > 1"


def longest_gap(rule: Rule, source: str) -> str:
    """A query for the longest time between neighbouring values of a column, in seconds."""
    (name,) = map(quoted, rule.columns)
    return (
        f"SELECT max(epoch(moment) - epoch(before)) FROM (SELECT moment, lag(moment) OVER (ORDER BY "
        f"moment) AS before FROM (SELECT DISTINCT {name} AS moment FROM {source} WHERE {name} IS NOT NULL))"
    )


def _bound(operator: str) -> Condition:
    def condition(column: str, value: Any, kind: pa.DataType) -> str:
        bound = literal(as_stored(value, kind), kind)
        outside = f"{comparable(column, kind)} {operator} {bound}"
        # NaN sorts above everything in SQL and would keep every minimum.
        return f"isnan({column}) OR {outside}" if types.is_floating(kind) else outside

    return condition


def _multiple(column: str, value: Any, kind: pa.DataType) -> str:
    if types.is_integer(kind) and value == int(value):
        return f"{column} % {int(value)} <> 0"
    ratio = f"({column}::DOUBLE / {literal(float(value))})"
    return f"NOT isfinite({column}::DOUBLE) OR abs({ratio} - round({ratio})) > 1e-9"


def _is_in(column: str, values: list[Any], kind: pa.DataType) -> str:
    given = [literal(value, kind) for value in enumerated(values, kind)]
    return f"{comparable(column, kind)} IN ({', '.join(given)})" if given else "FALSE"


_CONDITIONS: dict[str, Condition] = {
    "minimum": _bound("<"),
    "maximum": _bound(">"),
    "exclusiveMinimum": _bound("<="),
    "exclusiveMaximum": _bound(">="),
    "minLength": lambda column, value, _: f"length({column}) < {literal(value)}",
    "maxLength": lambda column, value, _: f"length({column}) > {literal(value)}",
    "multipleOf": _multiple,
    "pattern": lambda column, value, _: f"NOT regexp_full_match({column}, {literal(value)})",
    "enum": lambda column, values, kind: (
        f"{column} IS NOT NULL AND NOT {_is_in(column, values, kind)}"
    ),
    "missing": lambda column, values, kind: (
        f"{_is_in(column, values, kind)}" + (f" OR {column} IS NULL" if None in values else "")
    ),
}

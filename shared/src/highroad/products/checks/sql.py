"""Rules as SQL: the condition under which a row breaks one, and what else is measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow.types as types

if TYPE_CHECKING:
    import pyarrow as pa

    from highroad.products.rule import Rule

    Condition = Callable[[str, Any, pa.DataType], str]


def quoted(name: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any, kind: pa.DataType | None = None) -> str:
    """A value of a contract as an SQL literal, of a column's type where that is one of time."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return repr(value)
    text = "'" + str(value).replace("'", "''") + "'"
    if kind is not None and types.is_timestamp(kind):
        # A bound without a zone is UTC, as the session's time zone is.
        return f"CAST({text} AS {'TIMESTAMPTZ' if kind.tz else 'TIMESTAMP'})"
    if kind is not None and types.is_date(kind):
        return f"CAST({text} AS DATE)"
    if kind is not None and types.is_time(kind):
        return f"CAST({text} AS TIME)"
    return text


def breaks(rule: Rule, schema: pa.Schema) -> str:
    """The SQL condition that is true for a row that breaks a row rule; null passes all but required.

    Raises:
        KeyError: The kind is none of a single row.
    """
    if rule.kind == "required":
        return "(" + " OR ".join(f"{quoted(name)} IS NULL" for name in rule.columns) + ")"
    (name,) = rule.columns
    value = rule.arguments.get("values", rule.arguments.get("value"))
    return f"({_CONDITIONS[rule.kind](quoted(name), value, schema.field(name).type)})"


def surplus(rule: Rule, source: str) -> str:
    """A query for the rows beyond the first of each key; rows with a null in the key do not count."""
    keys = ", ".join(map(quoted, rule.columns))
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in rule.columns)
    return (
        f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {source} "
        f"WHERE {present} GROUP BY {keys})"
    )


def repeated(rule: Rule, source: str) -> str:
    """A query for all rows whose key stands in the table more than once."""
    keys = ", ".join(map(quoted, rule.columns))
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in rule.columns)
    return f"SELECT * FROM {source} WHERE {present} QUALIFY count(*) OVER (PARTITION BY {keys}) > 1"


def longest_gap(rule: Rule, source: str) -> str:
    """A query for the longest time between neighbouring values of a column, in seconds."""
    (name,) = map(quoted, rule.columns)
    return (
        f"SELECT max(epoch(moment) - epoch(before)) FROM (SELECT moment, lag(moment) OVER (ORDER BY "
        f"moment) AS before FROM (SELECT DISTINCT {name} AS moment FROM {source} WHERE {name} IS NOT NULL))"
    )


def _bound(operator: str) -> Condition:
    def condition(column: str, value: Any, kind: pa.DataType) -> str:
        outside = f"{column} {operator} {literal(value, kind)}"
        # NaN sorts above everything in SQL and would keep every minimum.
        return f"isnan({column}) OR {outside}" if types.is_floating(kind) else outside

    return condition


def _multiple(column: str, value: Any, kind: pa.DataType) -> str:
    if types.is_integer(kind) and isinstance(value, int):
        return f"{column} % {literal(value)} <> 0"
    ratio = f"({column} / {literal(float(value))})"
    return f"NOT isfinite({column}::DOUBLE) OR abs({ratio} - round({ratio})) > 1e-9"


def _is_in(column: str, values: list[Any], kind: pa.DataType) -> str:
    given = [literal(value, kind) for value in values if value is not None]
    return f"{column} IN ({', '.join(given)})" if given else "FALSE"


_CONDITIONS: dict[str, Condition] = {
    "minimum": _bound("<"),
    "maximum": _bound(">"),
    "exclusiveMinimum": _bound("<="),
    "exclusiveMaximum": _bound(">="),
    "minLength": lambda column, value, _: f"length({column}) < {literal(value)}",
    "maxLength": lambda column, value, _: f"length({column}) > {literal(value)}",
    "multipleOf": _multiple,
    "pattern": lambda column, value, _: f"NOT regexp_full_match({column}, {literal(value)})",
    "enum": lambda column, values, kind: f"NOT {_is_in(column, values, kind)}",
    "missing": lambda column, values, kind: (
        f"{_is_in(column, values, kind)}" + (f" OR {column} IS NULL" if None in values else "")
    ),
}

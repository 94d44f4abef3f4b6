"""Names and values in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from highroad.products.rules.values import enumerated

if TYPE_CHECKING:
    import pyarrow as pa


def quoted(name: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any, kind: pa.DataType | None = None) -> str:
    """A value, `as_stored` where a column is given, as an SQL literal to hold against `comparable`."""
    import pyarrow.types as types

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
    import pyarrow.types as types

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


def is_in(column: str, values: list[Any], kind: pa.DataType) -> str:
    """The condition that a column is one of those values that it can hold."""
    given = [literal(value, kind) for value in enumerated(values, kind)]
    return f"{comparable(column, kind)} IN ({', '.join(given)})" if given else "FALSE"


def present(columns: Sequence[str]) -> str:
    """The condition that none of these columns is null."""
    return " AND ".join(f"{quoted(name)} IS NOT NULL" for name in columns)

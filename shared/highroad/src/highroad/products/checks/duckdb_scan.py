"""Check Arrow tables and files with one DuckDB query, out of core."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.types as types

from highroad.errors import DataError
from highroad.products.checks.sandbox import ask_all
from highroad.products.rule import KEY, QUERY, ROW, Rule, Source, Statistics
from highroad.products.rules.sql import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SOURCE = "checked"
PART = "checked_part"
RULES_PER_QUERY = 32
"""Rules that one query measures; DuckDB's planning takes more than linear time in its subqueries."""
WIDE_COLUMNS = 64
"""Each subquery binds every column of its table; of a wider table it gets only those it needs."""


def connect() -> DuckDBPyConnection:
    """A DuckDB of its own, in memory, in UTC, that takes no variable of this process for a table.

    What does not fit into memory goes to a folder of its own and not to the working directory,
    where several processes would share one.
    """
    spill = Path(tempfile.gettempdir()) / f"highroad-duckdb-{uuid4().hex}"
    connection = duckdb.connect(":memory:", config={"python_enable_replacements": False})
    connection.execute(f"SET temp_directory = '{spill.as_posix()}'")
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    # Both believe that a file's minimum and maximum cover NaN, which they do not: with either on,
    # DuckDB 2.0 finds no NaN in a Parquet file whose statistics are finite.
    connection.execute("SET disabled_optimizers = 'statistics_propagation,filter_pushdown'")
    return connection


class DuckDBScan:
    """A scan over an Arrow table or dataset."""

    engine = "duckdb"
    _statistics: Statistics | None = None

    def __init__(self, data: Any):
        self._connection = connect()
        self.schema: pa.Schema = data.schema
        if not self.schema.names:  # DuckDB has no table without columns
            data = pa.table({"nothing": pa.nulls(getattr(data, "num_rows", 0))})
        self._data = readable(data)
        self._connection.register(SOURCE, self._data)

    def measure(self, rules: Sequence[Rule]) -> tuple[int, Mapping[str, Any]]:
        """See `Scan.measure`."""
        asked = [rule for rule in rules if rule.about != QUERY]
        found: dict[str, Any] = {}
        rows = 0
        for start in range(0, max(len(asked), 1), RULES_PER_QUERY):
            rows, measured = self._measured(asked[start : start + RULES_PER_QUERY])
            found |= measured
        if queries := [rule for rule in rules if rule.about == QUERY]:
            found |= ask_all(queries, self._data)
        return rows, found

    def failing(
        self, rules: Sequence[Rule], most: int | None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """See `Scan.failing`."""
        shown = self.schema.names if columns is None else columns
        source = self._source([*shown, *(name for rule in rules for name in rule.columns)])
        conditions = [
            rule.kind.breaks(rule, self.schema) for rule in rules if rule.about in (ROW, KEY)
        ]
        # QUALIFY comes after windows, and needs one.
        where = "QUALIFY" if any(rule.about == KEY for rule in rules) else "WHERE"
        query = (
            f"SELECT {', '.join(map(quoted, shown)) or 'NULL'} FROM {source} {where} "
            f"{' OR '.join(conditions) or 'FALSE'}{'' if most is None else f' LIMIT {most}'}"
        )
        return self._connection.sql(query).to_arrow_table().select([*shown])

    def _measured(self, rules: Sequence[Rule]) -> tuple[int, dict[str, Any]]:
        try:
            return self._fused(rules)
        except Exception:  # of DuckDB, or of a kind that somebody added
            rows = self._count()
        found: dict[str, Any] = {}
        for rule in rules:  # one rule spoilt the query: ask each by itself to learn which
            try:
                found |= self._fused([rule])[1]
            except Exception as error:
                found[rule.id] = error
        return rows, found

    def _count(self) -> int:
        try:
            return self._fused([])[0]
        except duckdb.Error as error:
            raise DataError(
                f"DuckDB cannot read the table: {str(error).splitlines()[0]}"
            ) from error

    def _fused(self, rules: Sequence[Rule]) -> tuple[int, dict[str, Any]]:
        # A subquery each: a filter before the count is quicker than `count(*) FILTER`, each reads
        # only its own column, and DuckDB runs them side by side.
        source = self._source([name for rule in rules for name in rule.columns])
        measures = [f"(SELECT count(*) FROM {source})"]
        table = Source(source, self.schema, self._statistics)
        measures += [rule.kind.sql(rule, table) for rule in rules]
        row = self._connection.sql(f"SELECT {', '.join(measures)}").to_arrow_table().columns
        values = [each[0].as_py() for each in row]
        measured = zip(rules, values[1:], strict=True)
        return int(values[0]), {rule.id: rule.kind.decoded(value) for rule, value in measured}

    def _source(self, columns: Sequence[str]) -> str:
        """The name of a table that has these columns; of a wide table, a part with no others."""
        names = [*dict.fromkeys(columns)]
        if len(self.schema) <= WIDE_COLUMNS or not 0 < len(names) <= WIDE_COLUMNS:
            return SOURCE
        self._connection.register(PART, readable(_part(self._data, names)))
        return PART


def _part(data: Any, columns: Sequence[str]) -> Any:
    """A table or dataset with these columns only."""
    if isinstance(data, pa.Table):
        return data.select(columns)
    return data.replace_schema(pa.schema([data.schema.field(name) for name in columns]))


def readable(data: Any) -> Any:
    """The same data in types that DuckDB reads: half floats as single, wide decimals as double."""
    kinds = [_read_as(each) for each in data.schema.types]
    if kinds == data.schema.types:
        return data
    schema = pa.schema([*zip(data.schema.names, kinds, strict=True)])
    return (data if isinstance(data, pa.Table) else data.to_table()).cast(schema)


def _read_as(kind: pa.DataType) -> pa.DataType:
    if types.is_float16(kind):
        return pa.float32()
    return pa.float64() if types.is_decimal256(kind) else kind

"""Try rules on a table that has columns and no rows, as a lint does: what can fail fails there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb

from highroad.products.checks.duckdb_scan import connect, readable
from highroad.products.checks.sandbox import ask_all
from highroad.products.checks.scan import require_distinct
from highroad.products.rule import QUERY, ROW, Rule
from highroad.products.rules.sql import quoted

if TYPE_CHECKING:
    import pyarrow as pa


class EmptyScan:
    """A scan over a table of these columns without rows; all such scans share one DuckDB."""

    engine = "duckdb"

    def __init__(self, schema: pa.Schema):
        require_distinct(schema.names)
        self.schema = schema

    def measure(self, rules: Sequence[Rule]) -> tuple[int, Mapping[str, Any]]:
        """See `Scan.measure`."""
        found: dict[str, Any] = {
            rule.id: rule.kind.on_no_rows() for rule in rules if rule.about != QUERY
        }
        if asked := [rule for rule in rules if rule.about == ROW]:
            found |= self._failures(asked)
        if queries := [rule for rule in rules if rule.about == QUERY]:
            found |= ask_all(queries, readable(self.schema.empty_table()))
        return 0, found

    def failing(
        self, rules: Sequence[Rule], most: int | None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """See `Scan.failing`: no row is there to break a rule."""
        table = self.schema.empty_table()
        return table if columns is None else table.select([*columns])

    def _failures(self, rules: Sequence[Rule]) -> dict[str, Exception]:
        """The errors that rules end in, by rule id."""
        columns = ", ".join(
            f"NULL::{_sql_type(self.schema.field(name).type)} AS {quoted(name)}"
            for name in dict.fromkeys(name for rule in rules for name in rule.columns)
        )
        conditions: dict[str, str] = {}
        found: dict[str, Exception] = {}
        for rule in rules:
            try:
                conditions[rule.id] = rule.kind.breaks(rule, self.schema)
            except Exception as error:  # of a kind that somebody added
                found[rule.id] = error
        with _database(os.getpid()).cursor() as connection:

            def bind(asked: Iterable[str]) -> None:
                connection.sql(f"SELECT {', '.join(asked)} FROM (SELECT {columns})")

            try:
                bind(conditions.values() or "1")  # finds every fault, and runs nothing
                return found
            except duckdb.Error:
                pass
            for name, condition in conditions.items():
                try:
                    bind([condition])
                except duckdb.Error as error:
                    found[name] = error
        return found


@cache
def _sql_type(kind: pa.DataType) -> str:
    """How DuckDB calls the type that it reads an Arrow type as."""
    import pyarrow as pa

    empty = readable(pa.table({"": pa.array([], kind)}))
    (found,) = _database(os.getpid()).from_arrow(empty).types
    return str(found)


@cache
def _database(process: int) -> duckdb.DuckDBPyConnection:
    """The DuckDB of all empty scans, one for each process: opening one takes longer than a lint."""
    return connect()

"""Try rules on a table that has columns and no rows, as a lint does: what can fail fails there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb

from highroad.products.checks import sql
from highroad.products.checks.duckdb_scan import connect, readable
from highroad.products.checks.sandbox import ask_all
from highroad.products.checks.scan import require_distinct
from highroad.products.rule import AGE_KINDS, ROW_KINDS, Rule

if TYPE_CHECKING:
    import pyarrow as pa

_CONDITIONS = ROW_KINDS - {"required"}
"""Kinds whose value stands in the query and can spoil it; no other measure fails without rows."""


class EmptyScan:
    """A scan over a table of these columns without rows; all such scans share one DuckDB."""

    engine = "duckdb"

    def __init__(self, schema: pa.Schema):
        require_distinct(schema.names)
        self.schema = schema

    def measure(self, rules: Sequence[Rule]) -> tuple[int, Mapping[str, Any]]:
        """See `Scan.measure`."""
        found: dict[str, Any] = {
            rule.id: None if rule.kind in AGE_KINDS else 0 for rule in rules if rule.kind != "sql"
        }
        if asked := [rule for rule in rules if rule.kind in _CONDITIONS]:
            found |= self._failures(asked)
        if queries := [rule for rule in rules if rule.kind == "sql"]:
            found |= ask_all(queries, readable(self.schema.empty_table()))
        return 0, found

    def failing(
        self, rules: Sequence[Rule], most: int | None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """See `Scan.failing`: no row is there to break a rule."""
        table = self.schema.empty_table()
        return table if columns is None else table.select([*columns])

    def _failures(self, rules: Sequence[Rule]) -> dict[str, duckdb.Error]:
        """The errors that rules end in, by rule id."""
        columns = ", ".join(
            f"NULL::{_sql_type(self.schema.field(name).type)} AS {sql.quoted(name)}"
            for name in dict.fromkeys(name for rule in rules for name in rule.columns)
        )
        conditions = [sql.breaks(rule, self.schema) for rule in rules]
        found: dict[str, duckdb.Error] = {}
        with _database(os.getpid()).cursor() as connection:

            def bind(asked: Sequence[str]) -> None:
                connection.sql(f"SELECT {', '.join(asked)} FROM (SELECT {columns})")

            try:
                bind(conditions)  # finds every fault, and runs nothing
                return found
            except duckdb.Error:
                pass
            for rule, condition in zip(rules, conditions, strict=True):
                try:
                    bind([condition])
                except duckdb.Error as error:
                    found[rule.id] = error
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

"""Check a Polars frame with one select; a lazy one streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from highroad.errors import DataError
from highroad.products.rule import KEY, MIXED, ROW, Rule

if TYPE_CHECKING:
    from highroad.products.checks.scan import Scan

_FAILURES = (pl.exceptions.PolarsError, ValueError, TypeError, OverflowError)


class PolarsScan:
    """A scan over a DataFrame or LazyFrame."""

    engine = "polars"

    def __init__(self, data: pl.DataFrame | pl.LazyFrame):
        self._data = data
        try:
            schema = data.collect_schema()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(f"Polars cannot read the table: {error}") from error
        self.schema: pa.Schema = pa.schema([_field(*each) for each in schema.items()])

    def measure(self, rules: Sequence[Rule]) -> tuple[int, Mapping[str, Any]]:
        """See `Scan.measure`. What has no Polars expression is measured by DuckDB."""
        found: dict[str, Any] = {}
        asked: dict[str, pl.Expr] = {}
        others = []
        for rule in rules:
            try:
                expression = rule.kind.frame(rule, self.schema)
            except _FAILURES as error:
                found[rule.id] = error
                continue
            if expression is None:
                others.append(rule)
            else:
                asked[rule.id] = expression
        try:
            rows, measured = self._fused(asked)
            found |= measured
        except _FAILURES:
            rows = self._count()
            for name, expression in asked.items():  # one spoilt the query: ask each to learn which
                try:
                    found |= self._fused({name: expression})[1]
                except _FAILURES as error:
                    found[name] = error
        return rows, {**found, **(self._in_duckdb.measure(others)[1] if others else {})}

    def failing(
        self, rules: Sequence[Rule], most: int | None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """See `Scan.failing`."""
        conditions = []
        for rule in (each for each in rules if each.about in (ROW, KEY)):
            condition = rule.kind.frame_breaks(rule, self.schema)
            if condition is None:
                return self._in_duckdb.failing(rules, most, columns)
            conditions.append(condition.fill_null(False))
        found = self._data.lazy().filter(pl.any_horizontal(conditions or [pl.lit(False)]))
        if columns is not None:
            found = found.select(columns)
        return (found if most is None else found.head(most)).collect().to_arrow()

    @cached_property
    def _in_duckdb(self) -> Scan:
        from highroad.products.checks.duckdb_scan import DuckDBScan

        return DuckDBScan(self._data.lazy().collect().to_arrow())

    def _count(self) -> int:
        try:
            return self._fused({})[0]
        except (*_FAILURES, OSError) as error:
            raise DataError(f"Polars cannot read the table: {error}") from error

    def _fused(self, asked: Mapping[str, pl.Expr]) -> tuple[int, dict[str, Any]]:
        measures = [pl.len().alias("rows")]
        measures += [each.alias(f"m{index}") for index, each in enumerate(asked.values())]
        if isinstance(self._data, pl.LazyFrame):
            result = self._data.select(measures).collect(engine="streaming")
        else:
            result = self._data.select(measures)
        row = result.row(0)
        return int(row[0]), dict(zip(asked, row[1:], strict=True))


def _field(name: str, dtype: pl.DataType) -> pa.Field:
    """A column as Arrow has it; text marked `MIXED` where Arrow has no such type."""
    if dtype != pl.Object:
        try:
            return pl.DataFrame(schema={name: dtype}).to_arrow().schema.field(0)
        except (pa.ArrowException, pl.exceptions.PolarsError, TypeError):
            pass
    return pa.field(name, pa.string(), metadata={MIXED: f"values of {dtype}".encode()})

"""Check a Polars frame with one select; a lazy one streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from highroad.errors import DataError
from highroad.products.checks import polars_expressions as expressions
from highroad.products.checks.scan import MIXED
from highroad.products.rule import KEY_KINDS, ROW_KINDS, Rule

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
        """See `Scan.measure`."""
        asked = [rule for rule in rules if rule.kind != "sql"]
        found: dict[str, Any] = {}
        try:
            rows, found = self._fused(asked)
        except _FAILURES:
            rows = self._count()
            for rule in asked:  # one rule spoilt the query: ask each by itself to learn which
                try:
                    found |= self._fused([rule])[1]
                except _FAILURES as error:
                    found[rule.id] = error
        if queries := [rule for rule in rules if rule.kind == "sql"]:
            from highroad.products.checks.sandbox import ask_all

            found |= ask_all(queries, self._data.lazy().collect().to_arrow())
        return rows, found

    def failing(
        self, rules: Sequence[Rule], most: int | None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """See `Scan.failing`."""
        conditions = [
            expressions.breaks(rule, self.schema).fill_null(False)
            for rule in rules
            if rule.kind in ROW_KINDS
        ]
        conditions += [expressions.repeated(rule) for rule in rules if rule.kind in KEY_KINDS]
        found = self._data.lazy().filter(pl.any_horizontal(conditions or [pl.lit(False)]))
        if columns is not None:
            found = found.select(columns)
        return (found if most is None else found.head(most)).collect().to_arrow()

    def _count(self) -> int:
        try:
            return self._fused([])[0]
        except (*_FAILURES, OSError) as error:
            raise DataError(f"Polars cannot read the table: {error}") from error

    def _fused(self, rules: Sequence[Rule]) -> tuple[int, dict[str, Any]]:
        asked = [pl.len().alias("rows")]
        asked += [self._expression(rule).alias(f"m{index}") for index, rule in enumerate(rules)]
        if isinstance(self._data, pl.LazyFrame):
            result = self._data.select(asked).collect(engine="streaming")
        else:
            result = self._data.select(asked)
        row = result.row(0)
        return int(row[0]), {rule.id: value for rule, value in zip(rules, row[1:], strict=True)}

    def _expression(self, rule: Rule) -> pl.Expr:
        if rule.kind == "rowCount":
            return pl.len()
        if rule.kind == "required" and len(rule.columns) == 1:
            return pl.col(rule.columns[0]).null_count()
        if rule.kind in ROW_KINDS:
            return expressions.breaks(rule, self.schema).sum()
        if rule.kind in KEY_KINDS:
            return expressions.surplus(rule)
        if rule.kind == "frequency":
            return expressions.longest_gap(rule)
        column = pl.col(rule.columns[0])
        return column.max() if rule.kind == "latency" else column.min()


def _field(name: str, dtype: pl.DataType) -> pa.Field:
    """A column as Arrow has it; text marked `MIXED` where Arrow has no such type."""
    if dtype != pl.Object:
        try:
            return pl.DataFrame(schema={name: dtype}).to_arrow().schema.field(0)
        except (pa.ArrowException, pl.exceptions.PolarsError, TypeError):
            pass
    return pa.field(name, pa.string(), metadata={MIXED: f"values of {dtype}".encode()})

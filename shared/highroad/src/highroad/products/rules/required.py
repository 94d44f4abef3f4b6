"""A column is never null."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from highroad.products.rule import Declared, Rule, Source, Statistics
from highroad.products.rules.bases import RowKind
from highroad.products.rules.sql import quoted

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


class Required(RowKind):
    """A column is never null, or no column of the primary key is.

    Example:
        ```yaml
        properties:
          - {name: status, required: true}
          - {name: amount, quality: [{metric: nullValues, mustBeLessThan: 1, unit: percent}]}
        ```
    """

    name = "required"
    reads = ("column.required", "table.primaryKey", "metric.nullValues")

    def read(self, declared: Declared) -> Iterator[Rule]:
        if declared.key == "primaryKey":
            words = f"primary key ({', '.join(declared.columns)}): never null"
            yield declared.rule(self, id="rows.primaryKeyNull", words=words)
        elif declared.columns:
            yield declared.rule(self)

    def sentence(self, rule: Rule) -> str:
        return "is never null"

    def unsuited(self, rule: Rule, schema: pa.Schema) -> str:
        return ""

    def known(self, rule: Rule, rows: int, statistics: Statistics | None, schema: pa.Schema) -> Any:
        return statistics.nulls(rule.columns[0]) if statistics and not rule.columns[1:] else None

    def breaks(self, rule: Rule, schema: pa.Schema) -> str:
        return "(" + " OR ".join(f"{quoted(name)} IS NULL" for name in rule.columns) + ")"

    def frame_breaks(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        import polars as pl

        return pl.any_horizontal(pl.col(name).is_null() for name in rule.columns)

    def condition(self, rule: Rule, column: str, kind: pa.DataType) -> str:
        return f"{column} IS NULL"

    def sql(self, rule: Rule, source: Source) -> str:
        if rule.columns[1:]:
            return super().sql(rule, source)
        return f"(SELECT count(*) - count({quoted(rule.columns[0])}) FROM {source.name})"

    def frame(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        import polars as pl

        return (
            super().frame(rule, schema)
            if rule.columns[1:]
            else pl.col(rule.columns[0]).null_count()
        )

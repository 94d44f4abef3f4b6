"""No two rows have the same key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from highroad.products.rule import KEY, Declared, Rule, RuleKind, Source
from highroad.products.rules.sql import present, quoted

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

WIDEST_KEYS = 1 << 28
"""Whole-number keys are ticked off in a bitmap up to this span: a bit each, 32 MiB a thread."""


class Unique(RuleKind):
    """No value stands in a column twice, or no key of several columns; what has a null in it does not count.

    Example:
        ```yaml
        quality: [{metric: duplicateValues, arguments: {properties: [day, shop]}, mustBe: 0}]
        properties: [{name: id, unique: true}, {name: number, primaryKey: true}, {name: day}, {name: shop}]
        ```
    """

    name = "unique"
    about = KEY
    is_count = True
    reads = ("column.unique", "table.primaryKey", "metric.duplicateValues")

    def read(self, declared: Declared) -> Iterator[Rule]:
        if declared.key == "primaryKey":
            words = f"primary key ({', '.join(declared.columns)}): no row twice"
            yield declared.rule(self, id="rows.primaryKey", words=words)
        elif declared.key == "duplicateValues":
            keys = tuple(map(str, declared.value.get("properties", declared.columns)))
            yield (
                declared.rule(self, columns=keys)
                if keys
                else declared.unchecked("expected arguments.properties")
            )
        else:
            yield declared.rule(self)

    def sentence(self, rule: Rule) -> str:
        return "no value twice"

    def sql(self, rule: Rule, source: Source) -> str:
        import pyarrow.types as types

        if len(rule.columns) == 1 and source.statistics is not None:
            (name,) = rule.columns
            is_whole = types.is_integer(source.schema.field(name).type)
            span = source.statistics.span(name) if is_whole else None
            if span is not None and span[1] - span[0] < WIDEST_KEYS:
                # Ticking off whole numbers in a bitmap takes a tenth of a hash table of them.
                column = quoted(name)
                bits = f"bit_count(bitstring_agg({column}, {span[0]}, {span[1]}))"
                return f"(SELECT count({column}) - {bits} FROM {source.name})"
        return (
            f"(SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {source.name} "
            f"WHERE {present(rule.columns)} GROUP BY {', '.join(map(quoted, rule.columns))}))"
        )

    def frame(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        import polars as pl

        if len(rule.columns) == 1:
            column = pl.col(rule.columns[0])
            return column.count() - column.n_unique() + (column.null_count() > 0)
        complete = pl.all_horizontal(pl.col(name).is_not_null() for name in rule.columns)
        keys = pl.struct(rule.columns).filter(complete)
        return keys.len() - keys.n_unique()

    def breaks(self, rule: Rule, schema: pa.Schema) -> str:
        keys = ", ".join(map(quoted, rule.columns))
        return f"({present(rule.columns)} AND count(*) OVER (PARTITION BY {keys}) > 1)"

    def frame_breaks(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        import polars as pl

        complete = pl.all_horizontal(pl.col(name).is_not_null() for name in rule.columns)
        return complete & pl.struct(rule.columns).is_duplicated()

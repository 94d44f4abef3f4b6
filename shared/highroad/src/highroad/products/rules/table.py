"""What a table as a whole must be: its number of rows, or the result of a query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from highroad.products.limits import NONE_ALLOWED, PERCENT
from highroad.products.rule import (
    OTHER,
    QUERY,
    Arguments,
    Declared,
    Rule,
    RuleKind,
    Source,
    Statistics,
)

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

_COUNTS_ROWS = re.compile(
    r"^\s*select\s+count\(\s*\*\s*\)\s+from\s+\{object\}(\s+where\b.*)?;?\s*$", re.I | re.S
)
_LOOKS_FURTHER = re.compile(
    r"\b(select|over|group|having|qualify|limit|offset|order|union|intersect|except|using|join|"
    r"tablesample|random|uuid|gen_random_uuid|nextval|now|today|current_\w+|get_current_\w+)\b",
    re.I,
)


class RowCount(RuleKind):
    """A table has so many rows.

    Example:
        ```yaml
        quality: [{metric: rowCount, mustBeGreaterThan: 0}]
        ```
    """

    name = "rowCount"
    reads = ("metric.rowCount",)
    is_count = True
    shows_limit = True

    def read(self, declared: Declared) -> Iterator[Rule]:
        if declared.limit.unit == PERCENT:
            yield declared.unchecked("rows are no share of anything")
        else:
            yield declared.rule(self, columns=())

    def sentence(self, rule: Rule) -> str:
        return "rows"

    def known(self, rule: Rule, rows: int, statistics: Statistics | None, schema: pa.Schema) -> Any:
        return rows

    def sql(self, rule: Rule, source: Source) -> str:
        return f"(SELECT count(*) FROM {source.name})"

    def frame(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        import polars as pl

        return pl.len()


class Query(RuleKind):
    """A query on the table, run in a process that sees nothing else, gives a certain value.

    Example:
        ```yaml
        quality: [{query: "SELECT count(*) FROM {object} WHERE paid > price", mustBe: 0}]
        ```
    """

    name = "sql"
    about = QUERY
    reads = ("metric.sql",)
    shows_limit = True

    def read(self, declared: Declared) -> Iterator[Rule]:
        if declared.model.query:
            yield declared.rule(self, query=declared.model.query)
        else:
            yield declared.unchecked("an SQL rule without a query")

    def sentence(self, rule: Rule) -> str:
        return str(rule.arguments["query"])

    def divides(self, rule: Rule) -> bool:
        """Does it count rows that fail by themselves?"""
        condition = _COUNTS_ROWS.match(str(rule.arguments["query"]))
        return (
            rule.limit == NONE_ALLOWED
            and condition is not None
            and not _LOOKS_FURTHER.search(condition.group(1) or "")
        )

    def change(self, old: Arguments, new: Arguments) -> str:
        # White space between words does not count where no text or comment holds any.
        before, after = (str(each["query"]) for each in (old, new))
        is_simple = not any(mark in before + after for mark in ("'", '"', "--", "/*", "$"))
        return "" if is_simple and before.split() == after.split() else OTHER

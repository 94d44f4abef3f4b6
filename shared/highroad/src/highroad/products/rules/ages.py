"""How old data may be, and until when it is promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from highroad.products.constraint_change import more_is_stricter
from highroad.products.rule import (
    ERROR,
    FAIL,
    NOT_CHECKED,
    PASS,
    TIME,
    WEAKER,
    Arguments,
    Declared,
    Result,
    Rule,
    RuleKind,
    Source,
    Statistics,
)
from highroad.products.rules.bases import AgeKind, as_utc
from highroad.products.rules.sql import quoted

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


class Latency(AgeKind):
    """The newest data is at most so old.

    Example:
        ```yaml
        slaProperties: [{property: latency, value: 26, unit: h, element: orders.at}]
        ```
    """

    name = "latency"
    reads = ("promise.latency", "promise.freshness", "promise.ly")
    needs_column = False


class Retention(AgeKind):
    """No data is older than this; `highroad products retain` removes what is.

    Example:
        ```yaml
        slaProperties: [{property: retention, value: 2, unit: y, element: orders.at}]
        ```
    """

    name = "retention"
    reads = ("promise.retention", "promise.re")
    extreme, what = "min", "oldest"

    def change(self, old: Arguments, new: Arguments) -> str:
        return super().change(new, old)

    def meaning(self, old: Rule | None, new: Rule | None, how: str) -> str:
        is_sooner = new is not None and (old is None or how == WEAKER)
        return "rows go sooner" if is_sooner else how


class Frequency(AgeKind):
    """Between two neighbouring moments is at most so much time.

    Example:
        ```yaml
        slaProperties: [{property: frequency, value: 1, unit: d, element: orders.at}]
        ```
    """

    name = "frequency"
    reads = ("promise.frequency", "promise.fy")

    def known(self, rule: Rule, rows: int, statistics: Statistics | None, schema: pa.Schema) -> Any:
        return None

    def sql(self, rule: Rule, source: Source) -> str:
        (name,) = map(quoted, rule.columns)
        return (
            f"(SELECT max(epoch(moment) - epoch(before)) FROM (SELECT moment, lag(moment) OVER (ORDER BY moment) "
            f"AS before FROM (SELECT DISTINCT {name} AS moment FROM {source.name} WHERE {name} IS NOT NULL)))"
        )

    def frame(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        import polars as pl

        moments = pl.col(rule.columns[0]).drop_nulls().unique().sort()
        return moments.diff().max().dt.total_microseconds() / 1_000_000

    def decoded(self, value: Any) -> Any:
        return value

    def judged(self, rule: Rule, value: Any, rows: int, now: datetime) -> Result:
        if value is None:
            return Result(rule, ERROR, reason="fewer than two moments, so no gap to tell")
        gap, promised = timedelta(seconds=float(value)), rule.arguments["duration"]
        if gap <= promised:
            return Result(rule, PASS, str(gap))
        why = f"the longest gap is {gap}, promised is at most {promised}"
        return Result(rule, FAIL, str(gap), reason=why)


class End(RuleKind):
    """The product is promised until a day.

    Example:
        ```yaml
        slaProperties: [{property: endOfSupport, value: "2030-01-01"}]
        ```
    """

    name = "end"
    about = TIME
    reads = ("promise.endOfSupport", "promise.endOfLife")
    is_of_product = True

    def read(self, declared: Declared) -> Iterator[Rule]:
        yield declared.rule(self, columns=(), value=declared.value)

    def sentence(self, rule: Rule) -> str:
        return f"until {rule.arguments['value']}"

    def decided(self, rule: Rule, schema: pa.Schema, now: datetime) -> Result | None:
        try:
            end = as_utc(datetime.fromisoformat(str(rule.arguments["value"])))
        except ValueError:
            return Result(rule, NOT_CHECKED, reason="expected an ISO date")
        if now < end:
            return Result(rule, PASS, end)
        return Result(rule, FAIL, end, reason=f"ended on {end:%Y-%m-%d}")

    def change(self, old: Arguments, new: Arguments) -> str:
        return more_is_stricter(old, new)

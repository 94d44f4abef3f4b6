"""How rules of rows, of columns and of ages are checked: what kinds inherit."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from highroad.products.limits import duration_of
from highroad.products.rule import (
    ERROR,
    FAIL,
    MIXED,
    NOT_CHECKED,
    PASS,
    ROW,
    SCHEMA,
    STRICTER,
    TIME,
    WEAKER,
    Arguments,
    Result,
    Rule,
    RuleKind,
    Source,
    Statistics,
)
from highroad.products.rules.sql import quoted
from highroad.products.types import fits_logical, value_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    import pyarrow as pa

    from highroad.products.rule import Declared

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RowKind(RuleKind):
    """A kind that is true or false of a single row; what is null passes.

    Attributes:
        suits: Logical types of columns that it can be asked of; empty for any.
    """

    about = ROW
    is_count = True
    suits: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def condition(self, rule: Rule, column: str, kind: pa.DataType) -> str:
        """The SQL condition that is true for a row that breaks the rule.

        Args:
            rule: The rule.
            column: The name of its first column, quoted.
            kind: That column's type as stored.
        """

    def frame_condition(self, rule: Rule, column: pl.Expr, kind: pa.DataType) -> pl.Expr | None:
        """The same for Polars; None where DuckDB is to measure it."""
        return None

    def problem(self, rule: Rule, kind: pa.DataType) -> str:
        """Why the rule's own values cannot be held against a column of this type; empty where they can."""
        return ""

    def null_breaks(self, rule: Rule) -> bool:
        """Does a null break the rule?"""
        return False

    def breaks(self, rule: Rule, schema: pa.Schema) -> str:
        """The SQL condition for any column, one of nothing but nulls too."""
        import pyarrow.types as types

        kind = value_type(schema.field(rule.columns[0]).type)
        if types.is_null(kind):
            return "TRUE" if self.null_breaks(rule) else "FALSE"
        return f"({self.condition(rule, quoted(rule.columns[0]), kind)})"

    def frame_breaks(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        """The Polars expression for any column; null or false for a row that keeps the rule."""
        import polars as pl
        import pyarrow.types as types

        field = schema.field(rule.columns[0])
        kind, column = value_type(field.type), pl.col(field.name)
        if types.is_null(kind):
            return column.is_null() if self.null_breaks(rule) else pl.lit(False)
        if types.is_dictionary(field.type):
            column = column.cast(pl.String)
        return self.frame_condition(rule, column, kind)

    def unsuited(self, rule: Rule, schema: pa.Schema) -> str:
        kind = value_type(schema.field(rule.columns[0]).type)
        if str(kind) == "null":
            return ""
        if self.suits and not any(fits_logical(each, kind) for each in self.suits):
            return (
                f"cannot be asked of a column stored as {kind}; expected {' or '.join(self.suits)}"
            )
        return self.problem(rule, kind)

    def sql(self, rule: Rule, source: Source) -> str:
        condition = self.breaks(rule, source.schema)
        (name, *others) = rule.columns
        if others or source.statistics is None or not source.statistics.repeats(name):
            return f"(SELECT count(*) FROM {source.name} WHERE {condition})"
        # Few values, often repeated: look at each once, weighted by how often it stands there.
        column, times = quoted(name), quoted(f"{name} repeats")
        groups = f"(SELECT {column}, count(*) FROM {source.name} GROUP BY {column})"
        return f"(SELECT coalesce(sum({times}), 0) FROM {groups} AS counted ({column}, {times}) WHERE {condition})"

    def frame(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        broken = self.frame_breaks(rule, schema)
        return None if broken is None else broken.sum()


class SchemaKind(RuleKind):
    """A kind that the type of a column decides."""

    about = SCHEMA

    @abstractmethod
    def fits(self, rule: Rule, kind: pa.DataType) -> bool | None:
        """Is a column of this type right? None where nobody can tell."""

    def decided(self, rule: Rule, schema: pa.Schema, now: datetime) -> Result | None:
        result = super().decided(rule, schema, now)
        if result is not None:
            (name,) = rule.columns
            is_mixed = schema.get_field_index(name) >= 0 and MIXED in (
                schema.field(name).metadata or {}
            )
            return Result(rule, FAIL, reason=result.reason) if is_mixed else result
        kind = schema.field(rule.columns[0]).type
        fits = self.fits(rule, kind)
        if fits is None:
            return Result(rule, NOT_CHECKED, str(kind), reason="a type of another system")
        return Result(rule, PASS if fits else FAIL, str(kind))


class AgeKind(RuleKind):
    """A kind about the time that a column tells, as a promise of `slaProperties`.

    Attributes:
        needs_column: Has the promise to name its column?
        extreme: The SQL function that finds the moment; `max` or `min`.
        what: The moment in words.
    """

    about = TIME
    needs_column: ClassVar[bool] = True
    extreme: ClassVar[str] = "max"
    what: ClassVar[str] = "newest"

    def read(self, declared: Declared) -> Iterator[Rule]:
        duration = duration_of(declared.value, declared.model.unit)
        if duration is None:
            yield declared.unchecked("expected a number with a unit such as h or d")
        elif self.needs_column and not declared.columns:
            yield declared.unchecked("expected an element, the column that holds the time")
        else:
            yield declared.rule(self, duration=duration)

    def sentence(self, rule: Rule) -> str:
        return f"{self.name} {rule.arguments['duration']}"

    def decided(self, rule: Rule, schema: pa.Schema, now: datetime) -> Result | None:
        if not rule.columns:
            why = "no column tells its time; its publication does"
            return Result(rule, NOT_CHECKED, reason=why)
        return super().decided(rule, schema, now)

    def unsuited(self, rule: Rule, schema: pa.Schema) -> str:
        kind = value_type(schema.field(rule.columns[0]).type)
        if fits_logical("date", kind) or fits_logical("timestamp", kind):
            return ""
        return f"cannot be asked of a column stored as {kind}; expected date or timestamp"

    def known(self, rule: Rule, rows: int, statistics: Statistics | None, schema: pa.Schema) -> Any:
        span = statistics.span(rule.columns[0]) if statistics else None
        if span is None:
            return None
        moment = span[self.extreme == "max"]
        # pandas' own kind of time, for nanoseconds.
        return moment.floor("us").to_pydatetime() if hasattr(moment, "floor") else moment

    def sql(self, rule: Rule, source: Source) -> str:
        moment = f"CAST({self.extreme}({quoted(rule.columns[0])}) AS TIMESTAMP)"
        return f"(SELECT epoch_us({moment}) FROM {source.name})"

    def frame(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        import polars as pl

        column = pl.col(rule.columns[0])
        return column.max() if self.extreme == "max" else column.min()

    def decoded(self, value: Any) -> Any:
        return None if value is None else EPOCH + timedelta(microseconds=value)

    def on_no_rows(self) -> Any:
        return None

    def judged(self, rule: Rule, value: Any, rows: int, now: datetime) -> Result:
        if value is None:
            return Result(rule, ERROR, reason="no value to tell a time from")
        moment, promised = as_utc(value), rule.arguments["duration"]
        age = now - moment
        if age <= promised:
            return Result(rule, PASS, moment)
        why = f"the {self.what} is of {moment:%Y-%m-%d %H:%M} UTC, {age} old; promised is at most {promised}"
        return Result(rule, FAIL, moment, reason=why)

    def change(self, old: Arguments, new: Arguments) -> str:
        before, after = old["duration"], new["duration"]
        return STRICTER if after < before else WEAKER if after > before else ""


def as_utc(value: Any) -> datetime:
    """A date or time as one with UTC; one without a zone is taken as UTC."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day) if isinstance(value, date) else value
    moment: datetime = value
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

"""A value, or the length of a text, lies within bounds."""

from __future__ import annotations

import math
import operator
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from highroad.products.constraint_change import more_is_stricter, ordered
from highroad.products.rule import (
    OTHER,
    STRICTER,
    WEAKER,
    Arguments,
    Declared,
    Faults,
    Rule,
    Statistics,
)
from highroad.products.rules.bases import RowKind
from highroad.products.rules.sql import comparable, literal
from highroad.products.rules.values import as_stored, is_number
from highroad.products.types import value_type

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

_RANGES: dict[tuple[str | None, Any], dict[str, int | float]] = {
    **{
        ("integer", f"i{n}"): {"minimum": -(2 ** (n - 1)), "maximum": 2 ** (n - 1) - 1}
        for n in (8, 16, 32, 64)
    },
    **{("integer", f"u{n}"): {"minimum": 0, "maximum": 2**n - 1} for n in (8, 16, 32, 64)},
    ("integer", "u128"): {"minimum": 0},
    ("number", "f32"): {"minimum": -3.4028234663852886e38, "maximum": 3.4028234663852886e38},
}
"""What the standard's formats of numbers, which are Rust's types, have room for."""


_OUTSIDE = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
"""Of numbers and of Polars' expressions."""


class _Value(RowKind):
    """A kind that compares with one `value` of logicalTypeOptions."""

    def read(self, declared: Declared) -> Iterator[Rule]:
        if declared.key == self.name:
            yield declared.rule(self, value=declared.value)

    def sentence(self, rule: Rule) -> str:
        return f"{self.name} {rule.arguments['value']}"

    @abstractmethod
    def expected(self, value: Any, logical: str | None) -> str:
        """What the value should have been; empty where it is right, or nobody can tell."""

    def lint(self, rule: Rule, column: Any, rules: Sequence[Rule]) -> Faults:
        value = rule.arguments["value"]
        if expected := self.expected(value, column.logicalType):
            yield (), f"'{rule.id}' is {value!r}; expected {expected}."


class _Bound(_Value):
    """One end of a range.

    Attributes:
        outside: The SQL operator that is true of a value outside.
        is_low: Is it the lower end?
    """

    outside: ClassVar[str]
    is_low: ClassVar[bool]

    def change(self, old: Arguments, new: Arguments) -> str:
        return more_is_stricter(old, new) if self.is_low else more_is_stricter(new, old)

    def lint(self, rule: Rule, column: Any, rules: Sequence[Rule]) -> Faults:
        value = rule.arguments["value"]
        for high in rules if self.is_low else ():
            kind = high.kind
            if not (isinstance(kind, _Bound) and kind.suits == self.suits and not kind.is_low):
                continue
            if high.columns != rule.columns:
                continue
            try:
                order = ordered(value, high.arguments["value"])
            except TypeError:
                continue
            if order > 0 or (order == 0 and "=" in self.outside + kind.outside):
                limits = f"{self.name} {value} and {kind.name} {high.arguments['value']}"
                yield (), f"'{rule.columns[0]}': no value keeps both {limits}."
        yield from super().lint(rule, column, rules)


class _Range(_Bound):
    """A bound of numbers, dates and times; NaN is outside of any."""

    suits = ("date", "timestamp", "number", "time")

    def read(self, declared: Declared) -> Iterator[Rule]:
        yield from super().read(declared)
        if declared.key == "format":
            bounds = _RANGES.get((declared.model.logicalType, declared.value), {})
            if self.name in bounds:
                value = bounds[self.name]
                words = f"has the range of {declared.value}: {self.name} {value}"
                yield declared.rule(self, words=words, value=value)

    def problem(self, rule: Rule, kind: pa.DataType) -> str:
        try:
            as_stored(rule.arguments["value"], kind)
        except ValueError as error:
            return str(error)
        return ""

    def known(self, rule: Rule, rows: int, statistics: Statistics | None, schema: pa.Schema) -> Any:
        import pyarrow.types as types

        # Statistics leave out NaN, so they say nothing of a float's range.
        if statistics is None or types.is_floating(value_type(schema.field(rule.columns[0]).type)):
            return None
        span, value = statistics.span(rule.columns[0]), rule.arguments["value"]
        if span is None or isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        end = span[0 if self.is_low else 1]
        return 0 if isinstance(span[0], int) and not _OUTSIDE[self.outside](end, value) else None

    def condition(self, rule: Rule, column: str, kind: pa.DataType) -> str:
        import pyarrow.types as types

        bound = literal(as_stored(rule.arguments["value"], kind), kind)
        outside = f"{comparable(column, kind)} {self.outside} {bound}"
        # NaN sorts above everything in SQL and would keep every minimum.
        return f"isnan({column}) OR {outside}" if types.is_floating(kind) else outside

    def frame_condition(self, rule: Rule, column: pl.Expr, kind: pa.DataType) -> pl.Expr | None:
        import pyarrow.types as types

        from highroad.products.rules import frames

        bound = frames.literal(as_stored(rule.arguments["value"], kind), kind)
        outside: pl.Expr = _OUTSIDE[self.outside](frames.comparable(column, kind), bound)
        return outside | column.is_nan() if types.is_floating(kind) else outside

    def expected(self, value: Any, logical: str | None) -> str:
        if logical in ("integer", "number"):
            return "" if isinstance(value, (int, float)) and is_number(value) else "a number"
        if logical not in ("date", "timestamp", "time"):
            return ""
        try:
            ordered(value, value)
        except TypeError:
            return "an ISO date or time in quotes"
        return "" if isinstance(value, str) else "an ISO date or time in quotes"


class Minimum(_Range):
    """A value is at least so much.

    Example:
        ```yaml
        properties: [{name: amount, logicalType: number, logicalTypeOptions: {minimum: 0}}]
        ```
    """

    name = "minimum"
    reads = ("option.minimum", "option.format")
    outside, is_low = "<", True


class Maximum(_Range):
    """A value is at most so much.

    Example:
        ```yaml
        properties: [{name: share, logicalType: number, logicalTypeOptions: {maximum: 1}}]
        ```
    """

    name = "maximum"
    reads = ("option.maximum", "option.format")
    outside, is_low = ">", False


class ExclusiveMinimum(_Range):
    """A value is more than so much.

    Example:
        ```yaml
        properties: [{name: price, logicalType: number, logicalTypeOptions: {exclusiveMinimum: 0}}]
        ```
    """

    name = "exclusiveMinimum"
    reads = ("option.exclusiveMinimum",)
    outside, is_low = "<=", True


class ExclusiveMaximum(_Range):
    """A value is less than so much.

    Example:
        ```yaml
        properties: [{name: angle, logicalType: number, logicalTypeOptions: {exclusiveMaximum: 360}}]
        ```
    """

    name = "exclusiveMaximum"
    reads = ("option.exclusiveMaximum",)
    outside, is_low = ">=", False


class _Length(_Bound):
    """A bound of a text's length, in characters."""

    suits = ("string",)

    def problem(self, rule: Rule, kind: pa.DataType) -> str:
        value = rule.arguments["value"]
        return "" if is_number(value) and value >= 0 else f"{value!r} is no number of characters"

    def condition(self, rule: Rule, column: str, kind: pa.DataType) -> str:
        return f"length({column}) {self.outside} {literal(rule.arguments['value'])}"

    def frame_condition(self, rule: Rule, column: pl.Expr, kind: pa.DataType) -> pl.Expr | None:
        broken: pl.Expr = _OUTSIDE[self.outside](column.str.len_chars(), rule.arguments["value"])
        return broken

    def expected(self, value: Any, logical: str | None) -> str:
        is_right = is_number(value) and value >= 0 and value == int(value)
        return "" if is_right else "a number of characters"


class MinLength(_Length):
    """A text has at least so many characters.

    Example:
        ```yaml
        properties: [{name: code, logicalType: string, logicalTypeOptions: {minLength: 3}}]
        ```
    """

    name = "minLength"
    reads = ("option.minLength",)
    outside, is_low = "<", True


class MaxLength(_Length):
    """A text has at most so many characters.

    Example:
        ```yaml
        properties: [{name: code, logicalType: string, logicalTypeOptions: {maxLength: 3}}]
        ```
    """

    name = "maxLength"
    reads = ("option.maxLength",)
    outside, is_low = ">", False


class MultipleOf(_Value):
    """A number is a multiple of another one.

    Example:
        ```yaml
        properties: [{name: price, logicalType: number, logicalTypeOptions: {multipleOf: 0.05}}]
        ```
    """

    name = "multipleOf"
    reads = ("option.multipleOf",)
    suits = ("number",)

    def problem(self, rule: Rule, kind: pa.DataType) -> str:
        value = rule.arguments["value"]
        is_right = is_number(value) and 0 < abs(value) < math.inf
        return "" if is_right else f"{value!r} is no number other than 0"

    def condition(self, rule: Rule, column: str, kind: pa.DataType) -> str:
        import pyarrow.types as types

        value = rule.arguments["value"]
        if types.is_integer(kind) and value == int(value):
            return f"{column} % {int(value)} <> 0"
        ratio = f"({column}::DOUBLE / {literal(float(value))})"
        return f"NOT isfinite({column}::DOUBLE) OR abs({ratio} - round({ratio})) > 1e-9"

    def frame_condition(self, rule: Rule, column: pl.Expr, kind: pa.DataType) -> pl.Expr | None:
        import polars as pl
        import pyarrow.types as types

        value = rule.arguments["value"]
        if types.is_integer(kind) and value == int(value):
            return column % int(value) != 0
        ratio = column.cast(pl.Float64) / float(value)
        return ~ratio.is_finite() | ((ratio - ratio.round()).abs() > 1e-9)

    def change(self, old: Arguments, new: Arguments) -> str:
        before, after = (Decimal(str(each["value"])) for each in (old, new))
        return STRICTER if not after % before else WEAKER if not before % after else OTHER

    def expected(self, value: Any, logical: str | None) -> str:
        return "" if is_number(value) and value > 0 else "a number above 0"

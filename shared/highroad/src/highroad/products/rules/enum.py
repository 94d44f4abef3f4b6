"""A column holds only listed values, or counts as missing where it holds listed ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from highroad.products.constraint_change import fewer_are_stricter
from highroad.products.rule import Arguments, Declared, Faults, Rule
from highroad.products.rules.bases import RowKind
from highroad.products.rules.sql import is_in
from highroad.products.rules.values import enumerated

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

_SHOWN = 6
_WRITTEN: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "date": (str,), "timestamp": (str,), "time": (str,),
}  # fmt: skip
"""How a value of a logical type is written in YAML."""


class Enum(RowKind):
    """A column holds only listed values.

    Example:
        ```yaml
        properties:
          - {name: status, enum: [{value: open}, {value: shipped}]}
          - {name: size, quality: [{metric: invalidValues, arguments: {validValues: [1, 2]}, mustBe: 0}]}
        ```
    """

    name = "enum"
    reads = ("column.enum", "metric.invalidValues")

    def read(self, declared: Declared) -> Iterator[Rule]:
        if declared.key == "enum":
            yield declared.rule(self, values=[each.value for each in declared.value])
        elif declared.columns:
            if ("validValues" in declared.value) == ("pattern" in declared.value):
                yield declared.unchecked("expected either arguments.validValues or .pattern")
            elif "validValues" in declared.value:
                yield declared.rule(self, values=list(declared.value["validValues"]))

    def sentence(self, rule: Rule) -> str:
        values = rule.arguments["values"]
        shown = ", ".join(map(str, values[:_SHOWN]))
        return f"is one of {shown}" + (f", … ({len(values)} values)" if values[_SHOWN:] else "")

    def problem(self, rule: Rule, kind: pa.DataType) -> str:
        values = [each for each in rule.arguments["values"] if each is not None]
        if not values or enumerated(values, kind):
            return ""
        return f"no column stored as {kind} holds any of its values, such as {values[0]!r}"

    def condition(self, rule: Rule, column: str, kind: pa.DataType) -> str:
        return f"{column} IS NOT NULL AND NOT {is_in(column, rule.arguments['values'], kind)}"

    def frame_condition(self, rule: Rule, column: pl.Expr, kind: pa.DataType) -> pl.Expr | None:
        from highroad.products.rules import frames

        return ~frames.is_in(column, rule.arguments["values"], kind) & column.is_not_null()

    def change(self, old: Arguments, new: Arguments) -> str:
        return fewer_are_stricter(old, new)

    def lint(self, rule: Rule, column: Any, rules: Sequence[Rule]) -> Faults:
        logical = column.logicalType or ""
        wanted = _WRITTEN.get(logical)
        if rule.at[-1] != "enum" or wanted is None:
            return
        for index, value in enumerate(rule.arguments["values"]):
            is_right = isinstance(value, wanted) and isinstance(value, bool) == (wanted == (bool,))
            if value is not None and not is_right:
                hint = " Put it in quotes." if wanted == (str,) else ""
                what = f"'{rule.columns[0]}' is {logical}, and its value {value!r} is none.{hint}"
                yield (index,), what


class Missing(RowKind):
    """A column holds none of the values that stand for a missing one; null is one of them only where it is listed.

    Example:
        ```yaml
        properties:
          - {name: code, quality: [{metric: missingValues, arguments: {missingValues: [null, "-"]}, mustBe: 0}]}
        ```
    """

    name = "missing"
    reads = ("metric.missingValues",)

    def read(self, declared: Declared) -> Iterator[Rule]:
        if declared.columns:
            yield declared.rule(self, values=declared.value.get("missingValues", [None]))

    def sentence(self, rule: Rule) -> str:
        return f"is none of {', '.join(map(str, rule.arguments['values']))}"

    def null_breaks(self, rule: Rule) -> bool:
        return None in rule.arguments["values"]

    def condition(self, rule: Rule, column: str, kind: pa.DataType) -> str:
        listed = is_in(column, rule.arguments["values"], kind)
        return f"{listed} OR {column} IS NULL" if self.null_breaks(rule) else listed

    def frame_condition(self, rule: Rule, column: pl.Expr, kind: pa.DataType) -> pl.Expr | None:
        from highroad.products.rules import frames

        listed = frames.is_in(column, rule.arguments["values"], kind).fill_null(False)
        return listed | column.is_null() if self.null_breaks(rule) else listed

    def change(self, old: Arguments, new: Arguments) -> str:
        return fewer_are_stricter(new, old)

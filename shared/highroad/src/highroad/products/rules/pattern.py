"""A text matches a regular expression as a whole; patterns mean in every engine what they mean in RE2, which DuckDB has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from highroad.products.rule import Declared, Faults, Rule
from highroad.products.rules.bases import RowKind
from highroad.products.rules.sql import literal

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

FORMATS = {
    "uuid": r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+",
    "ipv4": r"((25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3})",
}
_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_TOKEN = re.compile(
    r"(?P<set>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])|\\.|.",
    re.DOTALL,
)
_INSIDE = re.compile(r"\\.|\[:\^?\w+:\]|.", re.DOTALL)


class Pattern(RowKind):
    """A text matches a regular expression as a whole, or has the form of a `uuid`, `email`, `uri` or `ipv4`.

    Example:
        ```yaml
        properties:
          - {name: code, logicalType: string, logicalTypeOptions: {pattern: "[A-Z]{3}"}}
          - {name: mail, logicalType: string, logicalTypeOptions: {format: email}}
        ```
    """

    name = "pattern"
    reads = ("option.pattern", "option.format", "metric.invalidValues")
    suits = ("string",)

    def read(self, declared: Declared) -> Iterator[Rule]:
        value = declared.value
        if declared.key == "pattern":
            yield declared.rule(self, value=value)
        elif declared.key == "format":
            if declared.model.logicalType == "string" and value in FORMATS:
                yield declared.rule(self, words=f"has the form of a {value}", value=FORMATS[value])
        elif declared.columns and "pattern" in value and "validValues" not in value:
            yield declared.rule(self, value=value["pattern"])

    def sentence(self, rule: Rule) -> str:
        return f"matches {rule.arguments['value']} as a whole"

    def condition(self, rule: Rule, column: str, kind: pa.DataType) -> str:
        return f"NOT regexp_full_match({column}, {literal(str(rule.arguments['value']))})"

    def frame_condition(self, rule: Rule, column: pl.Expr, kind: pa.DataType) -> pl.Expr | None:
        import polars as pl

        pattern = as_rust(str(rule.arguments["value"]))
        pl.select(pl.lit("").str.contains(pattern))  # "a)|(b" is none, and would be one in brackets
        return ~column.str.contains(f"^(?:{pattern})$")

    def lint(self, rule: Rule, column: Any, rules: Sequence[Rule]) -> Faults:
        value = rule.arguments["value"]
        if not isinstance(value, str):
            yield (), f"'{rule.id}' is {value!r}; expected a regular expression."

    def failure(self, rule: Rule, problem: str) -> str:
        if problem.startswith("cannot be asked"):
            return problem
        return f"{rule.arguments['value']!r} is no pattern: {problem}"


def as_rust(pattern: str) -> str:
    r"""The same pattern for Rust's engine, which Polars has.

    There `\d`, `\w`, `\s` and `\b` know all of Unicode, and within brackets a bracket, `&&` and
    `~~` combine sets; in RE2 neither is so.
    """
    return _TOKEN.sub(lambda found: _set(found[0]) if found["set"] else _escape(found[0]), pattern)


def _escape(sign: str) -> str:
    if sign == r"\b":
        return r"(?-u:\b)"
    named = _CLASSES.get(sign[1:].lower()) if sign[0] == "\\" else None
    return f"[{'^' if sign[1].isupper() else ''}{named}]" if named else sign


def _set(text: str) -> str:
    start = "[^" if text.startswith("[^") else "["
    signs = _INSIDE.findall(text[len(start) : -1])
    return start + "".join(rf"\{sign}" if sign in "[]&~" else _escape(sign) for sign in signs) + "]"

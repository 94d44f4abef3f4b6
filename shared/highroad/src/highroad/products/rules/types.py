"""A column has the type that the contract says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from highroad.products.contract import column_name
from highroad.products.rule import OTHER, Arguments, Declared, Faults, Rule
from highroad.products.rules.bases import SchemaKind
from highroad.products.types import LOGICAL, arrow_type, fits_logical, fits_physical
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    import pyarrow as pa

_PARTS = re.compile(r"\w+(?:\[[^\]]*\]|\([^)]*\))?(?=[<>,\[]|$)")
"""The types that Arrow's name of a nested type is made of."""
_NOT_STORED = ("dictionary", "run_end_encoded", "extension", "large_list", "fixed_size_list",
               "list_view", "large_list_view", "sparse_union", "dense_union", "null")  # fmt: skip
_WIDEST = {"integer": "i128", "number": "f64"}
"""Formats with room for whatever a column can hold."""


class _Type(SchemaKind):
    def sentence(self, rule: Rule) -> str:
        return f"is {rule.arguments['type']}"

    def change(self, old: Arguments, new: Arguments) -> str:
        # Another type is another one, however near; case and white space do not count.
        before, after = (str(each["type"]).lower().split() for each in (old, new))
        return "" if before == after else OTHER

    def meaning(self, old: Rule | None, new: Rule | None, how: str) -> str:
        return "type" if old and new else how


class LogicalType(_Type):
    """A column is of a logical type, however it is stored.

    Example:
        ```yaml
        properties: [{name: amount, logicalType: number}]
        ```
    """

    name = "logicalType"
    reads = ("column.logicalType", "option.format")

    def read(self, declared: Declared) -> Iterator[Rule]:
        logical = declared.model.logicalType
        if declared.key == "format":
            if declared.value == _WIDEST.get(logical):
                words = f"is {logical}; {declared.value} has room for any that is stored"
                yield declared.rule(self, words=words, type=logical)
        elif logical in LOGICAL:
            yield declared.rule(self, type=logical)
        else:
            hint = meant(logical, LOGICAL)
            yield declared.unchecked(f"no such logical type.{hint}", f"is {logical}")

    def fits(self, rule: Rule, kind: pa.DataType) -> bool | None:
        return fits_logical(rule.arguments["type"], kind)

    def lint(self, rule: Rule, column: Any, rules: Sequence[Rule]) -> Faults:
        if rule.at[-1] == "logicalType" and not column.physicalType:
            yield from not_stored(column)


class PhysicalType(_Type):
    """A column is stored as a type of Arrow or SQL.

    Example:
        ```yaml
        properties: [{name: amount, physicalType: "decimal(9,2)"}]
        ```
    """

    name = "physicalType"
    reads = ("column.physicalType",)

    def read(self, declared: Declared) -> Iterator[Rule]:
        yield declared.rule(self, type=declared.value)

    def sentence(self, rule: Rule) -> str:
        return f"is stored as {rule.arguments['type']}"

    def fits(self, rule: Rule, kind: pa.DataType) -> bool | None:
        return fits_physical(rule.arguments["type"], kind)

    def lint(self, rule: Rule, column: Any, rules: Sequence[Rule]) -> Faults:
        logical, physical = column.logicalType, column.physicalType
        if logical in LOGICAL:
            alone = arrow_type(physical, None), arrow_type(None, logical)
            if not any(map(_is_unknown, alone)) and _is_unknown(arrow_type(physical, logical)):
                yield (), f"'{rule.columns[0]}' is {logical}, and no {physical} is one."
        yield from not_stored(column)


class TimeZone(SchemaKind):
    """A column of times has a time zone, or has none.

    Example:
        ```yaml
        properties: [{name: at, logicalType: timestamp, logicalTypeOptions: {timezone: true}}]
        ```
    """

    name = "timezone"
    reads = ("option.timezone",)

    def read(self, declared: Declared) -> Iterator[Rule]:
        if isinstance(declared.value, bool):
            yield declared.rule(self, value=declared.value)

    def sentence(self, rule: Rule) -> str:
        return f"{'has' if rule.arguments['value'] else 'has no'} time zone"

    def fits(self, rule: Rule, kind: pa.DataType) -> bool | None:
        return bool((getattr(kind, "tz", None) is not None) == rule.arguments["value"])


def not_stored(column: Any) -> Faults:
    """A type that no version of the product can have, because the store keeps another or none."""
    from highroad.products.stored_types import stored_type

    name, physical = column_name(column), column.physicalType
    kind = arrow_type(physical, column.logicalType)
    if _is_unknown(kind):
        for part in _PARTS.findall(physical or ""):
            known = arrow_type(part, None)
            if part in _NOT_STORED or not (_is_unknown(known) or known == stored_type(known)):
                what = f"'{name}' is {physical}, and the store does not keep {part}"
                yield (), f"{what}; expected the type that it keeps instead."
        return
    stored = stored_type(kind)
    if stored is None:
        yield (
            (),
            (
                f"'{name}' is {physical or column.logicalType}, which the store cannot keep; "
                "expected a type such as string, int64, float64, decimal(38,9) or timestamp[us]."
            ),
        )
    elif physical and not fits_physical(physical, stored):
        yield (), f"'{name}' is {physical}, which is stored as {stored}; expected that type."


def _is_unknown(kind: pa.DataType) -> bool:
    return str(kind) == "null"

"""Faults within a contract's table that show without data: each rule is tried on an empty one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from highroad.products.contract import Contract
from highroad.products.direction import ordered
from highroad.products.rule import AGE_KINDS, BOUNDS, LENGTHS, Rule
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    import pyarrow as pa
    from open_data_contract_standard.model import SchemaProperty

_ENDS = [
    (low, high)
    for low in ("minimum", "exclusiveMinimum")
    for high in ("maximum", "exclusiveMaximum")
] + [("minLength", "maxLength")]
_WRITTEN = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "date": (str,), "timestamp": (str,), "time": (str,),
}  # fmt: skip
"""How a value of a logical type is written in YAML."""
_PARTS = re.compile(r"\w+(?:\[[^\]]*\]|\([^)]*\))?(?=[<>,\[]|$)")
"""The types that Arrow's name of a nested type is made of."""
_NOT_STORED = ("dictionary", "run_end_encoded", "extension", "large_list", "fixed_size_list",
               "list_view", "large_list_view", "sparse_union", "dense_union", "null")  # fmt: skip


def table_faults(contract: Contract, rules: Sequence[Rule]) -> Iterator[str]:
    """Names that stand twice, rules that cannot be asked, and limits that nothing keeps."""
    position = contract.tables.index(contract.table)
    for table in contract.tables:
        if table is not contract.table:
            where = contract.where("schema", contract.tables.index(table))
            yield (
                f"{where}: the table '{table.name}' is not of '{contract.product}' and is never checked; "
                "give it a product and a contract of its own."
            )
    if not contract.columns:
        where = contract.where("schema", position)
        yield f"{where}: the table has no columns; expected `properties` with at least one."
    yield from _twice(contract, position)
    for index, column in enumerate(contract.columns):
        at = ("schema", position, "properties", index)
        yield from _column(contract, column, at)
    yield from _limits(contract, rules)
    yield from _tried(contract, rules)


def _twice(contract: Contract, position: int) -> Iterator[str]:
    at: tuple[str | int, ...] = ("schema", position)
    names = [str(each.physicalName or each.name) for each in contract.columns]
    for name, count in Counter(names).items():
        if count > 1:
            last = len(names) - 1 - names[::-1].index(name)
            where = contract.where(*at, "properties", last)
            yield f"{where}: the column '{name}' stands {count} times; one must go."
    places = [(at, "the table", contract.table.quality)]
    for index, column in enumerate(contract.columns):
        places.append(((*at, "properties", index), f"'{names[index]}'", column.quality))
    for where_at, what, entries in places:
        labels = [each.name or each.id for each in entries or []]
        for label, count in Counter(filter(None, labels)).items():
            if count > 1:
                last = len(labels) - 1 - labels[::-1].index(label)
                where = contract.where(*where_at, "quality", last)
                yield f"{where}: {what} has {count} rules called '{label}'; expected one."


def _column(contract: Contract, column: SchemaProperty, at: tuple[str | int, ...]) -> Iterator[str]:
    from highroad.products.types import LOGICAL, arrow_type

    name = str(column.physicalName or column.name)
    logical, physical = column.logicalType, column.physicalType
    if physical and logical in LOGICAL:
        alone = arrow_type(physical, None), arrow_type(None, logical)
        if not any(map(_is_unknown, alone)) and _is_unknown(arrow_type(physical, logical)):
            yield f"{contract.where(*at, 'physicalType')}: '{name}' is {logical}, and no {physical} is one."
    yield from _not_stored(contract, column, at)
    options = column.logicalTypeOptions or {}
    for low, high in _ENDS:
        if low in options and high in options and _is_empty(options, low, high):
            yield (
                f"{contract.where(*at, 'logicalTypeOptions', low)}: '{name}': no value keeps both "
                f"{low} {options[low]} and {high} {options[high]}."
            )
    for option, value in options.items():
        if expected := _expected(option, value, logical):
            where = contract.where(*at, "logicalTypeOptions", option)
            yield f"{where}: '{name}.{option}' is {value!r}; expected {expected}."
    wanted = _WRITTEN.get(logical or "")
    for index, value in enumerate(column.enum or []):
        is_right = wanted is None or value.value is None or (
            isinstance(value.value, wanted) and isinstance(value.value, bool) == (wanted == (bool,))
        )  # fmt: skip
        if not is_right:
            hint = " Put it in quotes." if wanted == (str,) else ""
            yield (
                f"{contract.where(*at, 'enum', index)}: '{name}' is {logical}, and its value "
                f"{value.value!r} is none.{hint}"
            )


def _not_stored(
    contract: Contract, column: SchemaProperty, at: tuple[str | int, ...]
) -> Iterator[str]:
    """A type that no version of the product can have, because the store keeps another or none."""
    from highroad.products.stored_types import stored_type
    from highroad.products.types import arrow_type, fits_physical

    name, physical = str(column.physicalName or column.name), column.physicalType
    kind = arrow_type(physical, column.logicalType)
    keys = (*at, "physicalType" if physical else "logicalType")
    if _is_unknown(kind):
        for part in _PARTS.findall(physical or ""):
            known = arrow_type(part, None)
            if part in _NOT_STORED or not (_is_unknown(known) or known == stored_type(known)):
                yield (
                    f"{contract.where(*keys)}: '{name}' is {physical}, and the store does not keep {part}; "
                    "expected the type that it keeps instead."
                )
        return
    stored = stored_type(kind)
    if stored is None:
        yield (
            f"{contract.where(*keys)}: '{name}' is {physical or column.logicalType}, which the store cannot keep; "
            "expected a type such as string, int64, float64, decimal(38,9) or timestamp[us]."
        )
    elif physical and not fits_physical(physical, stored):
        where = contract.where(*keys)
        yield f"{where}: '{name}' is {physical}, which is stored as {stored}; expected that type."


def _expected(option: str, value: Any, logical: str | None) -> str:
    """What the value of an option should have been; empty where it is right, or nobody can tell."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if option in LENGTHS:
        return "" if is_number and value >= 0 and value == int(value) else "a number of characters"
    if option == "multipleOf":
        return "" if is_number and value > 0 else "a number above 0"
    if option == "pattern":
        return "" if isinstance(value, str) else "a regular expression"
    if option in BOUNDS and logical in ("integer", "number"):
        return "" if is_number else "a number"
    if option in BOUNDS and logical in ("date", "timestamp", "time"):
        try:
            ordered(value, value)
        except TypeError:
            return "an ISO date or time in quotes"
        return "" if isinstance(value, str) else "an ISO date or time in quotes"
    return ""


def _is_empty(options: dict[str, Any], low: str, high: str) -> bool:
    try:
        order = ordered(options[low], options[high])
    except TypeError:
        return False
    return order > 0 or (order == 0 and "exclusive" in low + high)


def _limits(contract: Contract, rules: Sequence[Rule]) -> Iterator[str]:
    for rule in rules:
        if rule.limit.operator in ("mustBeBetween", "mustNotBeBetween"):
            low, high = rule.limit.value
            if low > high:
                yield (
                    f"{contract.where(*rule.at, rule.limit.operator)}: '{rule.id}' is {rule.limit}; "
                    f"expected the lesser first, {high} and {low}."
                )


def _tried(contract: Contract, rules: Sequence[Rule]) -> Iterator[str]:
    """Rules that end in an error on an empty table of the contract's columns."""
    from highroad.products.checks.empty_scan import EmptyScan
    from highroad.products.checks.engine import results_of
    from highroad.products.checks.report import ERROR

    schema = _schema(contract)
    for rule in rules:
        for column in rule.columns:
            if column not in schema.names:
                hint = meant(column, schema.names)
                yield f"{contract.where(*rule.at)}: '{rule.id}' is about '{column}', which is no column.{hint}"
    is_known = not any(_is_unknown(each) for each in schema.types)
    scan, now = EmptyScan(schema), datetime.now(UTC)
    for result in results_of(scan, rules, contract.table, now, sample_rows=0)[1]:
        rule = result.rule
        known = all(name in schema.names and not _is_unknown(schema.field(name).type)
                    for name in rule.columns)  # fmt: skip
        # A column of another system's type, such as VARIANT, can only be tried with data.
        can_be_tried = known and (is_known or rule.kind != "sql")
        if result.verdict == ERROR and can_be_tried and rule.kind not in AGE_KINDS:
            problem = result.reason.removeprefix(f"{rule.id}: ").rstrip(".")
            is_none = rule.kind == "pattern" and not problem.startswith("cannot be asked")
            what = f"{rule.arguments['value']!r} is no pattern: " if is_none else ""
            yield f"{contract.where(*rule.at)}: '{rule.id}': {what}{problem}."


def _schema(contract: Contract) -> pa.Schema:
    """The contract's columns as Arrow's; null where its type is of another system."""
    import pyarrow as pa

    from highroad.products.types import arrow_type

    fields = {
        name: pa.field(name, arrow_type(each.physicalType, each.logicalType))
        for each in contract.columns
        for name in [str(each.physicalName or each.name)]
    }
    return pa.schema([*fields.values()])


def _is_unknown(kind: pa.DataType) -> bool:
    return str(kind) == "null"

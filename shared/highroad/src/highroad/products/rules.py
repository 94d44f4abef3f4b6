"""Everything a contract declares, as rules: each is checked, or says why it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from highroad.products.limits import duration_of
from highroad.products.quality import quality_rules
from highroad.products.rule import BOUNDS, LENGTHS, Rule, unchecked
from highroad.products.tolerances import tolerated
from highroad.products.types import LOGICAL
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    from open_data_contract_standard.model import (
        SchemaObject,
        SchemaProperty,
        ServiceLevelAgreementProperty,
    )

    from highroad.products.contract import Contract

ENDS = ("endOfSupport", "endOfLife")
FORMATS = {
    "uuid": r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+",
    "ipv4": r"((25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3})",
}
RANGES: dict[tuple[str | None, Any], dict[str, int | float]] = {
    **{
        ("integer", f"i{n}"): {"minimum": -(2 ** (n - 1)), "maximum": 2 ** (n - 1) - 1}
        for n in (8, 16, 32, 64)
    },
    **{("integer", f"u{n}"): {"minimum": 0, "maximum": 2**n - 1} for n in (8, 16, 32, 64)},
    ("integer", "u128"): {"minimum": 0},
    ("number", "f32"): {"minimum": -3.4028234663852886e38, "maximum": 3.4028234663852886e38},
}
"""What the standard's formats of numbers, which are Rust's types, have room for."""
WHOLE_RANGE = {"integer": ("i128",), "number": ("f64",)}
"""Formats with room for whatever a column can hold."""


def rules_of(contract: Contract, table: SchemaObject | None = None) -> list[Rule]:
    """The rules of one table of a contract, in the document's order.

    Args:
        contract: The contract.
        table: One of its tables; None means the product's own.

    Raises:
        ContractError: A tolerance is not of its form.
    """
    chosen = contract.table if table is None else table
    position = next(i for i, each in enumerate(contract.tables) if each is chosen)
    at = ("schema", position)
    found = [
        *_table_rules(chosen, at),
        *(
            rule
            for index, column in enumerate(chosen.properties or [])
            for rule in _column_rules(column, (*at, "properties", index))
        ),
        *_key_rules(chosen, at),
        *quality_rules(chosen.quality, "rows", (), at),
        *_promises(contract, chosen),
        *_unknown(contract, position),
    ]
    names = tuple(str(name) for name in (chosen.name, chosen.physicalName) if name)
    named = [replace(rule, tables=names) if rule.kind == "sql" else rule for rule in found]
    return tolerated(contract, list(_distinct(named)))


def _distinct(rules: list[Rule]) -> Iterator[Rule]:
    taken = {rule.id for rule in rules}
    seen: dict[str, int] = {}
    for rule in rules:
        number = seen.get(rule.id, 0) + 1
        while number > 1 and f"{rule.id}#{number}" in taken:
            number += 1  # somebody gave a rule that very name
        seen[rule.id] = number
        yield replace(rule, id=f"{rule.id}#{number}") if number > 1 else rule


def _table_rules(table: SchemaObject, at: tuple[str | int, ...]) -> Iterator[Rule]:
    names = tuple(str(each.physicalName or each.name) for each in table.properties or [])
    if names:
        says = "no column but the declared ones"
        yield Rule("columns.undeclared", "undeclared", (), says, {"declared": names}, at=at)
    for index, _ in enumerate(table.relationships or []):
        yield unchecked(f"relationships.{index}", (), "a relationship to another table",
                         "other tables are not read", (*at, "relationships", index))  # fmt: skip


def _column_rules(column: SchemaProperty, at: tuple[str | int, ...]) -> Iterator[Rule]:
    name = str(column.physicalName or column.name)

    def rule(kind: str, says: str, key: str = "", **arguments: Any) -> Rule:
        keys = (*at, key) if key else at
        return Rule(f"{name}.{kind}", kind, (name,), says, arguments, at=keys)

    yield rule("present", "the column is there")
    if column.logicalType:
        if column.logicalType in LOGICAL:
            yield rule("logicalType", f"is {column.logicalType}", "logicalType",
                       type=column.logicalType)  # fmt: skip
        else:
            hint = meant(column.logicalType, LOGICAL)
            yield unchecked(f"{name}.logicalType", (name,), f"is {column.logicalType}",
                             f"no such logical type.{hint}", (*at, "logicalType"))  # fmt: skip
    if column.physicalType:
        yield rule("physicalType", f"is stored as {column.physicalType}", "physicalType",
                   type=column.physicalType)  # fmt: skip
    if column.required:
        yield rule("required", "is never null", "required")
    if column.unique:
        yield rule("unique", "no value twice", "unique")
    if column.enum:
        values = [each.value for each in column.enum]
        yield rule("enum", f"is one of {_few(values)}", "enum", values=values)
    for option, value in (column.logicalTypeOptions or {}).items():
        yield from _option_rules(column, name, option, value, (*at, "logicalTypeOptions", option))
    yield from quality_rules(column.quality, name, (name,), at)
    for index, _ in enumerate(column.relationships or []):
        yield unchecked(f"{name}.relationships.{index}", (name,), "a relationship to another table",
                         "other tables are not read", (*at, "relationships", index))  # fmt: skip
    for nested in ("items", "properties", "map"):
        if getattr(column, nested):
            yield unchecked(f"{name}.{nested}", (name,), "what its nested values are",
                             "nested values are not checked", (*at, nested))  # fmt: skip


def _option_rules(
    column: SchemaProperty, name: str, option: str, value: Any, at: tuple[str | int, ...]
) -> Iterator[Rule]:
    id_ = f"{name}.{option}"
    if option in (*BOUNDS, *LENGTHS, "multipleOf"):
        yield Rule(id_, option, (name,), f"{option} {value}", {"value": value}, at=at)
    elif option == "pattern":
        yield Rule(
            id_, "pattern", (name,), f"matches {value} as a whole", {"value": str(value)}, at=at
        )
    elif option == "format" and column.logicalType == "string" and value in FORMATS:
        yield Rule(
            id_, "pattern", (name,), f"has the form of a {value}", {"value": FORMATS[value]}, at=at
        )
    elif option == "format" and (column.logicalType, value) in RANGES:
        for kind, bound in RANGES[column.logicalType, value].items():
            says = f"has the range of {value}: {kind} {bound}"
            yield Rule(id_, kind, (name,), says, {"value": bound}, at=at)
    elif option == "format" and value in WHOLE_RANGE.get(str(column.logicalType), ()):
        says = f"is {column.logicalType}; {value} has room for any that is stored"
        yield Rule(id_, "logicalType", (name,), says, {"type": column.logicalType}, at=at)
    elif option == "timezone" and isinstance(value, bool):
        yield Rule(
            id_,
            "timezone",
            (name,),
            f"{'has' if value else 'has no'} time zone",
            {"value": value},
            at=at,
        )
    else:
        why = (
            "how text is formatted, not what is stored" if option == "format" else "no check for it"
        )
        yield unchecked(id_, (name,), f"{option} {value}", why, at)


def _key_rules(table: SchemaObject, at: tuple[str | int, ...]) -> Iterator[Rule]:
    keys = [
        (each.primaryKeyPosition or 0, str(each.physicalName or each.name))
        for each in table.properties or []
        if each.primaryKey
    ]
    columns = tuple(name for _, name in sorted(keys))
    if not columns:
        return
    says = f"primary key ({', '.join(columns)}): "
    yield Rule("rows.primaryKey", "unique", columns, f"{says}no row twice", at=at)
    yield Rule("rows.primaryKeyNull", "required", columns, f"{says}never null", at=at)


def _promises(contract: Contract, table: SchemaObject) -> Iterator[Rule]:
    for index, promise in enumerate(contract.model.slaProperties or []):
        is_end = promise.property in ENDS  # of the product as a whole
        element = "" if is_end else str(promise.element or contract.model.slaDefaultElement or "")
        table_name, _, column = element.rpartition(".")
        if table_name and not _is_of(table_name, table):
            # Told by the table it is of; by each table where it is of none, so that none drops it.
            if not any(_is_of(table_name, each) for each in contract.tables):
                says = f"{promise.property} {promise.value} {promise.unit or ''}".strip()
                yield unchecked(f"service.{promise.property}", (), says,
                                 f"'{element}' is of no table here", ("slaProperties", index))  # fmt: skip
            continue
        yield _promise(promise, column, index)


def _is_of(name: str, table: SchemaObject) -> bool:
    """Is this the name of a table, schemas before it left out?"""
    return name.rpartition(".")[2] in (table.name, table.physicalName)


def _promise(promise: ServiceLevelAgreementProperty, column: str, index: int) -> Rule:
    name = str(promise.property)
    at = ("slaProperties", index)
    columns = (column,) if column else ()
    says = f"{name} {promise.value} {promise.unit or ''}".strip()
    id_ = f"service.{name}"
    if name in ENDS:
        return Rule(id_, "end", (), says, {"value": promise.value}, at=at)
    kinds = {"latency": "latency", "freshness": "latency", "ly": "latency", "retention": "retention",
             "re": "retention", "frequency": "frequency", "fy": "frequency"}  # fmt: skip
    if name not in kinds:
        return unchecked(id_, columns, says, "a promise about the service, not about data", at)
    duration = duration_of(promise.value, promise.unit)
    if duration is None:
        return unchecked(id_, columns, says, "expected a number with a unit such as h or d", at)
    if kinds[name] != "latency" and not columns:
        return unchecked(
            id_, columns, says, "expected an element, the column that holds the time", at
        )
    return Rule(id_, kinds[name], columns, says, {"duration": duration}, at=at)


def _unknown(contract: Contract, position: int) -> Iterator[Rule]:
    for path, hint in contract.unknown_keys():
        elsewhere = path[0] == "schema" and len(path) > 1 and path[1] != str(position)
        if not elsewhere:
            at = tuple(path)
            yield unchecked(f"unknown.{'.'.join(path)}", (), f"the key '{path[-1]}'",
                             f"the standard has no such key.{hint}", at)  # fmt: skip


def _few(values: list[Any]) -> str:
    shown = ", ".join(map(str, values[:6]))
    return shown if len(values) <= 6 else f"{shown}, … ({len(values)} values)"

"""Everything a contract declares, as rules: each is checked, or says why it cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from highroad.products.limits import NONE_ALLOWED, PERCENT, Limit, duration_of, limit_of
from highroad.products.types import LOGICAL
from highroad.workspace.metadata import meant

if TYPE_CHECKING:
    from open_data_contract_standard.model import (
        DataQuality,
        SchemaObject,
        SchemaProperty,
        ServiceLevelAgreementProperty,
    )

    from highroad.products.contract import Contract

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
LENGTHS = ("minLength", "maxLength")
ROW_KINDS = frozenset({"required", "enum", "pattern", "multipleOf", "missing", *BOUNDS, *LENGTHS})
"""Rules that are true or false of a single row."""
KEY_KINDS = frozenset({"unique"})
AGE_KINDS = frozenset({"latency", "retention", "frequency", "end"})
"""Rules about time; they need a clock."""
SCHEMA_KINDS = frozenset({"present", "undeclared", "logicalType", "physicalType"})
FORMATS = {
    "uuid": r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+",
    "ipv4": r"((25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3})",
}


@dataclass(frozen=True)
class Rule:
    """One thing a contract declares.

    Attributes:
        id: Unique within a contract and table: `tailnum.pattern`, `rows.rowCount`.
        kind: What is measured; "" where nothing can be, then `reason` says why.
        columns: The columns it is about; empty for the table as a whole.
        says: The rule in words.
        arguments: What the kind needs, such as `values` or `value`.
        limit: What the measured value must be; for row rules the number of failing rows.
        severity: `error` or `warning`.
        at: The path of keys to it in the document.
    """

    id: str
    kind: str
    columns: tuple[str, ...]
    says: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    limit: Limit = NONE_ALLOWED
    severity: str = "error"
    reason: str = ""
    at: tuple[str | int, ...] = ()


def rules_of(contract: Contract, table: SchemaObject | None = None) -> list[Rule]:
    """The rules of one table of a contract, in the document's order.

    Args:
        contract: The contract.
        table: One of its tables; None means the product's own.
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
        *_quality_rules(chosen.quality, "rows", (), at),
        *_promises(contract, chosen),
        *_unknown(contract, position),
    ]
    return list(_distinct(found))


def _distinct(rules: list[Rule]) -> Iterator[Rule]:
    seen: dict[str, int] = {}
    for rule in rules:
        seen[rule.id] = seen.get(rule.id, 0) + 1
        yield replace(rule, id=f"{rule.id}#{seen[rule.id]}") if seen[rule.id] > 1 else rule


def _table_rules(table: SchemaObject, at: tuple[str | int, ...]) -> Iterator[Rule]:
    names = tuple(str(each.physicalName or each.name) for each in table.properties or [])
    if names:
        says = "no column but the declared ones"
        yield Rule("columns.undeclared", "undeclared", (), says, {"declared": names}, at=at)
    for index, _ in enumerate(table.relationships or []):
        yield _unchecked(f"relationships.{index}", (), "a relationship to another table",
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
            yield _unchecked(f"{name}.logicalType", (name,), f"is {column.logicalType}",
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
    yield from _quality_rules(column.quality, name, (name,), at)
    for index, _ in enumerate(column.relationships or []):
        yield _unchecked(f"{name}.relationships.{index}", (name,), "a relationship to another table",
                         "other tables are not read", (*at, "relationships", index))  # fmt: skip
    for nested in ("items", "properties", "map"):
        if getattr(column, nested):
            yield _unchecked(f"{name}.{nested}", (name,), "what its nested values are",
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
        yield _unchecked(id_, (name,), f"{option} {value}", why, at)


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


def _quality_rules(
    entries: list[DataQuality] | None,
    name: str,
    columns: tuple[str, ...],
    at: tuple[str | int, ...],
) -> Iterator[Rule]:
    for index, entry in enumerate(entries or []):
        here = (*at, "quality", index)
        metric = entry.metric or entry.rule
        label = entry.name or entry.id or metric or entry.type or str(index)
        rule = _quality_rule(entry, f"{name}.{label}".replace(" ", "_"), metric, columns, here)
        severity = "error" if (entry.severity or "error").lower() == "error" else "warning"
        yield replace(rule, severity=severity, at=here)


def _quality_rule(
    entry: DataQuality,
    id_: str,
    metric: str | None,
    columns: tuple[str, ...],
    at: tuple[str | int, ...],
) -> Rule:
    kind = entry.type or ("library" if metric else "sql" if entry.query else "text")
    says = entry.description or entry.name or metric or entry.query or "quality"
    if kind in ("text", "custom"):
        why = "prose, for people" if kind == "text" else f"written for the engine {entry.engine!r}"
        return _unchecked(id_, columns, says, why, at)
    limit = limit_of(entry.model_dump(exclude_unset=True))
    if limit is None:
        return _unchecked(id_, columns, says, "expected one operator such as mustBe", at)
    if limit.unit not in (None, "rows", PERCENT):
        return _unchecked(
            id_, columns, says, f"no unit '{limit.unit}'; expected rows or percent", at
        )
    if kind == "sql":
        if not entry.query:
            return _unchecked(id_, columns, says, "an SQL rule without a query", at)
        return Rule(id_, "sql", columns, says, {"query": entry.query}, limit)
    return _library_rule(entry, id_, metric or "", columns, says, limit, at)


def _library_rule(
    entry: DataQuality,
    id_: str,
    metric: str,
    columns: tuple[str, ...],
    says: str,
    limit: Limit,
    at: tuple[str | int, ...],
) -> Rule:
    given = entry.arguments or {}
    if metric == "rowCount":
        return Rule(id_, "rowCount", (), says, {}, limit)
    if metric == "duplicateValues":
        keys = tuple(map(str, given.get("properties", columns)))
        if keys:
            return Rule(id_, "unique", keys, says, {}, limit)
        return _unchecked(id_, columns, says, "expected arguments.properties", at)
    if not columns:
        return _unchecked(id_, columns, says, f"{metric} stands at a table, not at a column", at)
    if metric == "nullValues":
        return Rule(id_, "required", columns, says, {}, limit)
    if metric == "missingValues":
        return Rule(
            id_, "missing", columns, says, {"values": given.get("missingValues", [None])}, limit
        )
    if metric == "invalidValues":
        if "pattern" in given and "validValues" not in given:
            return Rule(id_, "pattern", columns, says, {"value": str(given["pattern"])}, limit)
        if "validValues" in given and "pattern" not in given:
            return Rule(id_, "enum", columns, says, {"values": list(given["validValues"])}, limit)
        return _unchecked(
            id_, columns, says, "expected either arguments.validValues or .pattern", at
        )
    return _unchecked(id_, columns, says, f"no metric '{metric}'", at)


def _promises(contract: Contract, table: SchemaObject) -> Iterator[Rule]:
    for index, promise in enumerate(contract.model.slaProperties or []):
        element = str(promise.element or contract.model.slaDefaultElement or "")
        table_name, _, column = element.rpartition(".")
        if table_name and table_name.rpartition(".")[2] not in (table.name, table.physicalName):
            continue
        yield _promise(promise, column, index)


def _promise(promise: ServiceLevelAgreementProperty, column: str, index: int) -> Rule:
    name = str(promise.property)
    at = ("slaProperties", index)
    columns = (column,) if column else ()
    says = f"{name} {promise.value} {promise.unit or ''}".strip()
    id_ = f"service.{name}"
    if name in ("endOfSupport", "endOfLife"):
        return Rule(id_, "end", (), says, {"value": promise.value}, at=at)
    kinds = {"latency": "latency", "freshness": "latency", "ly": "latency", "retention": "retention",
             "re": "retention", "frequency": "frequency", "fy": "frequency"}  # fmt: skip
    if name not in kinds:
        return _unchecked(id_, columns, says, "a promise about the service, not about data", at)
    duration = duration_of(promise.value, promise.unit)
    if duration is None:
        return _unchecked(id_, columns, says, "expected a number with a unit such as h or d", at)
    if kinds[name] != "latency" and not columns:
        return _unchecked(
            id_, columns, says, "expected an element, the column that holds the time", at
        )
    return Rule(id_, kinds[name], columns, says, {"duration": duration}, at=at)


def _unknown(contract: Contract, position: int) -> Iterator[Rule]:
    for path, hint in contract.unknown_keys():
        elsewhere = path[0] == "schema" and len(path) > 1 and path[1] != str(position)
        if not elsewhere:
            at = tuple(path)
            yield _unchecked(f"unknown.{'.'.join(path)}", (), f"the key '{path[-1]}'",
                             f"the standard has no such key.{hint}", at)  # fmt: skip


def _unchecked(
    id_: str, columns: tuple[str, ...], says: str, reason: str, at: tuple[str | int, ...]
) -> Rule:
    return Rule(id_, "", columns, says, reason=reason, at=at)


def _few(values: list[Any]) -> str:
    shown = ", ".join(map(str, values[:6]))
    return shown if len(values) <= 6 else f"{shown}, … ({len(values)} values)"

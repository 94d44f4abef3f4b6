"""Everything a contract declares, as rules: each is checked, or says why it cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from highroad.entry_points import registered
from highroad.errors import ContractError, HighroadError
from highroad.products.contract import column_name
from highroad.products.limits import NONE_ALLOWED, PERCENT, limit_of
from highroad.products.rule import QUERY, Declared, Rule, RuleKind
from highroad.products.tolerances import tolerated

if TYPE_CHECKING:
    from open_data_contract_standard.model import (
        DataQuality,
        SchemaObject,
        SchemaProperty,
    )

    from highroad.products.contract import Contract

    At = tuple[str | int, ...]

GROUP = "highroad.rules"
MILD = ("warning", "warn", "info", "information", "low", "minor")
"""Severities that do not block; what nobody knows does."""


@cache
def kinds() -> tuple[RuleKind, ...]:
    """Every kind of rule that is registered.

    Raises:
        ConfigError: An entry point cannot be imported, is no kind, or has another's name.
    """
    return registered(GROUP, RuleKind)


@lru_cache(1)
def _readers(registered: tuple[RuleKind, ...]) -> Mapping[str, tuple[RuleKind, ...]]:
    """Kinds by what they read of a contract."""
    readers: dict[str, tuple[RuleKind, ...]] = {}
    for kind in registered:
        for key in kind.reads:
            readers[key] = (*readers.get(key, ()), kind)
    return readers


def rules_of(contract: Contract, table: SchemaObject | None = None) -> list[Rule]:
    """The rules of one table of a contract, column by column.

    Args:
        contract: The contract.
        table: One of its tables; None means the product's own.

    Raises:
        ContractError: A tolerance is not of its form, or a kind of rule that was added cannot read what it reads.
        ConfigError: An entry point of `highroad.rules` is none.
    """
    chosen = contract.table if table is None else table
    position = next(i for i, each in enumerate(contract.tables) if each is chosen)
    rules: list[Rule] = []
    try:
        for rule in _declared_rules(contract, chosen, position):
            rules.append(rule)
    except HighroadError:
        raise
    except Exception as error:  # of a kind that somebody added
        raise ContractError(
            f"{contract.where('schema', position)}: a kind of rule failed to read this table, after "
            f"'{rules[-1].id if rules else 'nothing'}': {type(error).__name__}: {error}"
        ) from error
    names = tuple(str(name) for name in (chosen.name, chosen.physicalName) if name)
    named = [replace(rule, tables=names) if rule.about == QUERY else rule for rule in rules]
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


def _declared_rules(contract: Contract, table: SchemaObject, position: int) -> Iterator[Rule]:
    at: At = ("schema", position)
    yield from _read("table", Declared("table", table, table, (), "", at))
    for index, _ in enumerate(table.relationships or []):
        yield Declared("", "", table, (), f"relationships.{index}", (*at, "relationships", index)).unchecked(
            "other tables are not read", "a relationship to another table"
        )  # fmt: skip
    for index, column in enumerate(table.properties or []):
        yield from _column_rules(column, (*at, "properties", index))
    keys = [each for each in table.properties or [] if each.primaryKey]
    if keys:
        columns = tuple(
            map(column_name, sorted(keys, key=lambda each: each.primaryKeyPosition or 0))
        )
        yield from _read("table.primaryKey", Declared("primaryKey", True, table, columns, "", at))
    yield from _quality_rules(table.quality, "rows", (), at)
    yield from _promises(contract, table)
    yield from _unknown(contract, position)


def _read(key: str, declared: Declared) -> list[Rule]:
    """What the kinds that read such a declaration make of it."""
    return [rule for kind in _readers(kinds()).get(key, ()) for rule in kind.read(declared)]


def _column_rules(column: SchemaProperty, at: At) -> Iterator[Rule]:
    name = column_name(column)

    def declared(key: str, value: Any, *below: str | int) -> Declared:
        return Declared(key, value, column, (name,), f"{name}.{key}", (*at, *below))

    yield from _read("column", declared("present", True))
    for key in (each for each in _readers(kinds()) if each.startswith("column.")):
        field = key.removeprefix("column.")
        if value := getattr(column, field, None):
            yield from _read(key, declared(field, value, field))
    for option, value in (column.logicalTypeOptions or {}).items():
        one = declared(option, value, "logicalTypeOptions", option)
        why = (
            "how text is formatted, not what is stored" if option == "format" else "no check for it"
        )
        yield from _read(f"option.{option}", one) or [one.unchecked(why)]
    yield from _quality_rules(column.quality, name, (name,), at)
    for index, _ in enumerate(column.relationships or []):
        one = declared(f"relationships.{index}", "", "relationships", index)
        yield one.unchecked("other tables are not read", "a relationship to another table")
    for nested in ("items", "properties", "map"):
        if getattr(column, nested):
            one = declared(nested, "", nested)
            yield one.unchecked("nested values are not checked", "what its nested values are")


def _quality_rules(
    entries: Iterable[DataQuality] | None, name: str, columns: tuple[str, ...], at: At
) -> Iterator[Rule]:
    for index, entry in enumerate(entries or []):
        metric = entry.metric or entry.rule
        label = entry.name or entry.id or metric or entry.type or str(index)
        says = entry.description or entry.name or metric or entry.query or ""
        severity = "warning" if str(entry.severity).lower() in MILD else "error"
        limit = limit_of(entry.model_dump(exclude_unset=True))
        yield from _quality_rule(
            entry,
            Declared(
                metric or "", entry.arguments or {}, entry, columns,
                f"{name}.{str(label).replace(' ', '_')}", (*at, "quality", index), says,
                limit or NONE_ALLOWED, severity,
            ),
            has_limit=limit is not None,
        )  # fmt: skip


def _quality_rule(entry: DataQuality, declared: Declared, *, has_limit: bool) -> Iterable[Rule]:
    kind = entry.type or ("library" if declared.key else "sql" if entry.query else "text")
    unit = declared.limit.unit
    if kind == "text":
        return [declared.unchecked("prose, for people")]
    if kind == "custom":
        words = entry.description or ""
        own = replace(declared, key=str(entry.engine), value=entry.implementation, words=words)
        why = f"written for the engine {entry.engine!r}"
        return _read(f"engine.{entry.engine}", own) or [declared.unchecked(why)]
    if not has_limit:
        return [declared.unchecked("expected one operator such as mustBe")]
    if unit not in (None, "rows", PERCENT):
        return [declared.unchecked(f"no unit '{unit}'; expected rows or percent")]
    key = "metric.sql" if kind == "sql" else f"metric.{declared.key}"
    if rules := _read(key, declared):
        return rules
    if key not in _readers(kinds()):
        why = f"no metric '{declared.key}'"
    else:
        why = f"{declared.key} stands at a {'column' if declared.columns else 'table'}, where it means nothing"
    return [declared.unchecked(why)]


def _promises(contract: Contract, table: SchemaObject) -> Iterator[Rule]:
    for index, promise in enumerate(contract.model.slaProperties or []):
        key, readers = (
            str(promise.property),
            _readers(kinds()).get(f"promise.{promise.property}", ()),
        )
        is_whole = any(kind.is_of_product for kind in readers)
        element = "" if is_whole else str(promise.element or contract.model.slaDefaultElement or "")
        table_name, _, column = element.rpartition(".")
        declared = Declared(key, promise.value, promise, (column,) if column else (), f"service.{key}",
                            ("slaProperties", index), f"{key} {promise.value} {promise.unit or ''}".strip())  # fmt: skip
        if not table_name or _is_of(table_name, table):
            why = "a promise about the service, not about data"
            yield from _read(f"promise.{key}", declared) or [declared.unchecked(why)]
        elif not any(_is_of(table_name, each) for each in contract.tables):
            # Told by the table it is of; by each table where it is of none, so that none drops it.
            yield replace(declared, columns=()).unchecked(f"'{element}' is of no table here")


def _is_of(name: str, table: SchemaObject) -> bool:
    """Is this the name of a table, schemas before it left out?"""
    return name.rpartition(".")[2] in (table.name, table.physicalName)


def _unknown(contract: Contract, position: int) -> Iterator[Rule]:
    for path, hint in contract.unknown_keys():
        elsewhere = path[0] == "schema" and len(path) > 1 and path[1] != str(position)
        if not elsewhere:
            declared = Declared(path[-1], "", None, (), f"unknown.{'.'.join(path)}", tuple(path))
            yield declared.unchecked(
                f"the standard has no such key.{hint}", f"the key '{path[-1]}'"
            )

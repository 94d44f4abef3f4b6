"""A contract's quality entries as rules: the standard's metrics, SQL, and what is only prose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from highroad.products.limits import PERCENT, Limit, limit_of
from highroad.products.rule import Rule, unchecked

if TYPE_CHECKING:
    from open_data_contract_standard.model import DataQuality

MILD = ("warning", "warn", "info", "information", "low", "minor")
"""Severities that do not block; what nobody knows does."""


def quality_rules(
    entries: list[DataQuality] | None,
    name: str,
    columns: tuple[str, ...],
    at: tuple[str | int, ...],
) -> Iterator[Rule]:
    """The rules of the entries of a table (`name` is `rows`) or of a column.

    Args:
        entries: The entries.
        name: What their ids begin with.
        columns: The column they stand at; empty at a table.
        at: The path of keys to what they stand at.
    """
    for index, entry in enumerate(entries or []):
        here = (*at, "quality", index)
        metric = entry.metric or entry.rule
        label = entry.name or entry.id or metric or entry.type or str(index)
        id_ = f"{name}.{str(label).replace(' ', '_')}"
        rule = _quality_rule(entry, id_, metric, columns, here)
        severity = "warning" if str(entry.severity).lower() in MILD else "error"
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
        return unchecked(id_, columns, says, why, at)
    limit = limit_of(entry.model_dump(exclude_unset=True))
    if limit is None:
        return unchecked(id_, columns, says, "expected one operator such as mustBe", at)
    if limit.unit not in (None, "rows", PERCENT):
        return unchecked(
            id_, columns, says, f"no unit '{limit.unit}'; expected rows or percent", at
        )
    if kind == "sql":
        if not entry.query:
            return unchecked(id_, columns, says, "an SQL rule without a query", at)
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
        if limit.unit == PERCENT:
            return unchecked(id_, columns, says, "rows are no share of anything", at)
        return Rule(id_, "rowCount", (), says, {}, limit)
    if metric == "duplicateValues":
        keys = tuple(map(str, given.get("properties", columns)))
        if keys:
            return Rule(id_, "unique", keys, says, {}, limit)
        return unchecked(id_, columns, says, "expected arguments.properties", at)
    if not columns:
        return unchecked(id_, columns, says, f"{metric} stands at a table, not at a column", at)
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
        return unchecked(
            id_, columns, says, "expected either arguments.validValues or .pattern", at
        )
    return unchecked(id_, columns, says, f"no metric '{metric}'", at)

"""What a report may show where a table holds personal data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from highroad.products.contract import column_name
from highroad.products.rule import QUERY, Rule

if TYPE_CHECKING:
    from open_data_contract_standard.model import SchemaObject, SchemaProperty

PERSONAL = frozenset({"pii", "personal", "sensitive", "restricted", "confidential"})
MASK = "***"
_COUNTS = re.compile(r"\s*select\s+count\s*\(", re.IGNORECASE)
_EVERYTHING = re.compile(r"(select|,|\.)\s*\*|\bcolumns\s*\(", re.IGNORECASE)
_ENGINES = ("duckdb", "_duckdb", "polars", "pyarrow")
_WITHOUT_DATA = (
    "ParserException", "SyntaxException", "BinderException", "CatalogException",
    "PermissionException", "NotImplementedException", "InterruptException", "OutOfMemoryException",
    "ColumnNotFoundError", "SchemaError",
)  # fmt: skip
"""Errors that are found before a row is read, or that speak of no value."""


def personal_columns(table: SchemaObject) -> set[str]:
    """Columns whose tags or classification say that they, or what is nested in them, are personal.

    `contains-PII` counts as much as `pii`: every word is looked at.
    """
    return {column_name(each) for each in table.properties or [] if _is_personal(each)}


def _is_personal(column: SchemaProperty) -> bool:
    said = " ".join(map(str, [*(column.tags or []), column.classification or ""])).lower()
    if PERSONAL & {*re.findall(r"[a-z]+", said)}:
        return True
    nested = [*(column.properties or []), *([column.items] if column.items else [])]
    return any(map(_is_personal, nested))


def masked(row: Mapping[str, Any], personal: set[str]) -> dict[str, Any]:
    """A row without its personal values; a null stays one."""
    return {
        name: MASK if name in personal and value is not None else value
        for name, value in row.items()
    }


def may_show(rule: Rule, personal: Iterable[str]) -> bool:
    """May the value of an SQL rule be told? A count may; what else is made of personal data may not."""
    query = str(rule.arguments.get("query", "")).lower()
    if rule.about != QUERY or _COUNTS.match(query):
        return True
    named = any(name.lower() in query or name in rule.columns for name in personal)
    return not named and not (_EVERYTHING.search(query) and any(personal))


def told(error: BaseException, has_personal: bool) -> str:
    """An engine's error in one line; without its words where they may quote a person's data."""
    causes = (error, error.__cause__)
    engines = [each for each in causes if type(each).__module__.partition(".")[0] in _ENGINES]
    if has_personal and any(type(each).__name__ not in _WITHOUT_DATA for each in engines):
        name = type(engines[0]).__name__
        return f"{name}; its words are left out, for they may quote personal data"
    return str(error).partition("\n")[0] or type(error).__name__

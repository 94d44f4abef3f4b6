"""One thing that a contract declares, and the kinds there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from highroad.products.limits import NONE_ALLOWED, Limit

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
LENGTHS = ("minLength", "maxLength")
ROW_KINDS = frozenset({"required", "enum", "pattern", "multipleOf", "missing", *BOUNDS, *LENGTHS})
"""Rules that are true or false of a single row."""
KEY_KINDS = frozenset({"unique"})
AGE_KINDS = frozenset({"latency", "retention", "frequency", "end"})
"""Rules about time; they need a clock."""
SCHEMA_KINDS = frozenset({"present", "undeclared", "logicalType", "physicalType"})


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
        tables: What an SQL rule may call its table, besides `{object}`.
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
    tables: tuple[str, ...] = ()
    at: tuple[str | int, ...] = ()


def unchecked(
    id_: str, columns: tuple[str, ...], says: str, reason: str, at: tuple[str | int, ...]
) -> Rule:
    """A rule that nothing here can check, with the reason."""
    return Rule(id_, "", columns, says, reason=reason, at=at)

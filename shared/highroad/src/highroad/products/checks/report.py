"""What a check found: one result a rule, as JSON, as a table, as facts for lineage."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from highroad.products.limits import NONE_ALLOWED
from highroad.products.rule import ERROR, FAIL, NOT_CHECKED, PASS, VERDICTS, Result

WIDTH = 100
"""Columns of a terminal that a table keeps to."""
MOST_OF_AN_ID, MOST_LINES = 36, 3
_MARKS = {PASS: "✓", FAIL: "✗", ERROR: "!", NOT_CHECKED: "?"}


@dataclass(frozen=True)
class Report:
    """Every result of one check of one table.

    Attributes:
        product: The data product.
        contract_version: The contract's semantic version.
        fingerprint: The contract's fingerprint.
        engine: What did the counting: `duckdb`, `polars` or `parquet`.
        rows: Rows of the table.
        checked_at: The clock's time, UTC.
        results: One for each rule, in the contract's order.
    """

    product: str
    contract_version: str
    fingerprint: str
    engine: str
    rows: int
    checked_at: datetime
    results: Sequence[Result]

    @property
    def faults(self) -> list[Result]:
        """The results that block."""
        return [each for each in self.results if each.blocks]

    @property
    def passed(self) -> bool:
        """Nothing blocks; rules that were not checked are another question."""
        return not self.faults

    def count(self, verdict: str) -> int:
        """How many rules have this verdict."""
        return sum(each.verdict == verdict for each in self.results)

    def facts(self) -> dict[str, Any]:
        """The report as plain values, ready for JSON."""
        return {
            "product": self.product,
            "contract_version": self.contract_version,
            "fingerprint": self.fingerprint,
            "engine": self.engine,
            "rows": self.rows,
            "checked_at": self.checked_at.isoformat(),
            "verdicts": {verdict: self.count(verdict) for verdict in VERDICTS},
            "results": [_facts(each) for each in self.results],
        }

    def to_json(self) -> str:
        """`facts` as indented JSON."""
        return json.dumps(self.facts(), indent=2, ensure_ascii=False)

    def assertions(self) -> list[dict[str, Any]]:
        """What Open Lineage's data-quality assertions facet holds: assertion, success, severity, column."""
        return [
            {
                "assertion": each.rule.id,
                "success": each.verdict == PASS,
                "severity": "warn" if each.rule.severity == "warning" else "error",
                **({"column": each.rule.columns[0]} if len(each.rule.columns) == 1 else {}),
            }
            for each in self.results
            if each.verdict in (PASS, FAIL)
        ]

    def table(self, everything: bool = False) -> str:
        """The report as text: what did not pass, or every rule, and a line that counts them."""
        shown = [each for each in self.results if everything or each.verdict != PASS]
        width = min(max((len(each.rule.id) for each in shown), default=0), MOST_OF_AN_ID)
        lines = [_lines(each, width) for each in shown]
        counts = ", ".join(
            f"{self.count(verdict)} {verdict}" for verdict in VERDICTS if self.count(verdict)
        )
        head = f"{self.product} {self.contract_version}: {self.rows:,} rows, {counts or 'no rules'}"
        return "\n".join([head, *lines])


def _lines(result: Result, width: int) -> str:
    """A result as at most so many lines of text beside its rule's name."""
    is_mild = result.rule.severity == "warning" and result.verdict == FAIL
    start = f"  {'~' if is_mild else _MARKS[result.verdict]} {result.rule.id.ljust(width)}  "
    note = result.reason
    if not note and result.observed is not None:
        note = f"observed {_plain(result.observed)}"
    text = f"{result.rule.says}{f': {note}' if note else ''}"
    indent = " " * (width + 6)
    # What was found says more than the rule's own words, which stand in the contract.
    most = MOST_LINES * (WIDTH - len(indent)) - len(note) - 4
    if note and len(text) > MOST_LINES * (WIDTH - len(indent)):
        text = (
            f"{textwrap.shorten(result.rule.says, max(most, WIDTH // 3), placeholder=' …')}: {note}"
        )
    lines = textwrap.wrap(
        text, WIDTH - len(indent), max_lines=MOST_LINES, placeholder=" …", break_on_hyphens=False
    ) or [""]  # fmt: skip
    if len(result.rule.id) > width:
        return "\n".join([start.rstrip(), *(f"{indent}{line}" for line in lines)])
    return "\n".join([f"{start}{lines[0]}".rstrip(), *(f"{indent}{line}" for line in lines[1:])])


def _facts(result: Result) -> dict[str, Any]:
    """A result as plain values, ready for JSON."""
    rule = result.rule
    is_limited = rule.limit != NONE_ALLOWED or (rule.kind and rule.kind.shows_limit)
    return {
        "rule": rule.id,
        "verdict": result.verdict,
        "severity": rule.severity,
        "says": rule.says,
        "columns": list(rule.columns),
        "observed": _plain(result.observed),
        "expected": str(rule.limit) if is_limited else rule.says,
        "failed_rows": result.failed_rows,
        "sample": [{key: _plain(value) for key, value in row.items()} for row in result.sample],
        "reason": result.reason,
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)

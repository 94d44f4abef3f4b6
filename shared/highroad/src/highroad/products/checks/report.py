"""What a check found: one result a rule, as JSON, as a table, as facts for lineage."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from highroad.products.limits import NONE_ALLOWED
from highroad.products.rule import Rule

PASS, FAIL, ERROR, NOT_CHECKED = "pass", "fail", "error", "not-checked"
VERDICTS = (PASS, FAIL, ERROR, NOT_CHECKED)
WIDTH = 100
"""Columns of a terminal that a table keeps to."""
MOST_OF_AN_ID, MOST_LINES = 36, 3
_MARKS = {PASS: "✓", FAIL: "✗", ERROR: "!", NOT_CHECKED: "?"}


@dataclass(frozen=True)
class Result:
    """The verdict on one rule.

    Attributes:
        rule: The rule.
        verdict: One of `VERDICTS`; `error` where the check itself could not be made.
        observed: What was measured: failing rows, a count, a type, a time; None where nothing.
        failed_rows: Rows that break the rule; None where rows are not what it is about.
        sample: Some failing rows, with the rule's and the key's columns, personal data masked.
        reason: Why it failed, erred or was not checked; empty for a pass.
    """

    rule: Rule
    verdict: str
    observed: Any = None
    failed_rows: int | None = None
    sample: Sequence[Mapping[str, Any]] = ()
    reason: str = ""

    @property
    def blocks(self) -> bool:
        """Does this stop a save or a run? A warning never does."""
        return self.rule.severity == "error" and self.verdict in (FAIL, ERROR)

    def facts(self) -> dict[str, Any]:
        """The result as plain values, ready for JSON."""
        return {
            "rule": self.rule.id,
            "verdict": self.verdict,
            "severity": self.rule.severity,
            "says": self.rule.says,
            "columns": list(self.rule.columns),
            "observed": _plain(self.observed),
            "expected": _expected(self.rule),
            "failed_rows": self.failed_rows,
            "sample": [{key: _plain(value) for key, value in row.items()} for row in self.sample],
            "reason": self.reason,
        }


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
            "results": [each.facts() for each in self.results],
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


def _expected(rule: Rule) -> str:
    if rule.limit != NONE_ALLOWED or rule.kind in ("rowCount", "sql"):
        return str(rule.limit)
    return rule.says


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)

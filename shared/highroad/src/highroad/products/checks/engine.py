"""From rules and a scan to a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from highroad.products.checks.opening import open_scan
from highroad.products.checks.privacy import MASK, masked, may_show, personal_columns, told
from highroad.products.checks.report import Report
from highroad.products.contract import column_name
from highroad.products.rule import ERROR, FAIL, NOT_CHECKED, Result, Rule
from highroad.products.rules import rules_of

if TYPE_CHECKING:
    import pyarrow as pa
    from open_data_contract_standard.model import SchemaObject

    from highroad.products.checks.scan import Scan
    from highroad.products.contract import Contract

SAMPLE_ROWS = 5


def check(
    data: Any,
    contract: Contract,
    *,
    now: datetime | None = None,
    table: SchemaObject | None = None,
    sample_rows: int = SAMPLE_ROWS,
    only: frozenset[str] | None = None,
) -> Report:
    """Check a table against its contract.

    Args:
        data: A pandas, Polars or Arrow table, a DuckDB relation, or the paths of Parquet files.
        contract: The contract.
        now: The time that ages are counted from, with a time zone; None means the system's.
        table: Which of the contract's tables; None means the product's own.
        sample_rows: The most failing rows to show per rule.
        only: What rules to check are about, such as `ROW`; the others come back as not checked. None means all.

    Returns:
        A report with one result per declared rule, whatever the data.

    Raises:
        DataError: The data cannot be read at all.
    """
    now = now or datetime.now(UTC)
    chosen = contract.table if table is None else table
    rules = rules_of(contract, chosen)
    scan = open_scan(data)
    rows, results = results_of(scan, rules, chosen, now, sample_rows=sample_rows, only=only)
    return Report(
        contract.product, contract.version, contract.fingerprint, scan.engine, rows, now, results
    )


def results_of(
    scan: Scan,
    rules: Sequence[Rule],
    table: SchemaObject,
    now: datetime,
    *,
    sample_rows: int = SAMPLE_ROWS,
    only: frozenset[str] | None = None,
) -> tuple[int, list[Result]]:
    """The number of rows of a table, and one result per rule in the order of the rules.

    Args:
        scan: The table.
        rules: All rules of it.
        table: The contract's table that they are of.
        now: The time that ages are counted from.
        sample_rows: As for `check`.
        only: As for `check`.

    Raises:
        DataError: The data cannot be read at all.
    """
    results: dict[str, Result] = {}
    for rule in rules:
        if only is not None and rule.is_checked and rule.about not in only:
            results[rule.id] = Result(rule, NOT_CHECKED, reason="left out of this check")
        elif result := rule.kind.decided(rule, scan.schema, now):
            results[rule.id] = result
    rows, measured = scan.measure([rule for rule in rules if rule.id not in results])
    personal = personal_columns(table)
    keys = _keys(table, scan.schema)
    for rule in rules:
        if rule.id not in measured:
            continue
        value = measured[rule.id]
        if isinstance(value, Exception):
            reason = told(value, bool(personal and rows))
            results[rule.id] = Result(rule, ERROR, reason=reason)
            continue
        result = rule.kind.judged(rule, value, rows, now)
        if not may_show(rule, personal):
            result = replace(result, observed=MASK)
        if result.verdict == FAIL and result.failed_rows and sample_rows:
            shown = list(dict.fromkeys([*rule.columns, *keys]))
            sample = scan.failing([rule], sample_rows, shown).to_pylist()
            result = replace(result, sample=[masked(row, personal) for row in sample])
        results[rule.id] = result
    return rows, [results[rule.id] for rule in rules]


def failing_rows(data: Any, rules: Sequence[Rule], most: int | None = None) -> pa.Table:
    """The rows that break any of these rules, whole, for quarantine."""
    return open_scan(data).failing(rules, most)


def _keys(table: SchemaObject, schema: pa.Schema) -> list[str]:
    """The columns of the primary key that are there: they tell which rows a sample shows."""
    keys = [column_name(each) for each in table.properties or [] if each.primaryKey]
    return [name for name in keys if name in schema.names]

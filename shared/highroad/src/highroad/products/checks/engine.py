"""From rules and a scan to a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from highroad.products.checks.opening import open_scan
from highroad.products.checks.privacy import MASK, masked, may_show, personal_columns, told
from highroad.products.checks.report import ERROR, FAIL, NOT_CHECKED, PASS, Report, Result
from highroad.products.checks.scan import MIXED
from highroad.products.checks.values import problem_of
from highroad.products.limits import is_no_value
from highroad.products.rule import (
    AGE_KINDS,
    BOUNDS,
    KEY_KINDS,
    LENGTHS,
    ROW_KINDS,
    SCHEMA_KINDS,
    Rule,
)
from highroad.products.rules import rules_of
from highroad.products.types import fits_logical, fits_physical, value_type

if TYPE_CHECKING:
    import pyarrow as pa
    from open_data_contract_standard.model import SchemaObject

    from highroad.products.checks.scan import Scan
    from highroad.products.contract import Contract

__all__ = ["as_utc", "check", "failing_rows", "personal_columns", "results_of"]

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
        only: Kinds of rules to check; the others come back as not checked. None means all.

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
        if only is not None and rule.kind and rule.kind not in only:
            results[rule.id] = Result(rule, NOT_CHECKED, reason="left out of this check")
        elif result := _without_data(rule, scan.schema, now):
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
        result = _judged(rule, value, rows, now)
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


def _without_data(rule: Rule, schema: pa.Schema, now: datetime) -> Result | None:
    """The result of a rule that the schema or the clock decides; None where rows must be read."""
    if not rule.kind:
        return Result(rule, NOT_CHECKED, reason=rule.reason)
    if rule.kind == "undeclared":
        extra = [name for name in schema.names if name not in rule.arguments["declared"]]
        why = f"found {', '.join(extra)}; declare them in the contract or leave them out"
        return Result(rule, FAIL, len(extra), reason=why) if extra else Result(rule, PASS, 0)
    if rule.kind == "end":
        return _ended(rule, now)
    if rule.kind in AGE_KINDS and not rule.columns:
        return Result(rule, NOT_CHECKED, reason="no column tells its time; its publication does")
    missing = [name for name in rule.columns if schema.get_field_index(name) < 0]
    if missing:
        verdict = FAIL if rule.kind == "present" else ERROR
        return Result(rule, verdict, reason=f"no column '{missing[0]}'")
    for name in rule.columns:
        metadata = schema.field(name).metadata or {}
        if MIXED in metadata and rule.kind != "sql":
            about_the_column = rule.kind in SCHEMA_KINDS or rule.kind == "timezone"
            verdict = FAIL if about_the_column else ERROR
            return Result(rule, verdict, reason=metadata[MIXED].decode())
    if rule.kind in SCHEMA_KINDS or rule.kind == "timezone":
        return _typed(rule, schema.field(rule.columns[0]))
    if why := _unsuited(rule, schema):
        return Result(rule, ERROR, reason=why)
    return None


def _typed(rule: Rule, field: pa.Field) -> Result:
    if rule.kind == "present":
        return Result(rule, PASS)
    found = str(field.type)
    if rule.kind == "timezone":
        has = getattr(field.type, "tz", None) is not None
        fits: bool | None = has == rule.arguments["value"]
    elif rule.kind == "logicalType":
        fits = fits_logical(rule.arguments["type"], field.type)
    else:
        fits = fits_physical(rule.arguments["type"], field.type)
    if fits is None:
        return Result(rule, NOT_CHECKED, found, reason="a type of another system")
    return Result(rule, PASS if fits else FAIL, found)


def _unsuited(rule: Rule, schema: pa.Schema) -> str:
    """Why a rule cannot be asked of its columns' types; empty where it can."""
    if rule.kind in ("rowCount", "sql", "required", "missing", *KEY_KINDS):
        return ""
    kind = value_type(schema.field(rule.columns[0]).type)
    if str(kind) == "null" and rule.kind not in AGE_KINDS:
        return ""  # null passes, whatever is asked of it
    if rule.kind == "enum":
        return problem_of(rule, kind)
    if rule.kind in ("pattern", *LENGTHS):
        wanted = ["string"]
    elif rule.kind == "multipleOf":
        wanted = ["number"]
    else:
        wanted = ["date", "timestamp", *(["number", "time"] if rule.kind in BOUNDS else [])]
    if any(fits_logical(each, kind) for each in wanted):
        return problem_of(rule, kind)
    return f"cannot be asked of a column stored as {kind}; expected {' or '.join(wanted)}"


def _judged(rule: Rule, value: Any, rows: int, now: datetime) -> Result:
    if rule.kind in AGE_KINDS:
        return _aged(rule, value, now)
    count = int(value or 0) if rule.kind in ROW_KINDS | KEY_KINDS else None
    found = value if count is None else count
    try:
        verdict = PASS if rule.limit.holds(found, rows) else FAIL
    except TypeError:
        kind = type(found).__name__
        return Result(
            rule, ERROR, found, reason=f"{kind} cannot be compared with {rule.limit.value!r}"
        )
    why = "the query's result is null or NaN; expected a value" if is_no_value(found) else ""
    return Result(rule, verdict, found, failed_rows=count, reason="" if verdict == PASS else why)


def _aged(rule: Rule, value: Any, now: datetime) -> Result:
    if value is None:
        few = "fewer than two moments, so no gap to tell"
        why = few if rule.kind == "frequency" else "no value to tell a time from"
        return Result(rule, ERROR, reason=why)
    promised: timedelta = rule.arguments["duration"]
    if rule.kind == "frequency":
        found = timedelta(seconds=float(value))
        why = f"the longest gap is {found}, promised is at most {promised}"
        return Result(
            rule,
            PASS if found <= promised else FAIL,
            str(found),
            reason="" if found <= promised else why,
        )
    moment = as_utc(value)
    age = now - moment
    if age <= promised:
        return Result(rule, PASS, moment)
    what = "newest" if rule.kind == "latency" else "oldest"
    why = f"the {what} is of {moment:%Y-%m-%d %H:%M} UTC, {age} old; promised is at most {promised}"
    return Result(rule, FAIL, moment, reason=why)


def as_utc(value: Any) -> datetime:
    """A date or time as one with UTC; one without a zone is taken as UTC."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day) if isinstance(value, date) else value
    moment: datetime = value
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ended(rule: Rule, now: datetime) -> Result:
    try:
        end = as_utc(datetime.fromisoformat(str(rule.arguments["value"])))
    except ValueError:
        return Result(rule, NOT_CHECKED, reason="expected an ISO date")
    verdict = PASS if now < end else FAIL
    return Result(rule, verdict, end, reason="" if verdict == PASS else f"ended on {end:%Y-%m-%d}")


def _keys(table: SchemaObject, schema: pa.Schema) -> list[str]:
    """The columns of the primary key that are there: they tell which rows a sample shows."""
    keys = [
        str(each.physicalName or each.name) for each in table.properties or [] if each.primaryKey
    ]
    return [name for name in keys if name in schema.names]

"""How old a product is against its promise, from its log alone: no data is read.

Evidence, best first: statistics of the promised time column, the value of the partition, the
time of the commit, the modification time of its files. Without evidence the verdict is
`unknown`, and that is never a pass. Of a partitioned product the newest *complete* partition
counts: one that reaches up to its end, or up to now while it is still running. A single late
row in a half-delivered month does not make the product fresh.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from highroad.products.commits import Version
from highroad.products.contract import Contract
from highroad.products.rules import rules_of
from highroad.products.rules.ages import Frequency, Latency
from highroad.products.rules.bases import as_utc
from highroad.products.store import Table

FRESH, STALE, UNKNOWN, NO_PROMISE = "fresh", "stale", "unknown", "no promise"
SLACK = timedelta(days=1)
"""How far from its end a complete partition may stop where the contract names no frequency."""
_PERIOD = re.compile(r"^(?P<year>\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2}))?)?$")


@dataclass(frozen=True)
class Freshness:
    """The age of one version.

    Attributes:
        verdict: `fresh`, `stale`, `unknown` or `no promise`.
        newest: The time that counts, UTC; None where unknown.
        evidence: What it was taken from, in words.
        partition: The newest complete partition; None for a product in one piece.
        age: Now less `newest`; None where unknown.
        promised: The most the contract allows; None where it says nothing.
        reason: Why the verdict is not `fresh`.
    """

    verdict: str
    newest: datetime | None = None
    evidence: str = ""
    partition: str | None = None
    age: timedelta | None = None
    promised: timedelta | None = None
    reason: str = ""


@dataclass(frozen=True)
class FreshnessPromise:
    """What a contract says about the age of its product.

    Attributes:
        latency_s: The most that the newest data may age; None where it says nothing.
        column: The time column that the age is told by; None where it names none.
        slack_s: How far from its end a complete partition may stop.
        by: The first partition column; None for a product in one piece.
    """

    latency_s: float | None
    column: str | None
    slack_s: float
    by: str | None


def promise_of(contract: Contract) -> FreshnessPromise:
    """What the contract says about the age of its product."""
    rules = {type(rule.kind): rule for rule in reversed(rules_of(contract))}
    latency, frequency = rules.get(Latency), rules.get(Frequency)
    return FreshnessPromise(
        latency.arguments["duration"].total_seconds() if latency else None,
        latency.columns[0] if latency and latency.columns else None,
        (frequency.arguments["duration"] if frequency else SLACK).total_seconds(),
        next(iter(contract.partitioned_by), None),
    )


def freshness_of(table: Table, contract: Contract, version: Version, now: datetime) -> Freshness:
    """Hold a version's age against the contract.

    Args:
        table: The product's table.
        contract: Its contract.
        version: The version.
        now: The platform's time, with a time zone.
    """
    return judge_freshness(promise_of(contract), version, files_of(table, version), now)


def judge_freshness(
    promise: FreshnessPromise, version: Version, files: Sequence[Mapping[str, Any]], now: datetime
) -> Freshness:
    """Hold a version's age against a promise.

    Args:
        promise: What was promised.
        version: The version.
        files: Of the version, by its log.
        now: The platform's time, with a time zone.
    """
    seconds = promise.latency_s
    promised = timedelta(seconds=seconds) if seconds is not None else None
    newest, evidence, partition = _evidence(files, promise, version, now)
    if newest is None:
        return Freshness(UNKNOWN, promised=promised, evidence=evidence, reason=evidence)
    age = now - newest
    if promised is None:
        return Freshness(NO_PROMISE, newest, evidence, partition, age)
    if age <= promised:
        return Freshness(FRESH, newest, evidence, partition, age, promised)
    why = f"{words(age)} old by the {evidence}; promised is at most {words(promised)}"
    return Freshness(STALE, newest, evidence, partition, age, promised, why)


def files_of(table: Table, version: Version) -> list[Mapping[str, Any]]:
    """The files of a version, by its log: their rows, partitions and statistics."""
    import pyarrow as pa

    opened = version.opened or table.open(version.number)
    return list(pa.table(opened.get_add_actions(flatten=True)).to_pylist())


def _evidence(
    files: Sequence[Mapping[str, Any]], promise: FreshnessPromise, version: Version, now: datetime
) -> tuple[datetime | None, str, str | None]:
    """(time, what it was taken from, partition); where there is no time, why not."""
    by, column = promise.by, promise.column
    if column is not None and files:
        ends = _latest_by_partition(files, column, by)
        if ends is not None and not by:
            return ends[""], f"statistics of {column}", None
        if ends is not None:
            slack = timedelta(seconds=promise.slack_s)
            for name in sorted(ends, reverse=True):
                period = _period(name)
                due = min(period[1], now) if period else None
                if due is None or ends[name] >= due - slack:
                    return ends[name], f"statistics of {column}", name
            return None, "no partition is complete", None
    if by and files:
        names = [str(each[f"partition.{by}"]) for each in files]
        periods = [(period, name) for name in names if (period := _period(name))]
        if periods:
            (_, end), name = max(periods)
            return min(end, now), f"partition {by}", name
    if version.facts.published_at:
        return as_utc(datetime.fromisoformat(version.facts.published_at)), "publication", None
    if version.committed_at:
        return version.committed_at, "commit", None
    stamps = [each["modification_time"] for each in files if each.get("modification_time")]
    if stamps:
        return datetime.fromtimestamp(max(stamps) / 1000, UTC), "files", None
    return None, "nothing says when it was made", None


def _latest_by_partition(
    files: Sequence[Mapping[str, Any]], column: str, by: str | None
) -> dict[str, datetime] | None:
    """The latest value of a column by partition; None where a file does not say."""
    found: dict[str, datetime] = {}
    for each in files:
        value = each.get(f"max.{column}")
        if value is None:
            if each.get("num_records") == 0:
                continue
            return None
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return None
        name = str(each[f"partition.{by}"]) if by else ""
        found[name] = max(as_utc(value), found.get(name, as_utc(value)))
    return found or None


def _period(name: str) -> tuple[datetime, datetime] | None:
    """Start and end, UTC, of a partition called `2013`, `2013-01` or `2013-01-31`."""
    found = _PERIOD.match(name)
    if not found:
        return None
    year, month, day = (
        int(found[part]) if found[part] else None for part in ("year", "month", "day")
    )
    try:
        start = datetime(int(year or 0), month or 1, day or 1, tzinfo=UTC)
    except ValueError:
        return None
    if day:
        return start, start + timedelta(days=1)
    if month:
        return start, datetime(start.year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return start, datetime(start.year + 1, 1, 1, tzinfo=UTC)


def words(span: timedelta) -> str:
    """A duration as people say it: 26 h, 3.5 d."""
    hours = span.total_seconds() / 3600
    if abs(hours) < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} h" if abs(hours) < 72 else f"{hours / 24:.1f} d"

"""What may go: rows older than the contract keeps, and versions nobody can want any more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from highroad.products import keys
from highroad.products.contract import Contract
from highroad.products.drift.stored import stale_profiles
from highroad.products.rules import rules_of
from highroad.products.rules.ages import Retention
from highroad.products.store import Table

KEPT_VERSIONS = timedelta(days=30)


@dataclass(frozen=True)
class Removal:
    """What retention removes, or would remove, of one product.

    Attributes:
        product: The product.
        rows: Rows older than the contract's retention.
        before: The time they are older than, UTC; None where the contract keeps all.
        files: Files that only versions older than `KEPT_VERSIONS` need, and profiles that none does.
        dry_run: Nothing was removed.
    """

    product: str
    rows: int
    before: datetime | None
    files: int
    dry_run: bool

    def __str__(self) -> str:
        verb = "would remove" if self.dry_run else "removed"
        old = f"{self.rows:,} rows of before {self.before:%Y-%m-%d}" if self.before else "no rows"
        return f"{self.product}: {verb} {old}, {self.files} files of old versions"


def retain(
    table: Table,
    contract: Contract,
    now: datetime,
    *,
    keep_versions: timedelta = KEPT_VERSIONS,
    dry_run: bool = True,
) -> Removal:
    """Remove what the contract's retention promise says has to go, as one version, then old files.

    Args:
        table: The product's table.
        contract: Its contract; a `retention` promise with an element names the time column.
        now: The platform's time.
        keep_versions: How long a version that was replaced stays readable.
        dry_run: Only count.
    """
    promise = next((rule for rule in rules_of(contract) if isinstance(rule.kind, Retention)), None)
    before = now - promise.arguments["duration"] if promise else None
    rows = 0
    if promise is not None and before is not None:
        rows = _remove_rows(table, promise.columns[0], before, dry_run=dry_run)
    files = table.vacuum(keep_versions, dry_run=dry_run)
    files += stale_profiles(table, dry_run=dry_run)
    files += _stale_sketches(table, dry_run=dry_run)
    return Removal(contract.product, rows, before, len(files), dry_run)


def _remove_rows(table: Table, column: str, moment: datetime, *, dry_run: bool) -> int:
    """Commit a version without the rows whose time is before a moment; the verdict of the rest stays.

    Returns:
        How many rows there were.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    snapshot = table.snapshot()
    kind = snapshot.schema.field(column).type
    value = moment.date() if types.is_date(kind) else moment
    if types.is_timestamp(kind) and kind.tz is None:
        value = moment.astimezone(UTC).replace(tzinfo=None)
    old = pc.field(column) < pa.scalar(value, kind)
    counts = {
        each: int(snapshot.dataset([each]).count_rows(filter=old)) for each in snapshot.partitions
    }
    due = {each: count for each, count in counts.items() if count}
    if dry_run or not due:
        return sum(due.values())
    with table.staging(snapshot.by, snapshot.schema) as staging:
        for each in due:
            # A comparison with null is null, and such rows stay.
            rows = snapshot.dataset([each]).to_table(filter=~old | pc.field(column).is_null())
            if len(rows) or not snapshot.by:
                staging.write(rows)
        staged = {
            each: replace(part, fingerprint=known.fingerprint if known else "")
            for each, part in staging.finish().items()
            for known in [snapshot.known(each)]
        }
        table.commit(
            snapshot.schema,
            snapshot.by,
            staged,
            snapshot.facts,
            snapshot.version,
            removed=[each for each in due if each not in staged],
        )
    return sum(due.values())


def _stale_sketches(table: Table, *, dry_run: bool) -> list[str]:
    """Sketches of the keys of rows that no version still known has; removed unless it is a dry run."""
    known = {digest for each in table.history() for digest in each.facts.content.values()}
    names = table.names_beside(keys.FOLDER)
    stale = [name for name in names if name.partition("-")[0] not in known]
    if not dry_run:
        table.remove_beside([f"{keys.FOLDER}/{name}" for name in stale])
    return stale

"""What may go: rows older than the contract keeps, and versions nobody can want any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from highroad.products.contract import Contract
from highroad.products.drift.stored import stale_profiles
from highroad.products.rules import rules_of
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
    promise = next((rule for rule in rules_of(contract) if rule.kind == "retention"), None)
    before = now - promise.arguments["duration"] if promise else None
    rows = 0
    if promise is not None and before is not None:
        rows = table.count_before(promise.columns[0], before)
        if rows and not dry_run:
            table.delete_before(promise.columns[0], before)
    files = table.vacuum(keep_versions, dry_run=dry_run)
    files += stale_profiles(table, dry_run=dry_run)
    return Removal(contract.product, rows, before, len(files), dry_run)

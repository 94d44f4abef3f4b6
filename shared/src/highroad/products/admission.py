"""What may enter the product store, and what a consumer may take out of it.

Kedro's validator and the dataset both come here, so that a table is checked once however it
arrives: through a catalog, through a dataset used by hand, or back out of the store.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.validation import CheckFailure, DataValidationError

from highroad.errors import QualityError
from highroad.products.checks import NOT_CHECKED, Report, check
from highroad.products.clock import now
from highroad.products.contract import Contract, contract_of
from highroad.products.freshness import STALE, UNKNOWN, freshness_of
from highroad.products.quarantine import set_aside
from highroad.products.refusals import note_refusal
from highroad.products.rule import AGE_KINDS, KEY_KINDS, ROW_KINDS, SCHEMA_KINDS
from highroad.products.store import Table
from highroad.products.tables import as_arrow, gather
from highroad.runs import current_run

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger("highroad.products")
OF_ROWS = ROW_KINDS | SCHEMA_KINDS | {"timezone"}
OF_TABLE = KEY_KINDS | AGE_KINDS | {"rowCount", "sql"}


@dataclass(frozen=True)
class Checked:
    """Rows on their way into the store.

    Attributes:
        data: The rows.
        report: The report that lets them in.
        on_top_of: The version they were checked on top of; None where there was none.
    """

    data: pa.Table
    report: Report
    on_top_of: int | None


class Admission:
    """The gate of one product, or of one dataset under a contract.

    Args:
        product: The product whose contract holds.
        platform_conf: The platform's folder.
        store: The store's root.
        uri: The product's table; None for a dataset that is no product.
    """

    def __init__(self, product: str, platform_conf: str, store: str, uri: str | None = None):
        self.product = product
        self.store = store
        self.table = Table(uri) if uri else None
        self._platform_conf = Path(platform_conf)
        self._admitted: tuple[Any, Checked] | None = None
        self._loaded: dict[int, weakref.ref[Any]] = {}
        self._verified: set[tuple[int, str]] = set()

    @cached_property
    def contract(self) -> Contract:
        """The contract, read when it is first needed."""
        return contract_of(self.product, self._platform_conf)

    @property
    def now(self) -> datetime:
        """The platform's time."""
        return now(self._platform_conf)

    def admit(self, data: Any) -> Checked:
        """Check rows for publication: each row by itself, the table with what stays of it.

        Raises:
            DataValidationError: A rule blocks; the failing rows are in quarantine.
        """
        assert self.table is not None
        by = self.contract.partitioned_by
        rows = gather(data, by) if isinstance(data, Mapping) else as_arrow(data)
        version = self.table.latest()
        together = rows
        if not by or version is None:
            report = check(rows, self.contract, now=self.now)
        else:
            alone = check(rows, self.contract, now=self.now, only=OF_ROWS)
            together = self._with_kept(rows, by, version)
            report = _joined(alone, check(together, self.contract, now=self.now, only=OF_TABLE))
        self.refuse_faults(together, report, publishing=True)
        checked = Checked(rows, report, version)
        self._admitted = (data, checked)
        return checked

    def taken(self, data: Any) -> Checked | None:
        """What `admit` said of this very object, once; None where it was not asked."""
        admitted, self._admitted = self._admitted, None
        return admitted[1] if admitted is not None and admitted[0] is data else None

    def verify(self, version: int) -> None:
        """Refuse a version that breaks the contract as it stands now.

        What was checked against this very contract when it was published is not read again.

        Raises:
            DataError: Its files are not as they were committed.
            DataValidationError: A rule blocks.
        """
        assert self.table is not None
        key = (version, self.contract.fingerprint)
        if key in self._verified:
            return
        self.table.require_whole(version)
        facts = self.table.facts(version)
        if facts.verdict != "pass" or facts.fingerprint != self.contract.fingerprint:
            data = self.table.dataset(version)
            self.refuse_faults(data, check(data, self.contract, now=self.now), publishing=False)
        self._verified.add(key)

    def require_fresh(self, version: int) -> None:
        """Refuse a version that is older than the contract promises.

        Raises:
            QualityError: It is older, or nothing says how old it is.
        """
        assert self.table is not None
        found = freshness_of(self.table, self.contract, self.table.about(version), self.now)
        if found.verdict == STALE or (found.verdict == UNKNOWN and found.promised):
            raise QualityError(
                f"{self.product}, version {version}: {found.reason}. Run the project that publishes "
                f"it, or ask its owner{f' {self.contract.owner}' if self.contract.owner else ''}; "
                "`highroad products status` shows all."
            )

    def remember(self, data: Any) -> None:
        """Note that this object came out of the store, verified."""
        key = id(data)

        def forget(_: Any) -> None:
            self._loaded.pop(key, None)

        try:
            self._loaded[key] = weakref.ref(data, forget)
        except TypeError:
            logger.debug("%s cannot be remembered and will be checked again", type(data).__name__)

    def is_loaded(self, data: Any) -> bool:
        """Did this very object come out of the store?"""
        reference = self._loaded.get(id(data))
        return reference is not None and reference() is data

    def refuse_faults(self, data: Any, report: Report, *, publishing: bool) -> None:
        """Raise for what blocks; warn of the rest. Old data is late for readers, not for its writer.

        Raises:
            DataValidationError: Names rules, counts and, when publishing, where the rows are kept.
        """
        faults = [
            each for each in report.faults if not (publishing and each.rule.kind in AGE_KINDS)
        ]
        for each in report.results:
            if each.verdict in ("fail", "error") and each not in faults:
                logger.warning(
                    "%s: %s: %s. %s", report.product, each.rule.id, each.rule.says, each.reason
                )
        if not faults:
            return
        aside = None
        if publishing:
            run = current_run()
            aside = set_aside(data, report, self.store, run.id if run else "by-hand")
        failures = [
            CheckFailure(
                message=each.reason or each.rule.says,
                check=f"{each.rule.id}, {each.rule.says}"
                + (f": {each.reason}" if each.reason else ""),
                failure_count=each.failed_rows or 1,
                failure_examples=[str(dict(row)) for row in each.sample],
            )
            for each in faults
        ]
        message = (
            f"{report.product} breaks its contract {report.contract_version}"
            + ("; nothing was published." if publishing else "; the run stops.")
            + (f" The failing rows are in {aside}." if aside else "")
        )
        refused = DataValidationError(message, failures=failures)
        if publishing and self.table is not None:
            note_refusal(refused, self.product, self.table.uri, report.assertions())
        raise refused

    def _with_kept(self, rows: pa.Table, by: list[str], version: int) -> Any:
        """The rows together with those of the partitions that they do not replace."""
        import pyarrow as pa
        import pyarrow.compute as pc

        assert self.table is not None
        kept = self.table.dataset(version)
        if set(kept.schema.names) != set(rows.column_names):
            return rows  # the columns change, so what stays of the old ones cannot be joined
        replaced = pc.scalar(False)
        for key in rows.select(by).group_by(by).aggregate([]).to_pylist():
            one = pc.scalar(True)
            for column, value in key.items():
                one = one & (pc.field(column) == pc.scalar(value))
            replaced = replaced | one
        old = kept.to_table(filter=~replaced).select(rows.column_names)
        return pa.concat_tables([rows, old], promote_options="permissive")


@lru_cache
def admission_of(product: str, platform_conf: str, store: str, uri: str | None = None) -> Admission:
    """The one gate of a product in this process, shared by its validator and its datasets."""
    return Admission(product, platform_conf, store, uri)


def _joined(alone: Report, whole: Report) -> Report:
    """One report of two that each left out what the other checked."""
    results = [
        other if one.verdict == NOT_CHECKED and one.rule.kind in OF_TABLE else one
        for one, other in zip(alone.results, whole.results, strict=True)
    ]
    return replace(whole, results=results)

"""What may enter the product store, and what a consumer may take out of it.

Rows are checked once, where a dataset saves them: each by itself, and the table as a whole with
the partitions that stay. Those are read only where nothing else can tell; see `Kept`.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.validation import CheckFailure, DataValidationError

from highroad.errors import QualityError
from highroad.products.checks import Report, check
from highroad.products.clock import now
from highroad.products.commits import Facts, PartitionFacts
from highroad.products.contract import Contract, contract_of
from highroad.products.freshness import STALE, UNKNOWN, freshness_of, promise_of
from highroad.products.integrity import hash_of
from highroad.products.keys import partitions_with
from highroad.products.limits import NONE_ALLOWED
from highroad.products.partition import Partition
from highroad.products.quarantine import set_aside
from highroad.products.refusals import note_refusal
from highroad.products.rule import (
    ERROR,
    FAIL,
    KEY,
    NOT_CHECKED,
    PASS,
    QUERY,
    ROW,
    SCHEMA,
    TABLE,
    TIME,
    Result,
    Rule,
)
from highroad.products.rules import rules_of
from highroad.products.snapshot import Snapshot
from highroad.products.store import Table
from highroad.products.stored_types import SchemaChange
from highroad.products.types import arrow_type
from highroad.runs import current_run

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger("highroad.products")
_OF_PARTS = frozenset({SCHEMA, ROW, KEY, QUERY})
"""Rules that can be looked at for some of the rows."""


@dataclass(frozen=True)
class Checked:
    """What a check before publication found.

    Attributes:
        report: The report that lets the rows in.
        on_top_of: The version they were checked on top of; None where there was none.
        verdict: Of the version that they would make: `pass`, or `fail` where rows that stay break
            the contract as it is now.
        kept: What is known of the partitions that stay.
        alone: What was found of the rows by themselves, beside partitions that stay.
    """

    report: Report
    on_top_of: int | None
    verdict: str = PASS
    kept: Mapping[Partition, PartitionFacts] = field(default_factory=dict)
    alone: Report | None = None


class PublishGate:
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

    @property
    def declared_types(self) -> dict[str, pa.DataType]:
        """The Arrow type of each column, as far as the contract says it."""
        return {
            str(each.name): arrow_type(each.physicalType, each.logicalType)
            for each in self.contract.columns
        }

    def check_before_publish(
        self,
        rows: Any,
        replaced: Collection[Partition],
        version: int | None,
        alone: Report | None = None,
    ) -> Checked:
        """Check rows for publication: each row by itself, the table with what stays of it.

        Args:
            rows: An Arrow table or dataset, with the types of the store.
            replaced: The partitions that they are of.
            version: The version to check on top of; None where there is none.
            alone: What an earlier check of the same rows found of them by themselves.

        Raises:
            DataError: The columns changed in a way that needs the whole table to be rewritten.
            DataValidationError: A rule blocks; the failing rows are in quarantine.
        """
        assert self.table is not None
        snapshot = self.table.snapshot(version) if version is not None else None
        stay = [
            each
            for each in (snapshot.partitions if snapshot and self.contract.partitioned_by else ())
            if each not in replaced
        ]
        if snapshot is None or not stay:
            report = check(rows, self.contract, now=self.now)
            self.refuse_faults(rows, report, publishing=True)
            return Checked(report, version)
        kept = Kept(self, snapshot, stay, rows)
        alone = alone or kept.alone()
        if not kept.is_additive:
            # Rows that break the contract are refused for that first.
            self.refuse_faults(rows, alone, publishing=True)
            snapshot.require_additive(rows.schema)
        report, together = kept.report(alone)
        self.refuse_faults(together, report, publishing=True)
        return Checked(report, version, *kept.verdict(), alone)

    def verify(self, version: int) -> None:
        """Refuse a version that breaks the contract as it stands now.

        What was checked against this very contract when it was published is not read again. Where the
        contract has another version since, columns that it adds, removes or retypes are no fault yet:
        the version keeps what was promised with it until its publisher follows.

        Raises:
            DataError: Its files are not as they were committed.
            DataValidationError: A rule blocks.
        """
        assert self.table is not None
        key = (version, self.contract.fingerprint)
        if key in self._verified:
            return
        self.table.require_whole(version)
        snapshot = self.table.snapshot(version)
        if not is_proven(snapshot, self.contract.fingerprint):
            data = snapshot.dataset()
            report = check(data, self.contract, now=self.now)
            facts = snapshot.facts
            if facts.contract_version != self.contract.version and is_proven(
                snapshot, facts.fingerprint
            ):
                report = _without_schema_changes(report)
            self.refuse_faults(data, report, publishing=False)
        self._verified.add(key)

    def verify_deep(self, version: int) -> Report:
        """Read everything: the bytes of every file, and all rows under the contract.

        Returns:
            The report of all rules.

        Raises:
            DataError: A file is not as it was committed.
        """
        assert self.table is not None
        self.table.require_whole(version, deep=True)
        return check(self.table.dataset(version), self.contract, now=self.now)

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

    def facts(self, report: Report, verdict: str) -> Facts:
        """What the commit of rows says that this report lets in."""
        run, contract = current_run(), self.contract
        about = {
            "digest": contract.digest,
            "version": contract.version,
            "owner": contract.owner,
            "promise": promise_of(contract).__dict__,
        }
        return Facts(
            run=run.id if run else "",
            commit=run.commit if run else "",
            contract_version=report.contract_version,
            fingerprint=report.fingerprint,
            verdict=verdict,
            published_at=report.checked_at.isoformat(),
            contract=about,
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
        faults = [each for each in report.faults if not (publishing and each.rule.about == TIME)]
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


class Kept:
    """Rules of a whole table, checked for new rows beside partitions that stay.

    Partitions that passed under the same contract are not read for rules of rows: their verdict is
    stored. Rows are counted by the log. A key that contains the partition columns cannot be in two
    partitions; of another one, statistics and sketches say which partitions are to be looked at.
    The rest of them, other partitions, SQL rules over the whole table and rules that
    tolerate some failing rows are measured over all rows.

    Args:
        gate: Says the contract.
        snapshot: The version that the rows are to replace a part of.
        stay: The partitions that stay.
        rows: The new rows.
    """

    def __init__(self, gate: PublishGate, snapshot: Snapshot, stay: Iterable[Partition], rows: Any):
        self._gate = gate
        self._contract = gate.contract
        self._snapshot = snapshot
        self._stay = list(stay)
        self._rows = rows
        self.is_additive = not SchemaChange.between(snapshot.schema, rows.schema).needs_rewrite
        proven = snapshot.passed(self._contract.fingerprint)
        self._unproven = [each for each in self._stay if each not in proven]
        self._rules = rules_of(self._contract)

    def alone(self) -> Report:
        """What can be found of the new rows by themselves."""
        return self._check(self._rows, _OF_PARTS)

    def report(self, alone: Report) -> tuple[Report, Any]:
        """The report of the table as it would be, and the rows that its faults are to be found in."""
        total = alone.rows + self._snapshot.rows(self._stay)
        whole, together = self._over_more()
        results = []
        for one in alone.results:
            rule = one.rule
            known = rule.kind.known(rule, total, None, self._rows.schema)
            if known is not None:
                one = rule.kind.judged(rule, known, total, self._gate.now)
            elif rule.about == TIME:
                why = "ages are those of the whole table, which a consumer's run looks at"
                one = Result(rule, NOT_CHECKED, reason=why)
            elif rule.id in whole and one.verdict != ERROR:
                one = whole[rule.id]
            results.append(one)
        return replace(alone, rows=total, results=results), together

    def verdict(self) -> tuple[str, dict[Partition, PartitionFacts]]:
        """Of the version that would be: its verdict, and what is known of the partitions that stay."""
        failed: list[Partition] = []
        if self._unproven and self._fails(self._unproven):
            failed = [each for each in self._unproven if self._fails([each])]
            # Rows that only together break a rule belong to no one partition.
            failed = failed or list(self._unproven)
            names = ", ".join(each.name for each in failed[:3])
            logger.warning(
                "%s: rows that stay break the contract %s, in %s%s: the version does not say `pass`, "
                "and its consumers stop. Publish those partitions anew.",
                self._contract.product,
                self._contract.version,
                names,
                f" and {len(failed) - 3} more" if failed[3:] else "",
            )
        kept = {}
        for each in self._stay:
            known = self._snapshot.known(each) or self._learned(each)
            passed = each not in failed
            fingerprint = self._contract.fingerprint if passed else known.fingerprint
            if not passed and fingerprint == self._contract.fingerprint:
                fingerprint = ""
            kept[each] = replace(known, fingerprint=fingerprint)
        return (FAIL if failed else PASS), kept

    def _over_more(self) -> tuple[dict[str, Result], Any]:
        """Results of the rules that need more than the new rows, and the rows they were found in."""
        import pyarrow.dataset as ds

        everything = [each for each in self._rules if self._needs_all(each)]
        keys = [each for each in self._rules if each.about == KEY]
        looked_at: set[Partition] = set(self._stay) if everything else set()
        for rule in keys:
            if not everything and not set(self._snapshot.by) <= set(rule.columns):
                looked_at |= set(self._candidates(rule))
        if not looked_at:
            return {}, self._rows
        schema = self._rows.schema
        new = ds.dataset(self._rows) if hasattr(self._rows, "num_rows") else self._rows
        together = ds.dataset([new, self._snapshot.dataset(looked_at, schema)])
        wanted = {each.id for each in (*everything, *keys)}
        report = self._check(together, frozenset(each.about for each in (*everything, *keys)))
        return {each.rule.id: each for each in report.results if each.rule.id in wanted}, together

    def _candidates(self, rule: Rule) -> list[Partition]:
        if not set(rule.columns) <= set(self._rows.schema.names):
            return []
        if self._unproven or not self._gate.table:
            return self._stay
        keys = (
            self._rows.select(list(rule.columns))
            if hasattr(self._rows, "num_rows")
            else self._rows.to_table(columns=list(rule.columns))
        )
        return partitions_with(self._gate.table, self._snapshot, self._stay, keys)

    def _needs_all(self, rule: Rule) -> bool:
        if rule.about in (ROW, KEY):
            return rule.limit != NONE_ALLOWED
        is_known = rule.kind.known(rule, 0, None, self._rows.schema) is not None
        return rule.about in (QUERY, TABLE) and not (is_known or rule.kind.divides(rule))

    def _fails(self, partitions: Collection[Partition]) -> bool:
        """Do rows of these partitions break a rule of rows?"""
        data = self._snapshot.dataset(partitions, self._rows.schema)
        report = self._check(data, _OF_PARTS)
        return any(each.blocks and each.rule.kind.divides(each.rule) for each in report.results)

    def _learned(self, partition: Partition) -> PartitionFacts:
        """Facts of rows that another tool wrote, or an older version of this one."""
        files = {}
        for file in self._snapshot.paths([partition]):
            (info,) = self._snapshot.filesystem.get_file_info([file.path])
            written_ms = (info.mtime_ns or 0) // 1_000_000
            files[file.path] = (file.size, hash_of(self._snapshot, file.path), written_ms)
        return PartitionFacts("", self._snapshot.rows([partition]), "", files)

    def _check(self, data: Any, about: frozenset[str]) -> Report:
        return check(data, self._contract, now=self._gate.now, only=about)


def is_proven(snapshot: Snapshot, fingerprint: str) -> bool:
    """Did all rows of a version pass under the contract with this fingerprint?"""
    facts: Facts = snapshot.facts
    return (
        bool(fingerprint)
        and facts.verdict == PASS
        and facts.fingerprint == fingerprint
        and snapshot.passed(fingerprint) == snapshot.partitions.keys()
    )


@lru_cache
def admission_of(
    product: str, platform_conf: str, store: str, uri: str | None = None
) -> PublishGate:
    """The one gate of a product in this process, shared by its validator and its datasets."""
    return PublishGate(product, platform_conf, store, uri)


def _without_schema_changes(report: Report) -> Report:
    """A report in which columns that are missing, new or of another type stop nobody."""
    kept = [each for each in report.results if each.verdict != ERROR and each.rule.about != SCHEMA]
    return replace(report, results=kept)

"""Publish rows: check them, write them, commit them on top of whatever is the latest version by then.

Publishers of other partitions are no conflict: one that was quicker only moves the version that the
others commit on top of. Those of one partition come one after the other; the last one's rows stay.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from highroad.errors import BusyError, DataError
from highroad.products.admission import Checked, PublishGate
from highroad.products.checks.report import Report
from highroad.products.commits import parts_of
from highroad.products.digest import grouped
from highroad.products.files import StagedPartition, StagingWriter
from highroad.products.filesystems import filesystem_of
from highroad.products.keys import name_of, sketch_of
from highroad.products.partition import Partition, require_partitionable
from highroad.products.rule import KEY
from highroad.products.rules import rules_of
from highroad.products.snapshot import Snapshot
from highroad.products.store import Table
from highroad.products.stored_types import as_stored, stored_schema
from highroad.products.tables import as_arrow, gather

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger("highroad.products")
PATIENCE_S = 300.0
"""How long a publisher tries again while others are quicker."""
LEAST_DELAY_S, MOST_DELAY_S = 0.02, 2.0


@dataclass(frozen=True)
class Published:
    """What became of rows that were saved.

    Attributes:
        version: The version that has them.
        rows: How many were written; 0 where the version had them already.
        schema: As they are stored.
        report: What their check found.
    """

    version: int
    rows: int
    schema: pa.Schema
    report: Report


class PreparedRows(NamedTuple):
    """Rows that were checked: as they are stored, the partitions they replace, and what was found."""

    rows: pa.Table
    replaced: Sequence[Partition]
    checked: Checked


class Publication:
    """Rows on their way into a product, in one piece or in several.

    Args:
        gate: Of the product.
        is_checked: False where the user switched validation off.
    """

    def __init__(self, gate: PublishGate, *, is_checked: bool = True):
        assert gate.table is not None
        self._gate = gate
        self._table: Table = gate.table
        self._is_checked = is_checked
        self._staging: StagingWriter | None = None
        self._pieces = 0

    def prepare(self, data: Any) -> PreparedRows:
        """Check rows on top of the version that is the latest now.

        Args:
            data: A table, partitions as `gather` takes them, or what this gave before.

        Raises:
            DataError: The rows cannot be stored as they are.
            DataValidationError: A rule blocks.
        """
        if isinstance(data, PreparedRows):
            return data
        # Rows of one partition lie together from here on, so that they are sorted once.
        rows = grouped(self._stored(self._arrow(data)), self._by)
        replaced = _partitions_of(rows, self._by)
        self._require_values(replaced)
        return PreparedRows(rows, replaced, self._checked(rows, replaced, self._table.latest()))

    def publish(self, data: Any) -> Published:
        """Publish all rows at once.

        Args:
            data: A table, partitions as `gather` takes them, or what `prepare` gave.

        Raises:
            BusyError: Others were quicker for `PATIENCE_S`.
            DataError: The rows cannot be stored as they are.
            DataValidationError: A rule blocks.
        """
        return self._commit(*self.prepare(data))

    def add(self, data: Any) -> None:
        """Write a piece to disk, where nobody reads it yet.

        Raises:
            DataError: Its columns are not those of the first piece, or the store refuses.
        """
        rows = self._arrow(data)
        self._pieces += 1
        if self._staging is None:
            rows = self._stored(rows)
            self._staging = self._table.staging(self._by, rows.schema)
        else:
            rows = self._fitting(rows, self._staging.schema)
        self._staging.write(rows)

    def publish_added(self) -> Published | None:
        """Publish all pieces as one version, checked as a whole; None where there was none.

        Raises:
            BusyError: Others were quicker for `PATIENCE_S`.
            DataValidationError: A rule blocks.
        """
        if self._staging is None:
            return None
        staged = self._staging.finish()
        rows = self._dataset(staged, self._staging.schema)
        try:
            self._require_values(staged)
            checked = self._checked(rows, [*staged], self._table.latest())
        except BaseException:
            self.discard()
            raise
        return self._commit(rows, [*staged], checked, staged)

    def discard(self) -> None:
        """Remove what was written and not committed."""
        if self._staging is not None:
            self._staging.discard()
            self._staging = None

    def _commit(
        self,
        rows: Any,
        replaced: Sequence[Partition],
        checked: Checked,
        staged: Mapping[Partition, StagedPartition] | None = None,
    ) -> Published:
        end = time.monotonic() + PATIENCE_S
        delay_s = LEAST_DELAY_S
        before: Snapshot | None = None
        is_beside = False
        try:
            while True:
                version = checked.on_top_of
                if staged is None:
                    staged = self._stage(rows)
                if not is_beside:
                    self._keep_beside(rows, staged, checked)
                    is_beside = True
                try:
                    number = self._table.commit(
                        rows.schema,
                        self._by,
                        staged,
                        self._gate.facts(
                            checked.report,
                            checked.verdict if checked.report.results else "unchecked",
                        ),
                        version,
                        kept=checked.kept or None,
                        may_retype=True,
                    )
                except BusyError:
                    if time.monotonic() > end:
                        raise
                    before = self._tell(before, version, replaced)
                    time.sleep(random.uniform(0, delay_s))
                    delay_s = min(2 * delay_s, MOST_DELAY_S)
                    checked = self._checked(rows, replaced, self._table.latest(), checked)
                    continue
                is_new = number != version
                count = sum(each.rows for each in staged.values())
                if not is_new:
                    self.discard()
                self._staging = None
                return Published(number, count if is_new else 0, rows.schema, checked.report)
        except BaseException:
            self.discard()
            raise

    def _checked(
        self,
        rows: Any,
        replaced: Collection[Partition],
        version: int | None,
        before: Checked | None = None,
    ) -> Checked:
        if self._is_checked:
            alone = before.alone if before is not None else None
            return self._gate.check_before_publish(rows, replaced, version, alone)
        contract = self._gate.contract
        count = rows.num_rows if hasattr(rows, "num_rows") else rows.count_rows()
        empty = Report(contract.product, contract.version, "", "", count, self._gate.now, [])
        return Checked(empty, version, "unchecked")

    def _require_values(self, partitions: Collection[Partition]) -> None:
        """Refuse the empty text in a required partition column: other readers of Delta take it for null."""
        required = {str(each.name) for each in self._gate.contract.columns if each.required}
        for place, column in enumerate(self._by):
            if column in required and any(each.texts[place] == "" for each in partitions):
                raise DataError(
                    f"{self._gate.product}: the required partition column '{column}' has an empty text, "
                    "which Delta stores as null; expected a value. Nothing was published."
                )

    def _stage(self, rows: pa.Table) -> Mapping[Partition, StagedPartition]:
        self._staging = self._table.staging(self._by, rows.schema)
        self._staging.write(rows)
        return self._staging.finish()

    def _keep_beside(
        self, rows: Any, staged: Mapping[Partition, StagedPartition], checked: Checked
    ) -> None:
        """Write profiles and sketches of keys, under the SHA-256 of their rows."""
        from highroad.products.drift.stored import keep_profiles

        contract, by = self._gate.contract, self._by
        made_at = checked.report.checked_at.isoformat()
        content = {each.name: part.content for each, part in staged.items()}
        keys = [
            list(rule.columns)
            for rule in rules_of(contract)
            if by and rule.about == KEY and not set(by) <= set(rule.columns)
        ]
        for piece in self._pieces_of(rows, staged):
            keep_profiles(self._table, piece, contract, content, made_at)
            for columns in keys:
                if not set(columns) <= set(piece.column_names):
                    continue
                for name, part in parts_of(piece.select([*dict.fromkeys([*by, *columns])]), by):
                    sketch = sketch_of(part.select(columns))
                    self._table.write_beside(name_of(content[name], columns), sketch)

    def _pieces_of(self, rows: Any, staged: Mapping[Partition, StagedPartition]) -> Iterator[Any]:
        """The rows, one partition in memory at a time where they are on disk."""
        if hasattr(rows, "num_rows") or not self._by:
            yield rows
            return
        for partition, part in staged.items():
            yield self._dataset({partition: part}, rows.schema).to_table()

    def _dataset(self, staged: Mapping[Partition, StagedPartition], schema: pa.Schema) -> Any:
        import pyarrow.dataset as ds

        paths = [file.path for part in staged.values() for file in part.files]
        files = filesystem_of(self._table.uri, self._table.options)
        return ds.dataset(paths, schema=schema, format="parquet", filesystem=files)

    def _tell(
        self, before: Snapshot | None, version: int | None, replaced: Sequence[Partition]
    ) -> Snapshot | None:
        """Say who published the same partitions while this publisher was at work."""
        with suppress(DataError):
            if before is None and version is not None:
                before = self._table.snapshot(version)
            latest = self._table.snapshot()
            old = before.facts.content if before is not None else {}
            new = latest.facts.content
            both = [
                name for name in (each.name for each in replaced) if old.get(name) != new.get(name)
            ]
            if both:
                about = self._table.about(latest.version)
                run = about.facts.run
                logger.warning(
                    "%s: %s of the same rows was published meanwhile, in version %d at %s UTC %s; "
                    "what this run saves replaces it",
                    self._gate.product,
                    ", ".join(both[:3]) or "the whole",
                    latest.version,
                    f"{about.committed_at:%Y-%m-%d %H:%M:%S}",
                    f"by run {run}" if run else "outside of a run",
                )
            return latest
        return before

    @property
    def _by(self) -> list[str]:
        return self._gate.contract.partitioned_by

    def _arrow(self, data: Any) -> pa.Table:
        if isinstance(data, Mapping):
            return gather(data, self._by, self._gate.declared_types)
        return as_arrow(data)

    def _stored(self, rows: pa.Table) -> pa.Table:
        return as_stored(rows, stored_schema(rows.schema, self._gate.declared_types))

    def _fitting(self, rows: pa.Table, schema: pa.Schema) -> pa.Table:
        """A later piece with the columns of the first."""
        import pyarrow as pa

        missing = [name for name in schema.names if name not in rows.column_names]
        extra = [name for name in rows.column_names if name not in schema.names]
        if missing or extra:
            raise DataError(
                f"{self._gate.product}: piece {self._pieces} has the columns "
                f"{', '.join(rows.column_names)}; the first had {', '.join(schema.names)}. "
                "Nothing was published."
            )
        own = stored_schema(rows.schema, {each.name: each.type for each in schema})
        for field in schema:
            found = own.field(field.name).type
            if found != field.type and rows.schema.field(field.name).type != pa.null():
                raise DataError(
                    f"{self._gate.product}: piece {self._pieces} has '{field.name}' as {found}; the "
                    f"first had {field.type}. Nothing was published."
                )
        return as_stored(rows.select(schema.names), schema)


class Piece:
    """One of several tables that a node yields for one product.

    Attributes:
        data: The table.
        is_last: No other one follows.
        stream: What all of them have in common.
    """

    def __init__(self, data: Any, is_last: bool, stream: PieceStream):
        self.data = data
        self.is_last = is_last
        self.stream = stream


class PieceStream:
    """What a node yields for a product, each piece with the knowledge whether it is the last.

    It is one piece ahead of its reader. Where the node or a save fails, what was written is removed.
    """

    def __init__(self, pieces: Iterator[Any]):
        self._pieces = pieces
        self.publication: Publication | None = None

    def __iter__(self) -> Iterator[Piece]:
        try:
            ahead = next(self._pieces, None)
            while ahead is not None:
                data, ahead = ahead, next(self._pieces, None)
                yield Piece(data, ahead is None, self)
        finally:
            if self.publication is not None:
                self.publication.discard()

    def open(self, make: Callable[[], Publication]) -> Publication:
        """The publication of all pieces."""
        if self.publication is None:
            self.publication = make()
        return self.publication


def _partitions_of(rows: pa.Table, by: list[str]) -> list[Partition]:
    if not by:
        return [Partition()]
    require_partitionable(rows.schema, by)
    keys = rows.select(by).group_by(by).aggregate([])
    return [Partition.of([row[column] for column in by]) for row in keys.to_pylist()]

"""The product store: a Delta table per data product, in a folder or an object store.

A version appears whole or not at all, readers keep the one they opened, and each commit says
which run, code and contract it came from.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from highroad.errors import BusyError, DataError
from highroad.products.commits import (
    Facts,
    PartitionFacts,
    Version,
    commit_metadata,
    version_of,
)
from highroad.products.files import StagedPartition, StagingWriter, StoredFile
from highroad.products.integrity import Damage, damage_of
from highroad.products.partition import Partition
from highroad.products.snapshot import NAIVE_TIMES, Snapshot
from highroad.products.stored_types import SchemaChange, as_stored, stored_schema

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset
    from deltalake import DeltaTable


class Table:
    """One product's table.

    Args:
        uri: A folder or object-store URL.
    """

    def __init__(self, uri: str):
        self.uri = uri

    @property
    def options(self) -> dict[str, str]:
        """What the environment does not tell the object store's client by itself."""
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        return {"allow_http": "true"} if plain else {}

    def exists(self) -> bool:
        """Is there a version to read?"""
        from deltalake import DeltaTable

        return DeltaTable.is_deltatable(self.uri, storage_options=self.options)

    def open(self, version: int | None = None) -> DeltaTable:
        """The table at a version; None means the latest.

        Raises:
            DataError: There is no table, no such version, or its log cannot be read.
        """
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        try:
            return DeltaTable(self.uri, version=version, storage_options=self.options)
        except TableNotFoundError:
            raise DataError(
                f"{self.uri}: no version was published yet; run the project that publishes it."
            ) from None
        except (DeltaError, OSError, ValueError) as error:
            wanted = f"version {version}" if version is not None else "the latest version"
            raise DataError(
                f"{self.uri}: {wanted} cannot be read: {str(error).splitlines()[0]}. "
                "`highroad products history` lists the versions that are there."
            ) from error

    def snapshot(self, version: int | None = None) -> Snapshot:
        """A version as its log has it; None means the latest.

        Raises:
            DataError: There is no such version, or it cannot be read here.
        """
        about = self.about(version)
        opened = about.opened or self.open(about.number)
        return Snapshot(self.uri, opened, about.facts, self.options)

    def dataset(self, version: int | None = None) -> pa.dataset.Dataset:
        """A version as an Arrow dataset, partitions in ascending order, rows as they were saved."""
        return self.snapshot(version).dataset()

    def damage(self, version: int | None = None, *, deep: bool = False) -> list[Damage]:
        """The files of a version that are not as they were committed.

        Args:
            version: None means the latest.
            deep: Hash every file instead of those alone whose time of writing differs.
        """
        return damage_of(self.snapshot(version), deep=deep)

    def require_whole(self, version: int | None = None, *, deep: bool = False) -> None:
        """Refuse a version whose files are not as they were committed.

        Args:
            version: None means the latest.
            deep: As of `damage`.

        Raises:
            DataError: Names the files and the way out.
        """
        if broken := [str(each) for each in self.damage(version, deep=deep)]:
            more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
            raise DataError(
                f"{self.uri}: {'; '.join(broken[:3])}{more}. Restore what is damaged, or run the "
                "project that publishes it: it writes damaged partitions again."
            )

    def latest(self) -> int | None:
        """The number of the latest version; None where there is none."""
        return self.open().version() if self.exists() else None

    def history(self) -> list[Version]:
        """Every version still known, newest first."""
        return [version_of(each) for each in self.open().history()]

    def about(self, version: int | None = None) -> Version:
        """One version; None means the latest. The facts of a commit from elsewhere are empty.

        Raises:
            DataError: There is no such version, or the log no longer tells of it.
        """
        table = self.open()
        newest = table.version()
        number = newest if version is None else version
        # A table opened at an older version gives the latest commits under older numbers.
        if number <= newest:
            for each in table.history(newest - number + 1):
                if int(each["version"]) == number:
                    opened = table if number == newest else None
                    return replace(version_of(each), opened=opened)
        self.open(number)  # says which versions there are
        raise DataError(f"{self.uri}: the log no longer tells of version {number}.")

    def facts(self, version: int | None = None) -> Facts:
        """The facts of a version."""
        return self.about(version).facts

    def partitions(self, version: int | None = None) -> list[Partition]:
        """The partitions of a version, ascending by value."""
        return [*self.snapshot(version).partitions]

    def rows(self, version: int | None = None) -> int:
        """Rows of a version, by its log."""
        return self.snapshot(version).rows()

    def vacuum(self, age: timedelta, *, dry_run: bool) -> list[str]:
        """Files that no version younger than `age` needs; removed unless it is a dry run."""
        hours = int(age.total_seconds() // 3600)
        return self.open().vacuum(hours, dry_run=dry_run, enforce_retention_duration=False)

    def write_beside(self, name: str, content: bytes) -> None:
        """Write a file into the table's folder, in a folder of its own that Delta leaves alone."""
        files, path = self._beside(name)
        files.makedirs(path.rpartition("/")[0], exist_ok=True)
        with files.open(path, "wb") as file:
            file.write(content)

    def read_beside(self, name: str) -> bytes | None:
        """What such a file holds; None where there is none."""
        files, path = self._beside(name)
        try:
            return bytes(files.cat_file(path))
        except FileNotFoundError:
            return None

    def names_beside(self, folder: str) -> list[str]:
        """The names of the files in such a folder, ascending."""
        files, path = self._beside(folder)
        try:
            return sorted(str(each).rpartition("/")[2] for each in files.ls(path, detail=False))
        except FileNotFoundError:
            return []

    def remove_beside(self, names: Sequence[str]) -> None:
        """Remove such files."""
        for name in names:
            files, path = self._beside(name)
            files.rm_file(path)

    def _beside(self, name: str) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        files, path = url_to_fs(f"{self.uri}/{name}")
        return files, str(path)

    def staging(self, by: Sequence[str], schema: pa.Schema) -> StagingWriter:
        """Where rows are written before a commit names them.

        Args:
            by: The partition columns.
            schema: As `stored_schema` gives it.
        """
        return StagingWriter(self.uri, by, schema, self.options)

    def publish(
        self,
        data: pa.Table,
        partitioned_by: Sequence[str],
        facts: Facts,
        version: int | None,
        beside: Callable[[Mapping[str, str]], None] | None = None,
    ) -> int:
        """Commit rows as a new version, replacing the partitions they are of, or everything.

        Args:
            data: The rows.
            partitioned_by: The partition columns; without any the whole table is replaced.
            facts: What the commit says; `partitions` is filled in here.
            version: The version that the rows were checked on top of; None where there was none.
            beside: Called with SHA-256 by partition before the commit, to write what belongs beside
                the rows; not called where the version holds them already.

        Returns:
            The version that holds the rows: the current one where it holds the same already.

        Raises:
            BusyError: Another writer committed after `version`; check against it and try again.
            DataError: The rows do not fit the table's types, or the disk or store refuses.
        """
        schema = stored_schema(data.schema)
        with self.staging(partitioned_by, schema) as staging:
            staging.write(as_stored(data, schema))
            staged = staging.finish()
            number = self.commit(schema, partitioned_by, staged, facts, version, beside=beside)
            if number == version:
                staging.discard()
        return number

    def commit(
        self,
        schema: pa.Schema,
        partitioned_by: Sequence[str],
        staged: Mapping[Partition, StagedPartition],
        facts: Facts,
        version: int | None,
        *,
        kept: Mapping[Partition, PartitionFacts] | None = None,
        removed: Collection[Partition] = (),
        replace_all: bool = False,
        may_retype: bool = False,
        beside: Callable[[Mapping[str, str]], None] | None = None,
    ) -> int:
        """Commit files that were written, replacing the partitions they are of, or everything.

        Args:
            schema: Of the files.
            partitioned_by: The partition columns; without any the whole table is replaced.
            staged: The files, by partition.
            facts: What the commit says; `partitions` is filled in here.
            version: The version to commit on top of; None where there is none.
            kept: What is known of the partitions that stay; None means what the version's commit says.
            removed: Partitions that go.
            replace_all: Replace all partitions, and with them the schema.
            may_retype: Replace the schema where no partition stays.
            beside: As of `publish`.

        Returns:
            The new version; the one there was where it holds the same already.

        Raises:
            BusyError: Another writer committed after `version`; check against it and try again.
            DataError: The schema is not the table's, or the disk or store refuses.
        """
        before = self.snapshot(version) if version is not None else None
        gone = {*staged, *removed}
        whole = replace_all or not partitioned_by
        if before is not None and may_retype and before.partitions.keys() <= gone:
            whole = whole or SchemaChange.between(before.schema, schema).needs_rewrite
        if before is not None:
            if self._holds(before, schema, staged, removed, facts, whole):
                return before.version
            if before.by != list(partitioned_by):
                raise DataError(
                    f"{self.uri}: it is stored by {', '.join(before.by) or 'nothing'}, and the contract "
                    f"says {', '.join(partitioned_by) or 'nothing'}. A table cannot be stored by others: "
                    "publish a product with another name."
                )
        new = {
            each: PartitionFacts(
                part.content,
                part.rows,
                part.fingerprint
                if part.fingerprint is not None
                else facts.fingerprint
                if facts.verdict != "unchecked"
                else "",
                {file.path: (file.size, file.sha256, file.modified_ms) for file in part.files},
            )
            for each, part in staged.items()
        }
        if beside is not None:
            beside({each.name: part.content for each, part in staged.items()})
        stay: dict[Partition, PartitionFacts] = {}
        if before is not None and not whole:
            known = (
                kept
                if kept is not None
                else {each: own for each in before.partitions if (own := before.known(each))}
            )
            stay = {each: own for each, own in known.items() if each not in gone}
            before = self._with_columns(before, schema)
        elif before is not None:
            before = self._with_naive_times(before, schema)
        said = replace(facts, partitions={**stay, **new})
        adds = [
            _added(file, each.stored(partitioned_by))
            for each, part in staged.items()
            for file in part.files
        ]
        removes = [*staged, *removed] if before is not None and not whole else []
        self._write_log(before, schema, partitioned_by, adds, removes, said, whole)
        return before.version + 1 if before is not None else 0

    def _write_log(
        self,
        before: Snapshot | None,
        schema: pa.Schema,
        by: Sequence[str],
        adds: Sequence[Any],
        removed: Sequence[Partition],
        facts: Facts,
        whole: bool,
    ) -> None:
        from deltalake import CommitProperties, Schema
        from deltalake.exceptions import CommitFailedError, DeltaError
        from deltalake.transaction import RemoveAction, create_table_with_add_actions

        # Another's commit in between changes what the check saw: never merge over it.
        properties = CommitProperties(custom_metadata=commit_metadata(facts), max_commit_retries=0)
        delta: Any = Schema.from_arrow(schema)
        try:
            if before is None:
                create_table_with_add_actions(
                    self.uri,
                    delta,
                    list(adds),
                    mode="error",
                    partition_by=list(by),
                    storage_options=self.options or None,
                    commit_properties=properties,
                )
                return
            stamp = int(time.time() * 1000)
            gone = [
                RemoveAction(file.path, True, stamp, file.size, each.stored(by))
                for each in removed
                for file in before.partitions.get(each, ())
            ]
            before.table.create_write_transaction(
                [*adds, *gone],
                "overwrite" if whole else "append",
                delta if whole else before.table.schema(),
                list(by),
                commit_properties=properties,
            )
        except CommitFailedError as error:
            raise self._busy(before.version if before else None) from error
        except (DeltaError, OSError, ValueError) as error:
            if before is None and self.exists():
                raise self._busy(None) from error
            raise DataError(
                f"{self.uri}: nothing was published: {str(error).splitlines()[0]}"
            ) from error

    def _with_columns(self, before: Snapshot, schema: pa.Schema) -> Snapshot:
        """The table with the columns that are new, which its rows have as null.

        Raises:
            BusyError: Another writer was quicker.
            DataError: A column is gone, or has another type.
        """
        from deltalake import CommitProperties, Field, Schema
        from deltalake.exceptions import CommitFailedError

        change = before.require_additive(schema)
        if not change.added:
            return before
        added = Schema.from_arrow(schema.empty_table().select(change.added).schema)
        try:
            before.table.alter.add_columns(
                [Field(each.name, each.type, nullable=True) for each in added.fields],
                commit_properties=CommitProperties(
                    custom_metadata=commit_metadata(before.facts), max_commit_retries=0
                ),
            )
        except CommitFailedError as error:
            raise self._busy(before.version) from error
        return Snapshot(self.uri, self.open(), before.facts, self.options)

    def _with_naive_times(self, before: Snapshot, schema: pa.Schema) -> Snapshot:
        """The table with the feature of Delta Lake that timestamps without a zone need.

        A table that is made, or gets a column, has it by itself; one whose schema is replaced has not, and
        nobody could read it.

        Raises:
            BusyError: Another writer was quicker.
        """
        from deltalake import CommitProperties, Schema, TableFeatures
        from deltalake.exceptions import CommitFailedError

        has_it = NAIVE_TIMES in (before.table.protocol().reader_features or ())
        if has_it or '"timestamp_ntz"' not in Schema.from_arrow(schema).to_json():
            return before
        try:
            before.table.alter.add_feature(
                TableFeatures.TimestampWithoutTimezone,
                allow_protocol_versions_increase=True,
                commit_properties=CommitProperties(
                    custom_metadata=commit_metadata(before.facts), max_commit_retries=0
                ),
            )
        except CommitFailedError as error:
            raise self._busy(before.version) from error
        return Snapshot(self.uri, self.open(), before.facts, self.options)

    def _busy(self, version: int | None) -> BusyError:
        """The error that says who was quicker."""
        try:
            newest = self.about()
        except DataError:
            return BusyError(f"{self.uri}: another writer published first; try again.")
        run = newest.facts.run
        return BusyError(
            f"{self.uri}: another writer published first: version {newest.number} at "
            f"{newest.committed_at:%Y-%m-%d %H:%M:%S} UTC, "
            f"{f'by run {run}' if run else 'outside of a run'}; try again."
        )

    def _holds(
        self,
        before: Snapshot,
        schema: pa.Schema,
        staged: Mapping[Partition, StagedPartition],
        removed: Collection[Partition],
        facts: Facts,
        whole: bool,
    ) -> bool:
        """Would the commit change nothing but its own date?"""
        if not staged and not removed and not whole:
            return True
        known = {each: before.known(each) for each in staged}
        same = all(
            (found := known[each]) is not None
            and found.content == part.content
            and found.fingerprint == (facts.fingerprint if facts.verdict != "unchecked" else "")
            for each, part in staged.items()
        )
        if not same or any(each in before.partitions for each in removed):
            return False
        if whole and before.partitions.keys() != staged.keys():
            return False
        if before.facts.verdict != facts.verdict or before.facts.fingerprint != facts.fingerprint:
            return False
        return not SchemaChange.between(before.schema, schema) and not damage_of(before)


def _added(file: StoredFile, values: Mapping[str, str | None]) -> Any:
    from deltalake.transaction import AddAction

    return AddAction(file.path, file.size, values, file.modified_ms, True, file.statistics)

"""One version of a product as its log has it: files by partition, schema, and what is known of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from highroad.errors import DataError
from highroad.products.commits import Facts, PartitionFacts
from highroad.products.filesystems import filesystem_of
from highroad.products.partition import Partition, partition_values
from highroad.products.stored_types import SchemaChange

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset
    import pyarrow.fs
    from deltalake import DeltaTable


@dataclass(frozen=True)
class LoggedFile:
    """A file that a version is made of.

    Attributes:
        path: Below the table's folder, as the store has it.
        size: Bytes.
        rows: How many; None where the log does not say.
        partition: Whose rows it has.
        log: Its entry in the log, with statistics as `min.<column>` and `max.<column>`.
    """

    path: str
    size: int
    rows: int | None
    partition: Partition
    log: Mapping[str, Any]


NAIVE_TIMES = "timestampNtz"
"""The feature of Delta Lake that a table with timestamps without a zone has."""
READ_FEATURES = frozenset({NAIVE_TIMES})


class Snapshot:
    """One version, read from the log alone.

    Args:
        uri: The table.
        table: Opened at the version.
        facts: What the version's commit says.
        options: For the object store.

    Raises:
        DataError: The table uses a feature of Delta Lake that cannot be read here.
    """

    def __init__(self, uri: str, table: DeltaTable, facts: Facts, options: Mapping[str, str]):
        self.table = table
        self.uri = uri
        features = {*(table.protocol().reader_features or ())} - READ_FEATURES
        if features or table.metadata().configuration.get("delta.columnMapping.mode", "none") != (
            "none"
        ):
            raise DataError(
                f"{uri}: it uses {', '.join(sorted(features)) or 'column mapping'} of Delta Lake, "
                "which cannot be read here; write it again without."
            )
        self.version = int(table.version())
        self.facts = facts
        self.by: list[str] = list(table.metadata().partition_columns)
        self._options = dict(options)

    @cached_property
    def schema(self) -> pa.Schema:
        """The table's columns."""
        import pyarrow as pa

        return pa.schema(self.table.schema().to_arrow())

    @cached_property
    def files(self) -> list[LoggedFile]:
        """The files, partitions in ascending order, within one as they were written."""
        import pyarrow as pa

        known = {
            path: partition
            for partition, facts in self.facts.partitions.items()
            for path in facts.files
        }
        found = []
        for each in pa.table(self.table.get_add_actions(flatten=True)).to_pylist():
            path = unquote(each["path"])  # as the store has it; the log quotes it once more
            # Delta has no empty text in a partition: it reads null, where our facts know better.
            partition = known.get(path) or partition_values(each, self.by)
            found.append(LoggedFile(path, each["size_bytes"], each["num_records"], partition, each))
        kinds = self._kinds(self.schema)
        return sorted(found, key=lambda each: (each.partition.order(kinds), each.path))

    @cached_property
    def partitions(self) -> dict[Partition, list[LoggedFile]]:
        """The files of each partition."""
        found: dict[Partition, list[LoggedFile]] = {}
        for each in self.files:
            found.setdefault(each.partition, []).append(each)
        return found

    def known(self, partition: Partition) -> PartitionFacts | None:
        """What the commit says about a partition; None where its files are not those of the log."""
        facts = self.facts.partitions.get(partition)
        if facts is None:
            return None
        logged = {each.path: each.size for each in self.partitions.get(partition, ())}
        return facts if logged == {path: size for path, (size, *_) in facts.files.items()} else None

    @cached_property
    def own_paths(self) -> set[str]:
        """The files that were written here, which have the partition columns inside."""
        # Of rows that another tool wrote, the content is not known.
        known = [each for each in self.facts.partitions.values() if each.content]
        return {path for each in known for path in each.files}

    def passed(self, fingerprint: str) -> set[Partition]:
        """The partitions whose rows passed under the contract with this fingerprint."""
        return {
            each
            for each in self.partitions
            if (facts := self.known(each)) and fingerprint and facts.fingerprint == fingerprint
        }

    def require_additive(self, schema: pa.Schema) -> SchemaChange:
        """Refuse rows whose columns those of partitions that stay cannot be brought to.

        Returns:
            The columns that are new; rows that stay have them as null.

        Raises:
            DataError: A column is gone, or has another type.
        """
        change = SchemaChange.between(self.schema, schema)
        if change.needs_rewrite:
            raise DataError(
                f"{self.uri}: {change}; nothing was published. Partitions that stay would have other "
                "columns than the new ones: `highroad products rewrite` brings the whole table to the "
                "contract in one version."
            )
        return change

    def rows(self, partitions: Collection[Partition] | None = None) -> int:
        """Rows, by the log; where it does not say, by the files' footers."""
        chosen = self._chosen(partitions)
        silent = [each for each in chosen if each.rows is None]
        counted = sum(each.rows or 0 for each in chosen)
        return counted + (self._dataset(silent, self.schema).count_rows() if silent else 0)

    def dataset(
        self,
        partitions: Collection[Partition] | None = None,
        schema: pa.Schema | None = None,
    ) -> pyarrow.dataset.Dataset:
        """The rows, partitions in ascending order, rows as they were saved; nothing is read yet.

        Args:
            partitions: Only these; None means all.
            schema: Read as this schema; a column that a file lacks is null.
        """
        return self._dataset(self._chosen(partitions), schema or self.schema)

    def paths(self, partitions: Collection[Partition] | None = None) -> list[LoggedFile]:
        """The files of some partitions; None means all."""
        return self._chosen(partitions)

    @cached_property
    def filesystem(self) -> pyarrow.fs.FileSystem:
        """The table's folder."""
        return filesystem_of(self.uri, self._options)

    def _chosen(self, partitions: Collection[Partition] | None) -> list[LoggedFile]:
        if partitions is None:
            return self.files
        return [each for each in self.files if each.partition in partitions]

    def _dataset(self, files: Sequence[LoggedFile], schema: pa.Schema) -> pyarrow.dataset.Dataset:
        import pyarrow.dataset as ds

        parquet = ds.ParquetFileFormat()
        kinds = self._kinds(schema)
        conditions = {
            each: each.condition(self.by, kinds) for each in {file.partition for file in files}
        }
        fragments = [
            parquet.make_fragment(each.path, self.filesystem, conditions[each.partition])
            for each in files
        ]
        return ds.FileSystemDataset(fragments, schema, parquet, self.filesystem)

    def _kinds(self, schema: pa.Schema) -> list[pa.DataType]:
        return [schema.field(column).type for column in self.by]

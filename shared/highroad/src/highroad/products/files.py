"""Parquet files of a product, written here so that what is stored is what was checked, byte for byte.

Nobody sees a file before a commit names it. Its rows, length and SHA-256 are known when it is
closed, and go into that commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from highroad.errors import DataError
from highroad.products.commits import BlockDigest
from highroad.products.filesystems import filesystem_of
from highroad.products.partition import Partition, require_partitionable, split

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset

ROW_GROUP = 262_144
DICTIONARY = 128 * 1024
"""Bytes of a column's dictionary; with more values, which Arrow's 1 MiB lets it collect first, it is none."""
MOST_ROWS = 16 * ROW_GROUP
"""Rows of a file; more make another one."""
MOST_OPEN = 200
"""Files written at once; of more partitions than that, the oldest is closed and gets another file later."""
LONGEST_STATISTIC = 64
"""Longer texts are not kept as a column's least and greatest."""


@dataclass(frozen=True)
class StoredFile:
    """A file that was written.

    Attributes:
        path: Below the table's folder.
        size: Bytes.
        sha256: Of its bytes.
        rows: How many it has.
        modified_ms: When the store says it was written; milliseconds since 1970.
        statistics: Least and greatest values and nulls of its columns, as Delta has them.
    """

    path: str
    size: int
    sha256: str
    rows: int
    modified_ms: int
    statistics: str


@dataclass(frozen=True)
class StagedPartition:
    """The rows of a partition, on disk and not committed.

    Attributes:
        content: SHA-256 of the rows.
        rows: How many.
        files: What they are in.
        fingerprint: Of the contract that they passed; None means the one that the commit names.
    """

    content: str
    rows: int
    files: tuple[StoredFile, ...]
    fingerprint: str | None = None


class StagingWriter:
    """Write rows below a table's folder, by partition, as they come.

    As a context manager it removes what it wrote when an error passes through.

    Args:
        uri: The table.
        by: The partition columns.
        schema: The schema of every piece, as the store keeps it.
        options: For the object store.
    """

    def __init__(self, uri: str, by: Sequence[str], schema: pa.Schema, options: Mapping[str, str]):
        from fsspec.core import url_to_fs

        require_partitionable(schema, by)
        self.uri = uri
        self.by = list(by)
        self.schema = schema
        self._options = options
        self._store, self._root = url_to_fs(uri)
        self._parts: dict[Partition, _Part] = {}
        self._buffered = 0

    def write(self, data: pa.Table) -> None:
        """Add rows.

        Raises:
            DataError: The disk or store refuses.
        """
        for partition, rows in split(data, self.by):
            part = self._parts.setdefault(partition, _Part(partition))
            part.buffer.append(rows)
            part.buffered += len(rows)
            self._buffered += len(rows)
            if part.buffered >= ROW_GROUP:
                self._flush(part)
        if self._buffered >= 8 * ROW_GROUP:
            for part in self._parts.values():
                self._flush(part)

    def finish(self) -> dict[Partition, StagedPartition]:
        """Close the files, and say what is in them.

        Raises:
            DataError: The disk or store refuses.
        """
        for part in self._parts.values():
            if part.buffered or not (part.done or part.file):
                self._flush(part)
            self._close(part)
        return {
            each.partition: StagedPartition(
                each.digest.hexdigest(), sum(file.rows for file in each.done), tuple(each.done)
            )
            for each in self._parts.values()
        }

    def dataset(self) -> pyarrow.dataset.Dataset:
        """What was written, as a dataset; for after `finish`."""
        import pyarrow.dataset as ds

        paths = [file.path for part in self._parts.values() for file in part.done]
        files = filesystem_of(self.uri, self._options)
        return ds.dataset(paths, schema=self.schema, format="parquet", filesystem=files)

    def discard(self) -> None:
        """Remove what was written; only for what no commit names."""
        for part in self._parts.values():
            paths = [file.path for file in part.done]
            if part.file is not None:
                part.file.abandon()
                paths.append(part.file.path)
            for path in paths:
                try:
                    self._store.rm_file(f"{self._root}/{path}")
                except OSError:
                    continue  # retention removes it later
        self._parts = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.discard()

    def _flush(self, part: _Part) -> None:
        import pyarrow as pa

        rows = pa.concat_tables(part.buffer) if part.buffer else self.schema.empty_table()
        self._buffered -= part.buffered
        part.buffer, part.buffered = [], 0
        part.digest.update(rows)
        start = 0
        while start < len(rows) or not (part.done or part.file):
            if part.file is None:
                part.file = self._open(part)
            piece = rows.slice(start, MOST_ROWS - part.file.rows)
            with self._writing():
                part.file.write(piece)
            start += len(piece)
            if part.file.rows >= MOST_ROWS:
                self._close(part)

    def _open(self, part: _Part) -> _File:
        opened = [each for each in self._parts.values() if each.file is not None]
        if len(opened) >= MOST_OPEN:
            self._close(opened[0])
        folder = f"{part.partition.folder}/" if part.partition.folder else ""
        path = f"{folder}{part.name}-{len(part.done):05}.parquet"
        with self._writing():
            return _File(self._store, self._root, path, self.schema)

    def _close(self, part: _Part) -> None:
        if part.file is not None:
            with self._writing():
                part.done.append(part.file.close())
            part.file = None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            raise DataError(
                f"{self.uri}: nothing was published: {str(error).splitlines()[0]}"
            ) from error


@dataclass
class _Part:
    partition: Partition
    name: str = field(default_factory=lambda: uuid4().hex)
    buffer: list[pa.Table] = field(default_factory=list)
    buffered: int = 0
    file: _File | None = None
    done: list[StoredFile] = field(default_factory=list)
    digest: BlockDigest = field(default_factory=BlockDigest)


class _File:
    """One file at work; what goes through it is hashed."""

    def __init__(self, store: Any, root: str, path: str, schema: pa.Schema):
        import pyarrow.parquet as pq

        self.path = path
        self.rows = 0
        self._store, self._place, self._schema = store, f"{root}/{path}", schema
        store.makedirs(self._place.rpartition("/")[0], exist_ok=True)
        self._sink = _Hashed(store.open(self._place, "wb"))
        self._footers: list[Any] = []
        self._writer = pq.ParquetWriter(
            self._sink,
            schema,
            compression="snappy",
            dictionary_pagesize_limit=DICTIONARY,
            metadata_collector=self._footers,
        )

    def write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows, row_group_size=ROW_GROUP)
        self.rows += len(rows)

    def abandon(self) -> None:
        # What could not be written cannot be closed either; pyarrow then misses its footer.
        for each in (self._writer, self._sink):
            with suppress(OSError, ValueError, RuntimeError):
                each.close()

    def close(self) -> StoredFile:
        self._writer.close()
        self._sink.close()
        (footer,) = self._footers
        size = int(self._store.size(self._place))
        if footer.num_rows != self.rows or size != self._sink.size:
            raise OSError(
                f"{self.path} has {footer.num_rows:,} rows and {size:,} bytes instead of "
                f"{self.rows:,} and {self._sink.size:,}"
            )
        modified = self._store.modified(self._place).replace(tzinfo=UTC).timestamp()
        statistics = json.dumps(_statistics(footer, self._schema))
        return StoredFile(
            self.path,
            size,
            self._sink.digest.hexdigest(),
            self.rows,
            int(modified * 1000),
            statistics,
        )


class _Hashed:
    """A file that hashes what is written to it."""

    def __init__(self, file: Any):
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    @property
    def closed(self) -> bool:
        return bool(self._file.closed)

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self.size += len(data)
        self._file.write(data)
        return len(data)

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()

    def close(self) -> None:
        if not self._file.closed:
            self._file.close()


def _statistics(footer: Any, schema: pa.Schema) -> dict[str, Any]:
    """Delta's statistics of a file: of plain columns alone, and no ranges of floats, which leave out NaN."""
    least: dict[str, Any] = {}
    greatest: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    groups = [footer.row_group(index) for index in range(footer.num_row_groups)]
    for index in range(footer.num_columns):
        name = footer.schema.column(index).path
        if name not in schema.names:
            continue  # part of a nested column
        found = [each.column(index).statistics for each in groups if each.num_rows]
        if any(each is None or not each.has_null_count for each in found):
            continue
        nulls[name] = sum(each.null_count for each in found)
        ranges = [(_plain(each.min), _plain(each.max)) for each in found if each.has_min_max]
        some = [each for each in found if each.num_values]
        if ranges and len(ranges) == len(some) and all(None not in each for each in ranges):
            least[name] = min(low for low, _ in ranges)
            greatest[name] = max(high for _, high in ranges)
    return {
        "numRecords": footer.num_rows,
        "minValues": least,
        "maxValues": greatest,
        "nullCount": nulls,
    }


def _plain(value: Any) -> Any:
    """A statistic as JSON has it; None for what is not kept."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return f"{moment.isoformat(timespec='microseconds')}{'Z' if value.tzinfo else ''}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= LONGEST_STATISTIC else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None

"""The product store: a Delta table per data product, in a folder or an object store.

A version appears whole or not at all, readers keep the one they opened, and each commit says
which run, code and contract it came from.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from highroad.errors import BusyError, DataError
from highroad.products.commits import Facts, Version, contents, told, version_of
from highroad.products.integrity import Damage, damage_of

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset
    from deltalake import DeltaTable

MOST_TRIES = 5


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

    def dataset(self, version: int | None = None) -> pa.dataset.Dataset:
        """A version as an Arrow dataset, partitions in ascending order, rows as they were saved."""
        from pyarrow.dataset import FileSystemDataset

        found = self.open(version).to_pyarrow_dataset()
        if not isinstance(found, FileSystemDataset):
            return found
        # The log lists files as they were added; their names begin with the partition.
        files = sorted(found.get_fragments(), key=lambda fragment: fragment.path)
        return FileSystemDataset(files, found.schema, found.format, found.filesystem)

    def damage(self, version: int | None = None) -> list[Damage]:
        """The files of a version that are not as they were committed."""
        return damage_of(self.open(version))

    def require_whole(self, version: int | None = None) -> None:
        """Refuse a version whose files are not as they were committed.

        Raises:
            DataError: Names the files and the way out.
        """
        if broken := [str(each) for each in self.damage(version)]:
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

    def partitions(self, column: str, version: int | None = None) -> list[str]:
        """The values of a partition column, ascending."""
        return sorted({str(each[column]) for each in self.open(version).partitions()})

    def rows(self, version: int | None = None) -> int:
        """Rows of a version, by its log."""
        import pyarrow as pa

        files = pa.table(self.open(version).get_add_actions(flatten=True))
        return sum(files.column("num_records").to_pylist())

    def count_before(self, column: str, moment: datetime) -> int:
        """Rows of the latest version whose time is before a moment."""
        import pyarrow.compute as pc

        return int(self.dataset().count_rows(filter=pc.field(column) < moment))

    def delete_before(self, column: str, moment: datetime) -> None:
        """Commit a version without the rows whose time is before a moment, with the facts kept."""
        from deltalake import CommitProperties

        kept = self.facts()
        said = CommitProperties(custom_metadata=told(kept, kept.content or {}))
        self.open().delete(f"\"{column}\" < '{moment.isoformat()}'", commit_properties=said)

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
            facts: What the commit says; `content` is filled in here.
            version: The version that the rows were checked on top of; None where there was none.
            beside: Called with SHA-256 by partition before the commit, to write what belongs beside
                the rows; not called where the version holds them already.

        Returns:
            The version that holds the rows: the current one where it holds the same already.

        Raises:
            BusyError: Another writer committed after `version`; check against it and try again.
            DataError: The rows do not fit the table's types, or the disk or store refuses.
        """
        from deltalake import CommitProperties, write_deltalake
        from deltalake.exceptions import CommitFailedError, DeltaError

        found = contents(data, partitioned_by)
        current = self.open(version) if version is not None else None
        before = self.facts(version) if version is not None else Facts()
        if self._holds(before, found, facts, bool(partitioned_by)) and not self.damage(version):
            return int(version or 0)
        if beside is not None:
            beside(found)
        kept = dict(before.content or {}) if partitioned_by else {}
        # Another's commit in between changes what the check saw: never merge over it.
        properties = CommitProperties(
            custom_metadata=told(facts, {**kept, **found}), max_commit_retries=0
        )
        try:
            if current is None:
                write_deltalake(
                    self.uri,
                    data,
                    mode="error",
                    partition_by=list(partitioned_by) or None,
                    storage_options=self.options,
                    commit_properties=properties,
                )
            else:
                write_deltalake(
                    current,
                    data,
                    mode="overwrite",
                    predicate=_predicate(data, partitioned_by),
                    schema_mode=None if partitioned_by else "overwrite",
                    storage_options=self.options,
                    commit_properties=properties,
                )
        except CommitFailedError as error:
            raise BusyError(f"{self.uri}: another writer published first; try again.") from error
        except (DeltaError, OSError, ValueError) as error:
            if current is None and self.exists():
                raise BusyError(
                    f"{self.uri}: another writer published first; try again."
                ) from error
            raise DataError(
                f"{self.uri}: nothing was published: {str(error).splitlines()[0]}"
            ) from error
        return self.open().version()

    @staticmethod
    def _holds(before: Facts, found: Mapping[str, str], facts: Facts, partitioned: bool) -> bool:
        """Would the commit change nothing but its own date?"""
        there = dict(before.content or {})
        same = (
            {name: there.get(name) for name in found} == dict(found)
            if partitioned
            else there == dict(found)
        )
        return (
            bool(found)
            and same
            and before.fingerprint == facts.fingerprint
            and before.verdict == facts.verdict
        )


def _predicate(data: pa.Table, partitioned_by: Sequence[str]) -> str | None:
    """The condition for the partitions that the rows replace."""
    if not partitioned_by:
        return None
    keys = (
        data.select(list(partitioned_by)).group_by(list(partitioned_by)).aggregate([]).to_pylist()
    )
    if len(partitioned_by) == 1:
        (column,) = partitioned_by
        return f'"{column}" IN ({", ".join(_literal(key[column]) for key in keys)})'
    return " OR ".join(
        "(" + " AND ".join(f'"{column}" = {_literal(value)}' for column, value in key.items()) + ")"
        for key in keys
    )


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"

"""Are a version's files as they were committed? Their lengths are in its log; no data is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from deltalake import DeltaTable


class Damage(NamedTuple):
    """A file that is gone or of another length.

    Attributes:
        path: Below the table's folder.
        partition: The values of the partition columns, joined by `/`; empty without any.
        expected: Bytes by the log.
        found: Bytes there are; None where the file is gone.
    """

    path: str
    partition: str
    expected: int
    found: int | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.path} is gone"
        return f"{self.path} has {self.found:,} bytes instead of {self.expected:,}"


def damage_of(table: DeltaTable) -> list[Damage]:
    """What is wrong with the files of a table at the version it was opened at."""
    import pyarrow as pa

    columns = table.metadata().partition_columns
    logged = {
        unquote(each["path"]): each  # as the store has it; the log quotes it once more
        for each in pa.table(table.get_add_actions(flatten=True)).to_pylist()
    }
    files = table.to_pyarrow_dataset().filesystem
    found = {each.path: each.size for each in files.get_file_info([*logged])}
    return [
        Damage(
            path,
            "/".join(str(each[f"partition.{column}"]) for column in columns),
            each["size_bytes"],
            found[path],
        )
        for path, each in logged.items()
        if found[path] != each["size_bytes"]
    ]

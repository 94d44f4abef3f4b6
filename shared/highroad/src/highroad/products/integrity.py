"""Are a version's files those that were committed? Lengths and times first; bytes where those differ.

Each commit keeps length, SHA-256 and time of writing of every file. A file of another length is
damaged. One of the same length that was written at another time is read and hashed: it was copied,
or replaced. With `deep` every file is hashed, whatever its time says.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from highroad.products.snapshot import Snapshot

SLACK_MS = 1000
"""Stores round the time of writing, the coarsest to seconds."""


class Damage(NamedTuple):
    """A file that is not as it was committed.

    Attributes:
        path: Below the table's folder.
        partition: The name of the partition; empty without any.
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
        if self.found == self.expected:
            return f"{self.path} was replaced by another file of the same length"
        return f"{self.path} has {self.found:,} bytes instead of {self.expected:,}"


def damage_of(snapshot: Snapshot, *, deep: bool = False) -> list[Damage]:
    """What is wrong with the files of a version.

    Args:
        snapshot: The version.
        deep: Hash every file that the commit knows, not only those whose time of writing differs.
    """
    known = {
        path: facts
        for partition in snapshot.facts.partitions.values()
        for path, facts in partition.files.items()
    }
    paths = [each.path for each in snapshot.files]
    there = {each.path: each for each in snapshot.filesystem.get_file_info(paths)}
    damaged = []
    for each in snapshot.files:
        size, digest, written_ms = known.get(each.path, (each.size, "", 0))
        info = there[each.path]
        is_other = info.size != size
        if not is_other and digest:
            moved_ms = abs((info.mtime_ns or 0) // 1_000_000 - written_ms)
            if deep or moved_ms > SLACK_MS:
                is_other = hash_of(snapshot, each.path) != digest
        if is_other:
            damaged.append(Damage(each.path, each.partition.name, size, info.size))
    return damaged


def hash_of(snapshot: Snapshot, path: str) -> str:
    """SHA-256 of a file of a version."""
    digest = hashlib.sha256()
    with snapshot.filesystem.open_input_stream(path) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

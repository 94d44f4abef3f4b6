"""What a commit of a product says about itself, and what its rows come to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from highroad.products.digest import digest
from highroad.products.partition import Partition, split

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

BLOCK = 1 << 20
"""Rows that a digest is made of at once."""

_FACTS = "highroad"
"""The key of our facts in a commit; one JSON object, so that all of it is there or none."""


@dataclass(frozen=True)
class PartitionFacts:
    """What a commit says about the rows of one partition.

    Attributes:
        content: SHA-256 of its rows; empty where another tool wrote them.
        rows: How many.
        fingerprint: Of the contract that these rows passed; empty where none was checked.
        files: Of each file below the table's folder: bytes, SHA-256, and when it was written in
            milliseconds since 1970.
    """

    content: str
    rows: int
    fingerprint: str
    files: Mapping[str, tuple[int, str, int]]


@dataclass(frozen=True)
class Facts:
    """What a commit says about itself.

    Attributes:
        run: The id of the run that published it; empty outside of runs.
        commit: The git commit of the code.
        contract_version: Of the contract it was checked against.
        fingerprint: Of that contract.
        verdict: `pass` where all rows of the version passed under that contract; `fail` where rows
            that it took over did not; `unchecked` where validation was off.
        published_at: The platform clock's time, ISO 8601 in UTC.
        contract: What the contract's file says beside its rules, for who does not want to read it again.
        partitions: What is known of each partition; an unpartitioned table has one.
    """

    run: str = ""
    commit: str = ""
    contract_version: str = ""
    fingerprint: str = ""
    verdict: str = "unchecked"
    published_at: str = ""
    contract: Mapping[str, Any] = field(default_factory=dict)
    partitions: Mapping[Partition, PartitionFacts] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, str]:
        """SHA-256 of each partition's rows, by its name; "" names an unpartitioned table."""
        return {each.name: facts.content for each, facts in self.partitions.items()}


@dataclass(frozen=True)
class Version:
    """One version of a product: its number, when it was committed (UTC), and its facts.

    `opened` is the table at that version where it was opened to find out, so that nobody has to again.
    """

    number: int
    committed_at: datetime
    facts: Facts
    opened: DeltaTable | None = field(default=None, repr=False, compare=False)


def parts_of(data: pa.Table, partitioned_by: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each partition with its name, in the order they come; "" names an unpartitioned table."""
    for partition, rows in split(data, partitioned_by):
        yield partition.name, rows


def contents(data: pa.Table, partitioned_by: Sequence[str]) -> dict[str, str]:
    """SHA-256 of the rows of each partition, by name; in the order they come."""
    return {name: digest(rows) for name, rows in parts_of(data, partitioned_by)}


class BlockDigest:
    """SHA-256 of rows that come in pieces; it does not depend on how they are cut.

    Of rows that fit into one block it is what `contents` gives.
    """

    def __init__(self) -> None:
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._blocks: list[str] = []

    def update(self, rows: pa.Table) -> None:
        """Add rows."""
        import pyarrow as pa

        self._waiting.append(rows)
        self._rows += len(rows)
        if self._rows < BLOCK:
            return
        whole = pa.concat_tables(self._waiting)
        end = self._rows - self._rows % BLOCK
        self._blocks += [digest(whole.slice(start, BLOCK)) for start in range(0, end, BLOCK)]
        self._waiting, self._rows = [whole.slice(end)], self._rows - end

    def hexdigest(self) -> str:
        """The digest of all rows so far."""
        import pyarrow as pa

        blocks = list(self._blocks)
        if self._rows or not blocks:
            blocks.append(digest(pa.concat_tables(self._waiting)))
        if len(blocks) == 1:
            return blocks[0]
        return hashlib.sha256("".join(blocks).encode()).hexdigest()


def commit_metadata(facts: Facts) -> dict[str, str]:
    """The facts as a commit's metadata."""
    partitions = [
        [each.to_json(), known.content, known.rows, known.fingerprint, known.files]
        for each, known in facts.partitions.items()
    ]
    text = {**facts.__dict__, "partitions": sorted(partitions, key=lambda each: str(each[0]))}
    return {_FACTS: json.dumps(text, separators=(",", ":"))}


def version_of(commit: Mapping[str, Any]) -> Version:
    """A version from its entry in the history; the facts of a commit from elsewhere are empty."""
    moment = datetime.fromtimestamp(commit["timestamp"] / 1000, UTC)
    return Version(int(commit["version"]), moment, _facts(commit))


def _facts(commit: Mapping[str, Any]) -> Facts:
    try:
        text = json.loads(commit.get(_FACTS) or "{}")
        partitions = {
            Partition.from_json(partition): PartitionFacts(
                str(content),
                int(rows),
                str(fingerprint),
                {
                    str(path): (int(size), str(digest), int(written))
                    for path, (size, digest, written) in files.items()
                },
            )
            for partition, content, rows, fingerprint, files in text.pop("partitions", ())
        }
        text.pop("content", None)  # older commits say no more of a partition than its digest
        return Facts(**text, partitions=partitions)
    except (AttributeError, TypeError, ValueError):
        return Facts()

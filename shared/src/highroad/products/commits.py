"""What a commit of a product says about itself, and what its rows come to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

_FACTS = "highroad"
"""The key of our facts in a commit; one JSON object, so that all of it is there or none."""


@dataclass(frozen=True)
class Facts:
    """What a commit says about itself.

    Attributes:
        run: The id of the run that published it; empty outside of runs.
        commit: The git commit of the code.
        contract_version: Of the contract it was checked against.
        fingerprint: Of that contract.
        verdict: `pass`, or `unchecked` where validation was off.
        published_at: The platform clock's time, ISO 8601 in UTC.
        content: SHA-256 of each partition's rows, by its name; "" names an unpartitioned table.
    """

    run: str = ""
    commit: str = ""
    contract_version: str = ""
    fingerprint: str = ""
    verdict: str = "unchecked"
    published_at: str = ""
    content: Mapping[str, str] | None = None


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
    import pyarrow.compute as pc

    if not partitioned_by:
        yield "", data
        return
    by = list(partitioned_by)
    for key in data.select(by).group_by(by).aggregate([]).to_pylist():
        mask = None
        for column, value in key.items():
            same = pc.equal(data.column(column), value)
            mask = same if mask is None else pc.and_(mask, same)
        yield "/".join(str(each) for each in key.values()), data.filter(mask)


def contents(data: pa.Table, partitioned_by: Sequence[str]) -> dict[str, str]:
    """SHA-256 of the rows of each partition, by name; in the order they come."""
    return {name: _digest(rows) for name, rows in parts_of(data, partitioned_by)}


def _digest(data: pa.Table) -> str:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    whole = data.combine_chunks().replace_schema_metadata(None)
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def told(facts: Facts, content: Mapping[str, str]) -> dict[str, str]:
    """The facts as a commit's metadata, with the content of every partition."""
    return {_FACTS: json.dumps({**facts.__dict__, "content": dict(sorted(content.items()))})}


def version_of(commit: Mapping[str, Any]) -> Version:
    """A version from its entry in the history; the facts of a commit from elsewhere are empty."""
    moment = datetime.fromtimestamp(commit["timestamp"] / 1000, UTC)
    return Version(int(commit["version"]), moment, _facts(commit))


def _facts(commit: Mapping[str, Any]) -> Facts:
    try:
        return Facts(**json.loads(commit.get(_FACTS) or "{}"))
    except (TypeError, ValueError):
        return Facts()

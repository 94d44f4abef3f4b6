"""What a commit of a product says about itself, and what its rows come to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from highroad.products.digest import digest, split_by

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


def contents(data: pa.Table, partitioned_by: Sequence[str]) -> dict[str, str]:
    """SHA-256 of the rows of each partition, by name; in the order they come."""
    return {name_of(values): digest(rows) for values, rows in split_by(data, partitioned_by)}


def name_of(values: Sequence[Any]) -> str:
    """What a partition of these values is called; "" for an unpartitioned table."""
    return "/".join(map(str, values))


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

"""The chain of the ledger: each row holds the hash of the one before, so that a rewrite is found."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

Row = Sequence[Any]
"""All columns of a row of the ledger: its number is the first, the hash of the row before the last."""


class Break(NamedTuple):
    """A place where rows do not follow from each other.

    Attributes:
        key: What tells it from every other break.
        message: In words.
    """

    key: str
    message: str


class Seen(NamedTuple):
    """The newest row that a machine saw; empty where it saw none."""

    number: int = 0
    hash: str = ""


def row_hash(row: Row) -> str:
    """SHA-256 of all columns of a row."""
    text = json.dumps(list(row), ensure_ascii=False, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def breaks(rows: Sequence[Row], newest: str, seen: Seen) -> Iterator[Break]:
    """Where the chain does not hold.

    Args:
        rows: All of them, oldest first.
        newest: The hash of the newest row as it is kept beside the releases.
        seen: The newest row that this machine saw.
    """
    hashes = {int(row[0]): row_hash(row) for row in rows}
    before, expected = 0, ""
    for row in rows:
        number = int(row[0])
        if row[-1] != expected:
            place = f"row {before}" if before else "nothing"
            yield Break(
                f"{number}:{expected}",
                f"row {number} does not follow {place}: rows up to it were changed or removed",
            )
        before, expected = number, hashes[number]
    if newest != expected:
        yield Break(
            f"newest:{newest}",
            f"row {before} is not the newest one that was written, or was changed",
        )
    if seen.hash and hashes.get(seen.number) != seen.hash:
        yield Break(
            f"seen:{seen.number}:{seen.hash}",
            f"row {seen.number} is not what this machine saw there: it was changed or removed",
        )


def recall(witness: Path | None) -> Seen:
    """What a machine keeps of the newest row it saw; nothing where it keeps none, or it cannot be read."""
    with suppress(OSError, ValueError, TypeError):
        if witness is not None:
            return Seen(**json.loads(witness.read_text(encoding="utf-8")))
    return Seen()


def remember(witness: Path | None, row: Row) -> None:
    """Keep the newest row that was seen. A machine that cannot has the record store's word alone."""
    if witness is None:
        return
    seen = Seen(int(row[0]), row_hash(row))
    part = witness.with_name(f"{witness.name}.{os.getpid()}")
    with suppress(OSError):
        witness.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(seen._asdict()), encoding="utf-8")
        part.replace(witness)

"""Which version of its data a dataset read or wrote. What cannot be known is `unknown`, never a guess."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from highroad.tracking.record import UNKNOWN
from highroad.tracking.surroundings import hash_of

MOST_BYTES = 1 << 28
"""Larger files are not read once more only to be hashed."""


class DataVersion(NamedTuple):
    """A version of data: what kind, which, and how many bytes; None where not known."""

    kind: str = UNKNOWN
    version: str | None = None
    bytes: int | None = None


def version_of(dataset: Any, *, saved: bool) -> DataVersion:
    """The version that a dataset just loaded, or saved.

    Args:
        dataset: Any of Kedro's; one that has a method `data_version()` tells it itself.
        saved: It was saved.
    """
    dataset = getattr(dataset, "_dataset", dataset) if hasattr(dataset, "_cache") else dataset
    try:
        return _version_of(dataset, saved)
    except Exception:  # a stranger's dataset must not fail the run that only wants its version
        return DataVersion()


def _version_of(dataset: Any, saved: bool) -> DataVersion:
    own: Callable[[], tuple[str, str | None]] | None = getattr(dataset, "data_version", None)
    if own is not None:
        return DataVersion(*own())
    if getattr(dataset, "_version", None) is not None:
        resolve = dataset.resolve_save_version if saved else dataset.resolve_load_version
        return DataVersion("kedro", str(resolve()))
    place = getattr(dataset, "_filepath", None)
    if place is None:
        return DataVersion()
    if getattr(dataset, "_protocol", "file") in ("file", "local"):
        return _of_file(Path(str(place)))
    facts = dataset._fs.info(str(place))
    etag = facts.get("ETag") or facts.get("etag")
    return DataVersion(
        "etag" if etag else UNKNOWN, str(etag).strip('"') if etag else None, facts.get("size")
    )


def _of_file(path: Path) -> DataVersion:
    if not path.is_file():
        return DataVersion()
    size = path.stat().st_size
    content = hash_of(path) if size <= MOST_BYTES else None
    return DataVersion("sha256" if content else UNKNOWN, content, size)

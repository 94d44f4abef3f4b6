"""How many rows a dataset gave or took, where that can be told without reading data again."""

from __future__ import annotations

from typing import Any


def rows_of(data: Any) -> int | None:
    """Rows of a frame, or of partitions held in memory.

    Returns:
        None where counting would mean reading or computing (lazy frames and partitions),
        0 for what has no rows (a model, a page).
    """
    try:
        return _rows_of(data)
    except Exception:  # a stranger's table must not fail the run that only wants to count it
        return None


def _rows_of(data: Any) -> int | None:
    if type(data).__name__ in ("LazyFrame", "DuckDBPyRelation"):
        return None
    if isinstance(data, dict) and data:
        parts = list(data.values())
        if all(callable(part) or hasattr(part, "columns") for part in parts):
            counts = [None if callable(part) else _rows_of(part) for part in parts]
            return None if None in counts else sum(count or 0 for count in counts)
        return 0
    if hasattr(data, "num_rows"):
        return int(data.num_rows)
    if hasattr(data, "columns") and hasattr(data, "shape"):
        return int(data.shape[0])
    return 0


def told_by(dataset: Any, fact: str, data: Any) -> int | None:
    """What the dataset says it read or wrote (`loaded_rows`, `written_rows`), else `rows_of`."""
    try:
        told = getattr(dataset, fact, None)
    except Exception:  # as above: a property of a dataset is a stranger's code
        told = None
    return told if isinstance(told, int) else rows_of(data)


def counts_late(dataset: Any) -> bool:
    """Does the dataset count what it loads, so that it knows more once a node asked for parts?"""
    return isinstance(getattr(dataset, "loaded_rows", None), int)


def is_in_memory(dataset: Any) -> bool:
    """Does the dataset end with the run?"""
    # A CachedDataset calls itself ephemeral, whatever it holds.
    inner = getattr(dataset, "_dataset", None) if hasattr(dataset, "_cache") else None
    return bool(getattr(inner if inner is not None else dataset, "_EPHEMERAL", False))

"""Which columns data has, where that can be told without reading or computing it."""

from __future__ import annotations

from typing import Any


def fields_of(data: Any) -> list[tuple[str, str]]:
    """Names and types of a frame's columns, as its library writes them; of partitions, the first's.

    Returns:
        None where it has no columns, or only computing would tell them.
    """
    try:
        return _fields_of(data)
    except Exception:  # a stranger's table must not fail the run that only wants to describe it
        return []


def _fields_of(data: Any) -> list[tuple[str, str]]:
    if isinstance(data, dict):
        first = next(iter(data.values()), None)
        return [] if callable(first) else _fields_of(first)
    if hasattr(data, "collect_schema"):  # Polars; a lazy frame resolves its plan and reads no rows
        return [(str(name), str(kind)) for name, kind in data.collect_schema().items()]
    if hasattr(data, "schema"):  # Arrow
        return [(str(each.name), str(each.type)) for each in data.schema]
    if hasattr(data, "dtypes") and hasattr(data, "columns"):  # pandas and DuckDB
        return [
            (str(name), str(kind)) for name, kind in zip(data.columns, data.dtypes, strict=True)
        ]
    return []

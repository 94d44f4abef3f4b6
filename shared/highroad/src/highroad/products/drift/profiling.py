"""Make a reference profile: choose what to count by, then count everything."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa

from highroad.products.drift.cells import knots_of, ranks
from highroad.products.drift.counting import (
    BareCounting,
    CategoryCounting,
    Counting,
    NumberCounting,
    TimeCounting,
    count_all,
)
from highroad.products.drift.numbers import Ordered, numbers_of
from highroad.products.drift.profile import Profile, Provenance
from highroad.products.drift.sources import CATEGORY, NUMBER, TIME, Source, kind_of, table_of

SAMPLE = 1 << 18
"""Rows that knots are chosen from; of a longer table a random part so large."""
SEED = 20130101
DECILES = np.arange(1, 10) / 10
PERSONAL = "personal data: its values are not kept in profiles"
NESTED = "values of this type are not compared"


def profile_of(
    data: Any,
    provenance: Provenance | None = None,
    *,
    leave_out: Collection[str] = (),
    personal: Collection[str] = (),
) -> Profile:
    """The profile of a table.

    Knots are chosen from a part of the rows, if there are many; then all columns are counted in
    one pass. Counts are always of all rows, and so are mean, standard deviation and extremes.

    Args:
        data: As `table_of` takes it.
        provenance: What the caller knows of it.
        leave_out: Columns to do without, such as the one it is partitioned by.
        personal: Columns whose values must not show: only nulls are counted.

    Raises:
        DataError: The table cannot be read.
    """
    source = table_of(data)
    fields = [field for field in source.schema if field.name not in leave_out]
    numeric = [
        field.name
        for field in fields
        if kind_of(field.type) == NUMBER and field.name not in personal
    ]
    part = _part(source, numeric)
    countings = {field.name: _counting(field, part, field.name in personal) for field in fields}
    count_all(source, countings)
    columns = {name: counting.profile() for name, counting in countings.items()}
    return Profile(source.rows, columns, provenance or Provenance())


def edges_of(ordered: Ordered) -> Ordered:
    """Bin edges for finite values in ascending order: the deciles between, each once.

    Where the first decile is the minimum, the number before it is an edge too, so that values
    below the reference's are not taken for its commonest.
    """
    if not len(ordered):
        return ordered
    edges = np.unique(ordered[ranks(DECILES, len(ordered))])
    if edges[0] == ordered[0]:
        if ordered.dtype == np.float64:
            with np.errstate(over="ignore"):  # before the least double there is none
                before = np.nextafter(edges[:1], -np.inf)
        else:
            before = edges[:1] - 1 if edges[0] > np.iinfo(ordered.dtype).min else edges[:0]
        edges = np.concatenate([before[np.isfinite(before)], edges])
    return edges


def _counting(field: pa.Field, part: dict[str, Ordered], personal: bool) -> Counting:
    kind = kind_of(field.type)
    if personal:
        return BareCounting(str(field.type), PERSONAL)
    if kind == NUMBER:
        ordered = part[field.name]
        return NumberCounting(str(field.type), knots_of(ordered), edges_of(ordered), closed=True)
    if kind == CATEGORY:
        return CategoryCounting(str(field.type))
    return TimeCounting(field.type) if kind == TIME else BareCounting(str(field.type), NESTED)


def _part(source: Source, names: list[str]) -> dict[str, Ordered]:
    """The finite values of each column in a random part of the rows, ascending."""
    if not names:
        return {}
    rows = source.rows
    chosen = None
    if rows > SAMPLE:
        chosen = np.unique(np.random.default_rng(SEED).integers(0, rows, SAMPLE))
    parts: list[list[Any]] = [[] for _ in names]
    start = 0
    for columns in source.batches(names):
        size, taken = len(columns[0]), None
        if chosen is not None:
            first, last = np.searchsorted(chosen, [start, start + size])
            taken = pa.array(chosen[first:last] - start)
        for part, column in zip(parts, columns, strict=True):
            part.append(column if taken is None else column.take(taken))
        start += size
    return {name: _whole(part) for name, part in zip(names, parts, strict=True)}


def _whole(part: list[Any]) -> Ordered:
    chunks = [
        chunk
        for each in part
        for chunk in (each.chunks if isinstance(each, pa.ChunkedArray) else [each])
    ]
    return numbers_of(pa.concat_arrays(chunks)).finite if chunks else np.empty(0)

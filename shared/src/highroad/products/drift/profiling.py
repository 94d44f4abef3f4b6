"""Make a reference profile: choose what to count by, then count everything."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa

from highroad.products.drift.cells import knots_of, numbers_of, ranks
from highroad.products.drift.counting import (
    BareCounting,
    CategoryCounting,
    Counting,
    NumberCounting,
    TimeCounting,
    count_all,
)
from highroad.products.drift.measures import Floats
from highroad.products.drift.profile import Profile, Provenance
from highroad.products.drift.sources import CATEGORY, NUMBER, TIME, Source, kind_of, table_of

MOST_SORTED = 16_000_000
"""Rows of a column sorted in memory; of a longer one the knots are of a random part so large."""
SEED = 20130101
DECILES = np.arange(1, 10) / 10
PERSONAL = "personal data: its values are not kept in profiles"
NESTED = "values of this type are not compared"


@np.errstate(all="ignore")
def profile_of(
    data: Any,
    provenance: Provenance | None = None,
    *,
    leave_out: Collection[str] = (),
    personal: Collection[str] = (),
) -> Profile:
    """The profile of a table.

    Knots are chosen column by column, which sorts one column at a time; then all columns are
    counted in one pass. Counts are always of all rows, also where knots are of a random part.

    Args:
        data: As `table_of` takes it.
        provenance: What the caller knows of it.
        leave_out: Columns to do without, such as the one it is partitioned by.
        personal: Columns whose values must not show: only nulls are counted.

    Raises:
        DataError: The table cannot be read.
    """
    source = table_of(data)
    countings: dict[str, Counting] = {}
    for field in source.schema:
        if field.name not in leave_out:
            countings[field.name] = _counting(source, field, field.name in personal)
    count_all(source, countings)
    columns = {name: counting.profile() for name, counting in countings.items()}
    return Profile(source.rows, columns, provenance or Provenance())


def edges_of(ordered: Floats) -> Floats:
    """Bin edges for finite values in ascending order: the deciles between, each once.

    Where the first decile is the minimum, the double before it is an edge too, so that values
    below the reference's are not taken for its commonest.
    """
    if not len(ordered):
        return ordered
    edges = np.unique(ordered[ranks(DECILES, len(ordered))])
    if edges[0] == ordered[0]:
        edges = np.concatenate([[np.nextafter(ordered[0], -np.inf)], edges])
    return edges[np.isfinite(edges)]


def _counting(source: Source, field: pa.Field, personal: bool) -> Counting:
    kind = kind_of(field.type)
    if personal:
        return BareCounting(str(field.type), PERSONAL)
    if kind == NUMBER:
        ordered = _ordered(source, field.name)
        return NumberCounting(str(field.type), knots_of(ordered), edges_of(ordered))
    if kind == CATEGORY:
        return CategoryCounting(str(field.type))
    return TimeCounting(field.type) if kind == TIME else BareCounting(str(field.type), NESTED)


def _ordered(source: Source, name: str) -> Floats:
    """The finite values in ascending order; of very many a random part, with both extremes."""
    rows = source.rows
    if rows <= MOST_SORTED:
        values = numbers_of(source.column(name)).finite
        return np.sort(values)
    chance = np.random.default_rng(SEED)
    parts, least, most = [], np.inf, -np.inf
    for (array,) in source.batches([name]):
        values = numbers_of(array).finite
        if len(values):
            least, most = min(least, values.min()), max(most, values.max())
            parts.append(values[chance.random(len(values)) < MOST_SORTED / rows])
    if least > most:
        return np.empty(0)
    return np.sort(np.concatenate([*parts, [least, most]]))

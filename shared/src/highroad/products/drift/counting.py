"""Count columns piece by piece, each kind in its way; memory does not grow with the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from highroad.products.drift.cells import Cells, numbers_of
from highroad.products.drift.columns import (
    BareProfile,
    CategoryProfile,
    ColumnProfile,
    NumberProfile,
    TimeProfile,
)
from highroad.products.drift.measures import Counts, Floats
from highroad.products.drift.sources import Source, flat

MOST_CATEGORIES = 100
"""Categories that a profile names."""
MOST_COUNTED = 1_000_000
"""Different categories counted at a time; beyond, the rarer half goes to the rest."""
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}

Piece: TypeAlias = "pa.ChunkedArray | pa.Array"


class Counting(Protocol):
    """Takes a column piece by piece and makes its profile."""

    def add(self, array: Piece) -> None:
        """Count a piece."""
        ...

    def profile(self) -> ColumnProfile:
        """What was counted."""
        ...


class NumberCounting:
    """Count numbers by given knots."""

    def __init__(self, kind: str, knots: Floats, edges: Floats):
        self._kind, self._edges, self.cells, self._whole = kind, edges, Cells(knots), True

    def add(self, array: Piece) -> None:
        """See `Counting.add`."""
        if array.null_count == len(array):
            self.cells.nulls += len(array)
            return
        numbers = numbers_of(array)
        if self._whole and not types.is_integer(flat(array[:0]).type):
            self._whole = bool(np.all(numbers.finite == np.rint(numbers.finite)))
        self.cells.add(numbers)

    def profile(self) -> NumberProfile:
        """See `Counting.profile`."""
        cells = self.cells
        return NumberProfile(self._kind, cells, cells.mean, cells.std, self._edges, self._whole)


class CategoryCounting:
    """Count categories; a boolean is `true` or `false`.

    Args:
        kind: The Arrow type.
        named: The categories that the profile names; None means the commonest.
    """

    def __init__(self, kind: str, named: Iterable[str] | None = None):
        self._kind, self._named, self._nulls, self._rest = kind, named, 0, 0
        self._counts: Counter[str] = Counter()

    def add(self, array: Piece) -> None:
        """See `Counting.add`."""
        self._nulls += array.null_count
        if array.null_count == len(array):
            return
        if str(array.type) == "string_view":
            array = array.cast(pa.large_string())  # Arrow counts a view's nulls as a value
        found = pc.value_counts(array)
        names = flat(found.field("values"))
        if types.is_boolean(names.type):
            names = names.cast(pa.string())
        for name, count in zip(names.to_pylist(), found.field("counts").to_pylist(), strict=True):
            if name is not None:
                self._counts[name] += count
        if len(self._counts) > MOST_COUNTED:
            kept = Counter(dict(self._counts.most_common(MOST_COUNTED // 2)))
            self._rest += self._counts.total() - kept.total()
            self._counts = kept

    def profile(self) -> CategoryProfile:
        """See `Counting.profile`."""
        counts = self._counts
        order = sorted(counts, key=lambda name: (-counts[name], name))
        named = order[:MOST_CATEGORIES] if self._named is None else [*self._named]
        kept = {name: counts[name] for name in named}
        other = counts.total() - sum(kept.values()) + self._rest
        return CategoryProfile(self._kind, kept, other, len(counts), bool(self._rest), self._nulls)

    def others(self) -> dict[str, int]:
        """Counts of the categories that are not named, commonest first."""
        named = set(self._named or ())
        left = [name for name in self._counts if name not in named]
        return {
            name: self._counts[name]
            for name in sorted(left, key=lambda name: (-self._counts[name], name))
        }


class TimeCounting:
    """Count hours and weekdays, both in UTC."""

    def __init__(self, kind: pa.DataType):
        self._kind = kind
        self._hours: Counts = np.zeros(24, np.int64)
        self._weekdays: Counts = np.zeros(7, np.int64)
        self._clocked, self._nulls = types.is_time(kind), 0
        self._ends: list[pa.Scalar] = []

    def add(self, array: Piece) -> None:
        """See `Counting.add`."""
        self._nulls += array.null_count
        if array.null_count == len(array):
            return
        array = flat(array)
        ends = pc.min_max(array)
        found = [*self._ends, ends["min"], ends["max"]]
        self._ends = [min(found, key=_stored), max(found, key=_stored)]
        width = pa.int32() if array.type.bit_width == 32 else pa.int64()
        values = array.drop_null().cast(width).to_numpy().astype(np.int64, copy=False)
        if types.is_date32(array.type):
            self._weekdays += np.bincount((values + 3) % 7, minlength=7)  # 1 Jan 1970: Thursday
            return
        hour = 3600 * (1_000 if types.is_date64(array.type) else _PER_SECOND[array.type.unit])
        self._hours += np.bincount(values // hour % 24, minlength=24)
        if not types.is_time(array.type):
            self._clocked = self._clocked or bool(np.any(values % (24 * hour)))
            self._weekdays += np.bincount((values // (24 * hour) + 3) % 7, minlength=7)

    def profile(self) -> TimeProfile:
        """See `Counting.profile`."""
        first, last = map(_iso, self._ends) if self._ends else (None, None)
        return TimeProfile(
            str(self._kind),
            self._hours.tolist(),
            self._weekdays.tolist(),
            self._clocked,
            first,
            last,
            self._nulls,
        )


class BareCounting:
    """Count nulls and rows."""

    def __init__(self, kind: str, reason: str):
        self._kind, self._reason, self._rows, self._nulls = kind, reason, 0, 0

    def add(self, array: Piece) -> None:
        """See `Counting.add`."""
        self._rows += len(array)
        self._nulls += array.null_count

    def profile(self) -> BareProfile:
        """See `Counting.profile`."""
        return BareProfile(self._kind, self._rows, self._nulls, self._reason)


def counting_like(reference: ColumnProfile, kind: pa.DataType) -> Counting:
    """What counts a column so that it can be held against a reference's column.

    Args:
        reference: The reference's column.
        kind: The Arrow type of the column to count, of the same kind.
    """
    if isinstance(reference, NumberProfile):
        return NumberCounting(str(kind), reference.cells.knots, reference.edges)
    if isinstance(reference, CategoryProfile):
        return CategoryCounting(str(kind), [*reference.counts])
    if isinstance(reference, TimeProfile):
        return TimeCounting(kind)
    return BareCounting(str(kind), reference.reason)


def count_all(source: Source, countings: dict[str, Counting]) -> None:
    """Count columns of a source in one pass."""
    if not countings:
        return
    for columns in source.batches([*countings]):
        for counting, array in zip(countings.values(), columns, strict=True):
            counting.add(array)


def _stored(scalar: pa.Scalar) -> int:
    return int(scalar.value)


def _iso(scalar: pa.Scalar) -> str:
    try:
        return str(scalar.as_py().isoformat())
    except (ValueError, OverflowError):  # a year that Python has no date for
        return str(scalar)

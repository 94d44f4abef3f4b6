"""Count columns piece by piece, each kind in its way; memory does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from highroad.products.drift.cells import Cells
from highroad.products.drift.columns import (
    BareProfile,
    CategoryProfile,
    ColumnProfile,
    NumberProfile,
    TimeProfile,
)
from highroad.products.drift.measures import Counts
from highroad.products.drift.numbers import Ordered, numbers_of
from highroad.products.drift.sources import Source, flat

MOST_NAMED = 1000
"""Categories that a profile names, the commonest,"""
MOST_TEXT = 1 << 15
"""as far as their names have no more characters together."""
MOST_COUNTED = 1 << 18
"""Different categories that are counted; of a column with more only those asked for are."""
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_PIECE = 1 << 16
"""Rows at a time: what is sorted stays in the processor's cache."""
_CATEGORY_PIECES = 16

Piece: TypeAlias = "pa.ChunkedArray | pa.Array"


class Counting(Protocol):
    """Takes a column piece by piece and makes its profile."""

    def add(self, array: pa.Array) -> None:
        """Count a piece."""
        ...

    def profile(self) -> ColumnProfile:
        """What was counted."""
        ...


class NumberCounting:
    """Count numbers by given knots.

    Args:
        kind: The Arrow type.
        knots: What to count by.
        edges: Of the bins; each is a knot, or lies below all.
        closed: Make the extremes knots of the profile too.
    """

    def __init__(self, kind: str, knots: Ordered, edges: Ordered, *, closed: bool = False):
        self._kind, self._edges, self._closed = kind, edges, closed
        self._cells, self._whole = Cells(knots), True

    def add(self, array: pa.Array) -> None:
        """See `Counting.add`."""
        numbers = numbers_of(array)
        if self._whole and numbers.finite.dtype == np.float64:
            self._whole = bool(np.all(numbers.finite == np.rint(numbers.finite)))
        self._cells.add(numbers)

    def profile(self) -> NumberProfile:
        """See `Counting.profile`."""
        cells = self._cells.closed() if self._closed else self._cells
        return NumberProfile(self._kind, cells, cells.mean, cells.std, self._edges, self._whole)


class CategoryCounting:
    """Count categories; a boolean is `true` or `false`.

    Args:
        kind: The Arrow type.
        named: The categories that the profile names; None means the commonest.
        unlimited: Count all categories, however many.
    """

    def __init__(self, kind: str, named: Sequence[str] | None = None, *, unlimited: bool = False):
        self._kind, self._rest, self._distinct, self._nulls = kind, 0, 0, 0
        self._most = None if unlimited else MOST_COUNTED
        self._asked = named
        self._named = pa.array(named or [], pa.large_string())
        self._waiting: list[pa.Array] = []
        self._counts = _counts_of(pa.array([], pa.large_string()))

    def add(self, array: pa.Array) -> None:
        """See `Counting.add`."""
        self._nulls += array.null_count
        if types.is_null(array.type):
            return
        self._waiting.append(flat(array))
        if len(self._waiting) == _CATEGORY_PIECES:
            self._count()

    def _count(self) -> None:
        if not self._waiting:
            return
        found = _counts_of(pa.chunked_array(self._waiting))
        self._waiting = []
        if len(self._counts):
            both = pa.concat_tables([self._counts, found]).group_by("name")
            found = both.aggregate([("rows", "sum")]).rename_columns(["name", "rows"])
        self._counts = found
        if self._rest or (self._most is not None and len(self._counts) > self._most):
            self._distinct = max(self._distinct, len(self._counts))
            rows = _total(self._counts)
            self._counts = self._counts.filter(pc.field("name").isin(self._named))
            self._rest += rows - _total(self._counts)

    @property
    def counts(self) -> pa.Table:
        """`name` and `rows` of every category counted, commonest first."""
        self._count()
        order = [("rows", "descending"), ("name", "ascending")]
        return self._counts.sort_by(order)

    @property
    def uncounted(self) -> int:
        """Rows of categories beyond those that were counted."""
        self._count()
        return self._rest

    def profile(self) -> CategoryProfile:
        """See `Counting.profile`."""
        counts = self.counts
        if self._asked is None:
            long = np.cumsum(pc.utf8_length(counts["name"]).to_numpy()) > MOST_TEXT
            most = min(MOST_NAMED, int(np.argmax(long)) if long.any() else MOST_NAMED)
            kept = dict(_pairs(counts.slice(0, most)))
        else:
            known = dict(_pairs(counts.filter(pc.field("name").isin(self._named))))
            kept = {name: known.get(name, 0) for name in self._asked}
        other = _total(counts) - sum(kept.values()) + self._rest
        distinct = max(self._distinct, len(counts))
        return CategoryProfile(self._kind, kept, other, distinct, bool(self._rest), self._nulls)


class TimeCounting:
    """Count hours and weekdays, both in UTC."""

    def __init__(self, kind: pa.DataType):
        self._kind = kind
        self._week: Counts = np.zeros(168, np.int64)
        self._clocked, self._nulls = types.is_time(kind), 0
        self._ends: list[pa.Scalar] = []

    def add(self, array: pa.Array) -> None:
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
            hours = 24 * values
        else:
            hour = 3600 * (1_000 if types.is_date64(array.type) else _PER_SECOND[array.type.unit])
            self._clocked = self._clocked or bool(np.any(values % (24 * hour)))
            hours = values // hour
        hours = hours + 3 * 24  # 1 January 1970 was a Thursday
        self._week += np.bincount(hours - hours // 168 * 168, minlength=168)

    def profile(self) -> TimeProfile:
        """See `Counting.profile`."""
        first, last = map(_iso, self._ends) if self._ends else (None, None)
        week = self._week.reshape(7, 24)
        hours = [0] * 24 if types.is_date32(self._kind) else week.sum(axis=0).tolist()
        weekdays = [0] * 7 if types.is_time(self._kind) else week.sum(axis=1).tolist()
        kind = str(self._kind)
        return TimeProfile(kind, hours, weekdays, self._clocked, first, last, self._nulls)


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
        for counting, column in zip(countings.values(), columns, strict=True):
            for piece in [column] if isinstance(counting, BareCounting) else pieces(column):
                counting.add(piece)


def pieces(column: Piece) -> Iterator[pa.Array]:
    """A column in pieces of about one size, neither many small nor few large ones."""
    small: list[pa.Array] = []
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        if small and sum(map(len, small)) + len(chunk) > _PIECE:
            yield pa.concat_arrays(small)
            small = []
        if len(chunk) < _PIECE // 2:
            small.append(flat(chunk))
            continue
        for start in range(0, len(chunk), _PIECE):
            yield chunk.slice(start, _PIECE)
    if small:
        yield pa.concat_arrays(small)


def _counts_of(array: Piece) -> pa.Table:
    """`name` and `rows` of each category, nulls left out."""
    if str(array.type) == "string_view":
        array = array.cast(pa.large_string())  # Arrow counts a view's nulls as a value
    found = pc.value_counts(array)
    names = flat(found.field("values"))
    if types.is_boolean(names.type):
        names = names.cast(pa.string())
    table = pa.table({"name": names.cast(pa.large_string()), "rows": found.field("counts")})
    return table.filter(pc.is_valid(table["name"]))


def _pairs(counts: pa.Table) -> Iterator[tuple[str, int]]:
    return zip(counts["name"].to_pylist(), counts["rows"].to_pylist(), strict=True)


def _total(counts: pa.Table) -> int:
    return int(pc.sum(counts["rows"]).as_py() or 0)


def _stored(scalar: pa.Scalar) -> int:
    return int(scalar.value)


def _iso(scalar: pa.Scalar) -> str:
    try:
        return str(scalar.as_py().isoformat())
    except (ValueError, OverflowError):  # a year that Python has no date for
        return str(scalar)

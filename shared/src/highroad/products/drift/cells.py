"""Numbers reduced to what lies at and between fixed knots: small, additive and exact there.

For the knots v0 < … < vm the cells are: below v0, at v0, between v0 and v1, at v1, …, at vm, above
vm. Of each the count is kept, of the open ones the sum too. So the distribution function is known
exactly at every knot and just before it, and its integral between two knots as well; what is not
known is only where within an interval the values lie. Cells of two pieces of a column add up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.types as types

from highroad.products.drift.measures import Counts, Floats
from highroad.products.drift.sources import flat

PARTS = 200
"""The knots hold every 1/PARTS quantile, so every decile."""
MOST_DISTINCT = 256
"""A column of at most so many different numbers has each of them as a knot."""
TAILS = range(8, 21)
"""Further knots at 1/2^k and 1 - 1/2^k, where a few values may lie far out."""


def knots_of(ordered: Floats) -> Floats:
    """The knots for finite values in ascending order; each is one of the values."""
    if not len(ordered):
        return ordered
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    if np.count_nonzero(first) <= MOST_DISTINCT:
        distinct: Floats = ordered[first]
        return distinct
    tails = np.array([0.5**k for k in TAILS if 0.5**k * len(ordered) >= 1])
    wanted = np.concatenate([np.arange(PARTS + 1) / PARTS, tails, 1 - tails])
    chosen: Floats = np.unique(ordered[ranks(wanted, len(ordered))])
    return chosen


def ranks(shares: Floats, count: int) -> Counts:
    """The place of each quantile among `count` ascending values: the least that reaches it."""
    # A tiny step back, for 0.3 * 10 is a little more than 3.
    places = np.ceil(shares * count - 1e-9).astype(np.int64) - 1
    return np.clip(places, 0, count - 1)


@dataclass(frozen=True)
class Numbers:
    """The values of a piece of a column: the finite ones, and how many of each other kind."""

    finite: Floats
    nulls: int = 0
    nans: int = 0
    low: int = 0
    high: int = 0


def numbers_of(array: pa.ChunkedArray | pa.Array) -> Numbers:
    """Split a numeric array; whole numbers beyond 2^53 and decimals become the nearest double."""
    array = flat(array)
    if types.is_decimal(array.type):
        array = array.cast(pa.float64())
    nulls = array.null_count
    if nulls:
        array = array.drop_null()
    if isinstance(array, pa.ChunkedArray) and array.num_chunks == 1:
        array = array.chunk(0)
    values = (
        array.to_numpy()
        if isinstance(array, pa.ChunkedArray)
        else array.to_numpy(zero_copy_only=False)
    )
    values = values.astype(np.float64, copy=False)
    if types.is_integer(array.type):
        return Numbers(values, nulls)
    usual = np.isfinite(values)
    if usual.all():
        return Numbers(values, nulls)
    return Numbers(
        values[usual],
        nulls,
        int(np.isnan(values).sum()),
        int(np.isneginf(values).sum()),
        int(np.isposinf(values).sum()),
    )


@dataclass
class Cells:
    """Counts and sums of a column's values by fixed knots.

    Attributes:
        knots: Ascending, finite, each once.
        counts: Of each cell, as the module's docstring orders them.
        sums: Of the open cells, each value less `centre`.
        squares: The sum of (value - centre)² / scale² over all finite values.
        lowest, highest: The extreme finite values.
        nulls, nans, low, high: Rows that are null, NaN, minus and plus infinity.
    """

    knots: Floats
    counts: Counts = field(init=False)
    sums: Floats = field(init=False)
    squares: float = 0.0
    lowest: float = math.inf
    highest: float = -math.inf
    nulls: int = 0
    nans: int = 0
    low: int = 0
    high: int = 0

    @np.errstate(all="ignore")
    def __post_init__(self) -> None:
        self.counts = np.zeros(2 * len(self.knots) + 1, np.int64)
        self.sums = np.zeros(len(self.knots) + 1)
        # A value is at a knot where it reaches it but not the next double.
        self._edges = np.column_stack([self.knots, np.nextafter(self.knots, np.inf)]).ravel()

    @property
    def centre(self) -> float:
        """The middle knot, which values are counted from so that large offsets cost no digits."""
        return float(self.knots[len(self.knots) // 2]) if len(self.knots) else 0.0

    @property
    def scale(self) -> float:
        """The range of the knots, or 1."""
        return float(self.knots[-1] - self.knots[0]) or 1.0 if len(self.knots) else 1.0

    @np.errstate(all="ignore")
    def add(self, numbers: Numbers) -> None:
        """Count a further piece of the column."""
        self.nulls += numbers.nulls
        self.nans += numbers.nans
        self.low += numbers.low
        self.high += numbers.high
        values, most = numbers.finite, len(self.counts)
        if not len(values):
            return
        self.lowest = min(self.lowest, float(values.min()))
        self.highest = max(self.highest, float(values.max()))
        cell = np.searchsorted(self._edges, values, side="right")
        self.counts += np.bincount(cell, minlength=most)
        away = values - self.centre
        self.sums += np.bincount(cell, weights=away, minlength=most)[::2]
        away = away / self.scale
        self.squares += float(np.einsum("i,i->", away, away))  # BLAS would wake every core

    @property
    def finite(self) -> int:
        """Finite values."""
        return int(self.counts.sum())

    @property
    def values(self) -> int:
        """Values that have a place on the number line, infinities included."""
        return self.finite + self.low + self.high

    @property
    def rows(self) -> int:
        """All rows."""
        return self.values + self.nans + self.nulls

    @property
    def mean(self) -> float | None:
        """Of the finite values."""
        if not self.finite:
            return None
        at = float(np.dot(self.counts[1::2], self.knots - self.centre))
        return self.centre + (at + float(self.sums.sum())) / self.finite

    @property
    def std(self) -> float | None:
        """Of the finite values, as a population's."""
        mean = self.mean
        if mean is None:
            return None
        off = (mean - self.centre) / self.scale
        return math.sqrt(max(0.0, self.squares / self.finite - off * off)) * self.scale

    def below(self) -> Floats:
        """The distribution function after minus infinity and after every cell but plus infinity."""
        return (self.low + np.concatenate([[0], np.cumsum(self.counts)])) / self.values


def ks(sample: Cells, reference: Cells) -> tuple[float, float]:
    """Kolmogorov–Smirnov's statistic at the knots, and how much larger the true one may be."""
    a, b = sample.below(), reference.below()
    found = float(np.max(np.abs(a - b)))
    start, end = slice(0, None, 2), slice(1, None, 2)  # before and after each open cell
    most = max(float(np.max(a[end] - b[start])), float(np.max(b[end] - a[start])))
    return found, max(0.0, most - found)


def wasserstein(sample: Cells, reference: Cells) -> tuple[float, float]:
    """Wasserstein-1 in the column's unit, and how much larger the true one may be.

    The integral of the difference of the two distribution functions is exact between two knots,
    so this is too wherever that difference keeps its sign there: always, if one of the two lies
    above the other. The reference has no value beyond its first and last knot.
    """
    if (
        sample.low * reference.values != reference.low * sample.values
        or sample.high * reference.values != reference.high * sample.values
    ):
        return math.inf, 0.0
    knots = reference.knots
    if not len(knots):
        return 0.0, 0.0
    width = np.diff(knots)
    a, b = sample.below(), reference.below()
    between = _integrals(sample, width) - _integrals(reference, width)
    outside = _outside(sample, knots)
    found = float(np.sum(np.abs(between))) + outside
    # Within an interval the difference falls at most by the reference's share and rises at
    # most by the sample's; only where it may be on both sides of 0 does its sign matter.
    start, end = slice(2, -2, 2), slice(3, -1, 2)
    least = a[start] - b[end]
    most = a[end] - b[start]
    slack = 2 * width * np.maximum(0.0, np.minimum(most, -least))
    spare = float(
        np.sum(
            np.minimum(slack, np.maximum(0.0, width * np.maximum(most, -least) - np.abs(between)))
        )
    )
    return (found if found < math.inf else math.inf), spare


def _integrals(cells: Cells, width: Floats) -> Floats:
    """Of the distribution function, over every interval between two knots."""
    inner = cells.counts[2:-1:2]
    from_start = cells.sums[1:-1] - inner * (cells.knots[:-1] - cells.centre)
    found: Floats = cells.below()[2:-2:2] * width + (inner * width - from_start) / cells.values
    return found


def _outside(cells: Cells, knots: Floats) -> float:
    """What the values below the first and above the last knot add to the distance."""
    below = cells.counts[0] * (knots[0] - cells.centre) - cells.sums[0]
    above = cells.sums[-1] - cells.counts[-1] * (knots[-1] - cells.centre)
    return float(max(below, 0.0) + max(above, 0.0)) / cells.values

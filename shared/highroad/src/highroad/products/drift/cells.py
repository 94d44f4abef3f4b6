"""Numbers reduced to what lies at and between fixed knots: small, additive and exact there.

For the knots v0 < … < vm the cells are: below v0, at v0, between v0 and v1, at v1, …, at vm, above
vm. Of each the count is kept, of the open ones the sum too. So the distribution function is known
exactly at every knot and just before it, and its integral between two knots as well; what is not
known is only where within an interval the values lie. Cells of two pieces of a column add up.
"""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from highroad.products.drift.measures import Counts, Floats
from highroad.products.drift.numbers import (
    Distance,
    Number,
    Numbers,
    Ordered,
    array_of,
    away,
    exponent_of,
    places,
    plain_number,
    widths,
)

PARTS = 200
"""The knots hold every 1/PARTS quantile, so every decile."""
MOST_DISTINCT = 256
"""A column of at most so many different numbers has each of them as a knot."""
TAILS = range(8, 21)
"""Further knots at 1/2^k and 1 - 1/2^k, where a few values may lie far out."""


def knots_of(ordered: Ordered) -> Ordered:
    """The knots for finite values in ascending order; each is one of the values."""
    if not len(ordered):
        return ordered
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    if np.count_nonzero(first) <= MOST_DISTINCT:
        distinct: Ordered = ordered[first]
        return distinct
    tails = np.array([0.5**k for k in TAILS if 0.5**k * len(ordered) >= 1])
    wanted = np.concatenate([np.arange(PARTS + 1) / PARTS, tails, 1 - tails])
    chosen: Ordered = np.unique(ordered[ranks(wanted, len(ordered))])
    return chosen


def ranks(shares: Floats, count: int) -> Counts:
    """The place of each quantile among `count` ascending values: the least that reaches it."""
    # A tiny step back, for 0.3 * 10 is a little more than 3.
    found = np.ceil(shares * count - 1e-9).astype(np.int64) - 1
    return np.clip(found, 0, count - 1)


@dataclass
class Cells:
    """Counts and sums of a column's values by fixed knots.

    Attributes:
        knots: Ascending, finite, each once.
        counts: Of each cell, as the module's docstring orders them.
        exponent: Sums are in units of 2^exponent, so that none overflows.
        sums: Of the open cells, each value less `centre`.
        squares: The sum of (value - centre)² over all finite values.
        lowest, highest: The extreme finite values; None where there is none.
        nulls, nans, low, high: Rows that are null, NaN, minus and plus infinity.
    """

    knots: Ordered
    counts: Counts = field(init=False)
    sums: Floats = field(init=False)
    exponent: int = field(init=False)
    squares: float = 0.0
    lowest: Number | None = None
    highest: Number | None = None
    nulls: int = 0
    nans: int = 0
    low: int = 0
    high: int = 0
    _at_ends: list[int] = field(default_factory=lambda: [0, 0], repr=False)
    _has_unit: bool = field(default=False, repr=False)
    """Whether any distance has been seen; until then every sum is 0, in whatever unit."""

    def __post_init__(self) -> None:
        self.counts = np.zeros(2 * len(self.knots) + 1, np.int64)
        self.sums = np.zeros(len(self.knots) + 1)
        self.centre = plain_number(self.knots[len(self.knots) // 2]) if len(self.knots) else 0
        """What values are counted from, so that large offsets cost no digits."""
        ends = (plain_number(self.knots[place]) for place in (0, -1)) if len(self.knots) else (0, 0)
        self.exponent = exponent_of(*ends)
        self._has_unit = len(self.knots) > 1

    def add(self, numbers: Numbers) -> None:
        """Count a further piece of the column."""
        self.nulls += numbers.nulls
        self.nans += numbers.nans
        self.low += numbers.low
        self.high += numbers.high
        values = numbers.finite
        if not len(values):
            return
        self._extend(values)
        below, upto = places(values, self.knots)
        starts = np.concatenate([[0], np.column_stack([below, upto]).ravel()])
        counts = np.diff(np.append(starts, len(values)))
        apart = away(values, self.centre, self.exponent)
        self.counts += counts
        sums = np.add.reduceat(np.append(apart, 0.0), starts)[::2]
        self.sums += np.where(counts[::2] > 0, sums, 0.0)
        self.squares += float(np.einsum("i,i->", apart, apart))  # BLAS would wake every core

    def _extend(self, values: Ordered) -> None:
        """Note new extremes, and take a larger unit where they need one."""
        least, most = plain_number(values[0]), plain_number(values[-1])
        at_least = int(np.searchsorted(values, values[0], side="right"))
        at_most = len(values) - int(np.searchsorted(values, values[-1], side="left"))
        if self.lowest is None or least <= self.lowest:
            self._at_ends[0] = at_least + (self._at_ends[0] if least == self.lowest else 0)
            self.lowest = least
        if self.highest is None or most >= self.highest:
            self._at_ends[1] = at_most + (self._at_ends[1] if most == self.highest else 0)
            self.highest = most
        apart = [exponent_of(self.centre, end) for end in (least, most) if end != self.centre]
        if apart and (max(apart) > self.exponent or not self._has_unit):
            wanted, self._has_unit = max(apart), True
            self.sums, self.squares = (
                self.sums_in(wanted),
                math.ldexp(self.squares, 2 * (self.exponent - wanted)),
            )
            self.exponent = wanted

    def sums_in(self, exponent: int) -> Floats:
        """The sums in other units."""
        return np.ldexp(self.sums, self.exponent - exponent)

    def closed(self) -> Cells:
        """The same with the extremes as knots, so that nothing lies outside of them."""
        if self.lowest is None or self.highest is None:
            return self
        knots, counts, sums = self.knots, self.counts, self.sums
        ends = array_of([self.lowest, self.highest])
        knots = knots if len(knots) else ends[:0]
        first, last = away(ends, self.centre, self.exponent)
        at_first, at_last = self._at_ends
        if counts[-1]:
            knots = np.append(knots, ends[1:])
            counts = np.concatenate([counts[:-1], [counts[-1] - at_last, at_last, 0]])
            sums = np.concatenate([sums[:-1], [sums[-1] - at_last * last, 0.0]])
        if counts[0]:
            knots = np.concatenate([ends[:1], knots])
            counts = np.concatenate([[0, at_first, counts[0] - at_first], counts[1:]])
            sums = np.concatenate([[0.0, sums[0] - at_first * first], sums[1:]])
        found = copy(self)
        found.knots, found.counts, found.sums = knots, counts, sums
        return found

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
    def _offset(self) -> float:
        """The mean of the finite values less `centre`, in units of 2^exponent."""
        at = self.counts[1::2] * away(self.knots, self.centre, self.exponent)
        return math.fsum([*at, *self.sums]) / self.finite

    @property
    def mean(self) -> Number | None:
        """Of the finite values; a whole number where they are whole and their mean is."""
        if not self.finite:
            return None
        exact = Fraction(self.centre) + Fraction(self._offset) * Fraction(2) ** self.exponent
        if self.lowest is not None and self.highest is not None:  # rounding may step beyond them
            exact = min(max(exact, Fraction(self.lowest)), Fraction(self.highest))
        if isinstance(self.centre, int) and exact.denominator == 1:
            return int(exact)
        return float(exact)

    @property
    def std(self) -> float | None:
        """Of the finite values, as a population's."""
        if not self.finite:
            return None
        variance = self.squares / self.finite - self._offset**2
        return math.ldexp(math.sqrt(max(0.0, variance)), self.exponent)

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


def wasserstein(sample: Cells, reference: Cells) -> tuple[Distance, Distance]:
    """Wasserstein-1, and how much larger the true one may be.

    The integral of the difference of the two distribution functions is exact between two knots,
    so this is too wherever that difference keeps its sign there: always, if one of the two lies
    above the other. The reference has no value beyond its first and last knot.
    """
    if (
        sample.low * reference.values != reference.low * sample.values
        or sample.high * reference.values != reference.high * sample.values
    ):
        return Distance(math.inf), Distance(0.0)
    knots = reference.knots
    if not len(knots):
        return Distance(0.0), Distance(0.0)
    unit = max(sample.exponent, reference.exponent)
    width = widths(knots, unit)
    a, b = sample.below(), reference.below()
    between = _integrals(sample, width, unit) - _integrals(reference, width, unit)
    found = float(np.sum(np.abs(between))) + _outside(sample, unit)
    # Within an interval the difference falls at most by the reference's share and rises at
    # most by the sample's; only where it may be on both sides of 0 does its sign matter.
    start, end = slice(2, -2, 2), slice(3, -1, 2)
    least = a[start] - b[end]
    most = a[end] - b[start]
    slack = 2 * width * np.maximum(0.0, np.minimum(most, -least))
    spare = np.maximum(0.0, width * np.maximum(most, -least) - np.abs(between))
    return Distance(found, unit), Distance(float(np.sum(np.minimum(slack, spare))), unit)


def _integrals(cells: Cells, width: Floats, unit: int) -> Floats:
    """Of the distribution function, over every interval between two knots."""
    inner = cells.counts[2:-1:2]
    starts = away(cells.knots, cells.centre, unit)[:-1]
    from_start = cells.sums_in(unit)[1:-1] - inner * starts
    found: Floats = cells.below()[2:-2:2] * width + (inner * width - from_start) / cells.values
    return found


def _outside(cells: Cells, unit: int) -> float:
    """What the values below the first and above the last knot add to the distance."""
    ends, sums = away(cells.knots, cells.centre, unit), cells.sums_in(unit)
    below = cells.counts[0] * ends[0] - sums[0]
    above = sums[-1] - cells.counts[-1] * ends[-1]
    return float(max(below, 0.0) + max(above, 0.0)) / cells.values

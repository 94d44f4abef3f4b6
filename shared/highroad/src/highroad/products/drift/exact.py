"""Measures of two whole columns, for what a profile cannot decide."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from highroad.products.drift.counting import CategoryCounting, count_all
from highroad.products.drift.numbers import (
    Distance,
    Ordered,
    alike,
    exponent_of,
    numbers_of,
    plain_number,
    widths,
)

if TYPE_CHECKING:
    from highroad.products.drift.sources import Source


def ordered(source: Source, column: str) -> Ordered:
    """All values of a column that have a place on the number line, ascending."""
    chunks = source.column(column).chunks
    numbers = numbers_of(pa.concat_arrays(chunks) if chunks else pa.array([], pa.float64()))
    if not (numbers.low or numbers.high):
        return numbers.finite
    ends = [np.full(numbers.low, -np.inf), numbers.finite, np.full(numbers.high, np.inf)]
    return np.concatenate(ends)


def counted(source: Source, column: str) -> pa.Table:
    """`name` and `rows` of every category of a column, commonest first."""
    counting = CategoryCounting("", unlimited=True)
    count_all(source, {column: counting})
    return counting.counts


def kolmogorov_smirnov(a: Ordered, b: Ordered) -> float:
    """The largest difference of two distribution functions.

    Args:
        a: Values of one sample, ascending, infinities included, no NaN; at least one.
        b: Values of the other, likewise.
    """
    a, b = alike(a, b)
    both = np.concatenate([a, b])
    below_a = np.searchsorted(a, both, side="right") / len(a)
    below_b = np.searchsorted(b, both, side="right") / len(b)
    return float(np.max(np.abs(below_a - below_b)))


def wasserstein(a: Ordered, b: Ordered) -> Distance:
    """How far values must move on average to turn one sample into the other.

    Infinite values that both samples have in equal shares stay where they are; where the shares
    differ the distance is infinite.

    Args:
        a: Values of one sample, ascending, infinities included, no NaN; at least one.
        b: Values of the other, likewise.
    """
    for end in (-np.inf, np.inf):
        if np.count_nonzero(a == end) * len(b) != np.count_nonzero(b == end) * len(a):
            return Distance(math.inf)
    a, b = alike(a, b)
    both = np.sort(np.concatenate([a, b]), kind="stable")
    both = both[(both != -np.inf) & (both != np.inf)]
    if not len(both):
        return Distance(0.0)
    unit = exponent_of(plain_number(both[0]), plain_number(both[-1]))
    below_a, below_b = (
        np.searchsorted(each, both[:-1], side="right") / len(each) for each in (a, b)
    )
    return Distance(float(np.sum(np.abs(below_a - below_b) * widths(both, unit))), unit)

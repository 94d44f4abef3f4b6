"""Numbers in the type they are stored in: their order, their ends, their exact distances.

Whole numbers stay whole, also beyond 2^53, and distances are taken in units of a power of two, so
that those between the ends of a type neither overflow nor lose a digit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.types as types
from numpy.typing import NDArray

from highroad.products.drift.measures import Counts, Floats
from highroad.products.drift.sources import flat

Ordered: TypeAlias = "NDArray[Any]"
"""Finite values, ascending: float64, int64 or uint64; Python's numbers where no one type has both."""
Number: TypeAlias = "int | float"


@dataclass(frozen=True)
class Numbers:
    """A piece of a column: the finite values, and how many of each other kind."""

    finite: Ordered
    nulls: int = 0
    nans: int = 0
    low: int = 0
    high: int = 0


def numbers_of(array: pa.Array) -> Numbers:
    """Sort a numeric array; decimals become the nearest double."""
    array = flat(array)
    nulls = array.null_count
    array = array.drop_null() if nulls else array
    if types.is_decimal(array.type):
        array = array.cast(pa.float64())
    values = np.sort(array.to_numpy(zero_copy_only=False))
    if types.is_null(array.type):
        values = np.empty(0)
    if types.is_integer(array.type):
        wide = np.uint64 if values.dtype == np.uint64 else np.int64
        return Numbers(values.astype(wide, copy=False), nulls)
    values = values.astype(np.float64, copy=False)
    low = int(np.searchsorted(values, -np.inf, side="right"))
    start, end = (int(np.searchsorted(values, np.inf, side)) for side in ("left", "right"))
    return Numbers(values[low:start], nulls, len(values) - end, low, end - start)


def plain_number(value: Any) -> Number:
    """A value as Python's own number."""
    found: Number = value.item() if isinstance(value, np.generic) else value
    return found


def array_of(values: list[Number]) -> Ordered:
    """Python's numbers as one array: whole ones stay whole."""
    if values and all(isinstance(each, int) for each in values):
        return np.array(values, np.int64 if max(values) < 1 << 63 else np.uint64)
    return np.array(values, np.float64)


def alike(a: Ordered, b: Ordered) -> tuple[Ordered, Ordered]:
    """Both in one type that has all their values."""
    if a.dtype == b.dtype:
        return a, b
    if not len(a) or not len(b):
        return a.astype(b.dtype if len(b) else a.dtype), b.astype(b.dtype if len(b) else a.dtype)
    whole = [each for each in (a, b) if each.dtype != np.float64]
    ends = [int(end) for each in whole for end in (each[0], each[-1])]
    wanted: Any = np.float64 if len(whole) == 1 else np.int64
    most = 1 << 53 if len(whole) == 1 else (1 << 63) - 1
    if max(map(abs, ends)) > most:
        wanted = object
    return a.astype(wanted), b.astype(wanted)


def places(ordered: Ordered, knots: Ordered) -> tuple[Counts, Counts]:
    """How many values are below each knot, and how many are at it or below."""
    if ordered.dtype != knots.dtype:
        ordered, knots = alike(ordered, knots)
    return (
        np.searchsorted(ordered, knots, side="left"),
        np.searchsorted(ordered, knots, side="right"),
    )


def exponent_of(low: Number, high: Number) -> int:
    """The least power of two that is larger than a distance, as its exponent; 0 for none."""
    if isinstance(low, int) and isinstance(high, int):
        return abs(high - low).bit_length()
    half = abs(high / 2 - low / 2)
    return math.frexp(half)[1] + 1 if half else 0


def away(values: Ordered, centre: Number, exponent: int) -> Floats:
    """Each value less the centre, in units of 2^exponent."""
    if values.dtype == object:
        unit, middle = Fraction(2) ** exponent, Fraction(centre)
        return np.array([float((Fraction(each) - middle) / unit) for each in values], np.float64)
    if values.dtype == np.float64:
        found: Floats = _scaled(values, -exponent) - math.ldexp(centre, -exponent)
        return found
    if isinstance(centre, int) and len(values):
        ends = int(values[0]) - centre, int(values[-1]) - centre
        if max(map(abs, ends)) < 1 << 63:
            apart = values.view(np.uint64) - np.uint64(centre % (1 << 64))  # modulo 2^64
            return _scaled(apart.view(np.int64).astype(np.float64), -exponent)
    return _scaled(values.astype(np.float64), -exponent) - math.ldexp(centre, -exponent)


def widths(values: Ordered, exponent: int) -> Floats:
    """What lies between each value and the next, in units of 2^exponent."""
    if values.dtype == object:
        unit = Fraction(2) ** exponent
        ends = list(map(Fraction, values))
        steps = [float((end - start) / unit) for start, end in pairwise(ends)]
        return np.array(steps, np.float64)
    if values.dtype == np.float64:
        return np.diff(_scaled(values, -exponent))
    return _scaled(np.diff(values.view(np.uint64)).astype(np.float64), -exponent)


@dataclass(frozen=True)
class Distance:
    """A distance in units of 2^exponent."""

    value: float
    exponent: int = 0

    @property
    def plain(self) -> float | None:
        """In the column's unit; None where it is finite and no double is so large."""
        try:
            return math.ldexp(self.value, self.exponent)
        except OverflowError:
            return None

    def over(self, std: float) -> float:
        """In standard deviations; of a constant reference any distance is infinite."""
        if not self.value:
            return 0.0
        if not std:
            return math.inf
        part, exponent = math.frexp(std)
        try:
            return math.ldexp(self.value / part, self.exponent - exponent)
        except OverflowError:
            return math.inf


def _scaled(values: Floats, exponent: int) -> Floats:
    """Times 2^exponent; a power that is no double is taken in two steps."""
    if not exponent:
        return values
    half = max(-1000, min(1000, exponent))
    found: Floats = values * 2.0**half
    return found if half == exponent else found * 2.0 ** (exponent - half)

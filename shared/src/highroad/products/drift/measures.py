"""Distances between two distributions, and what chance alone would make of them.

Shares below `EPSILON` count as `EPSILON` in PSI, whose logarithm has no value at 0. Jensen–Shannon
is the distance, the root of the divergence, with logarithms to base `JS_BASE`: 0 to 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

EPSILON = 1e-4
JS_BASE = 2
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def shares(counts: Counts) -> Floats:
    """Counts as shares of their sum; all 0 where there is nothing."""
    total = counts.sum()
    return counts / total if total else np.zeros(len(counts))


def psi(a: Counts, b: Counts) -> float:
    """Population stability index of two rows of counts; symmetric, 0 where the shares agree.

    It grows without bound: 0.1 is a small change, above 0.2 is usually called a large one.
    """
    p, q = np.maximum(shares(a), EPSILON), np.maximum(shares(b), EPSILON)
    return float(np.sum((p - q) * np.log(p / q)))


def jensen_shannon(a: Counts, b: Counts) -> float:
    """Jensen–Shannon distance of two rows of counts, 0 to 1; a metric, so symmetric."""
    p, q = shares(a), shares(b)
    middle = (p + q) / 2
    return math.sqrt(max(0.0, (_entropy_against(p, middle) + _entropy_against(q, middle)) / 2))


def _entropy_against(p: Floats, q: Floats) -> float:
    there = p > 0
    return float(np.sum(p[there] * np.log(p[there] / q[there]))) / math.log(JS_BASE)


def kolmogorov_smirnov(a: Floats, b: Floats) -> float:
    """The largest difference of two distribution functions.

    Args:
        a: Values of one sample, ascending, infinities included, no NaN; at least one.
        b: Values of the other, likewise.
    """
    both = np.concatenate([a, b])
    below_a = np.searchsorted(a, both, side="right") / len(a)
    below_b = np.searchsorted(b, both, side="right") / len(b)
    return float(np.max(np.abs(below_a - below_b)))


def wasserstein(a: Floats, b: Floats) -> float:
    """How far values must move on average to turn one sample into the other, in their unit.

    Infinite values that both samples have in equal shares stay where they are; where the shares
    differ the distance is infinite.

    Args:
        a: Values of one sample, ascending, infinities included, no NaN; at least one.
        b: Values of the other, likewise.
    """
    if any(
        np.count_nonzero(a == end) * len(b) != np.count_nonzero(b == end) * len(a)
        for end in (-np.inf, np.inf)
    ):
        return math.inf
    both = np.concatenate([a, b])
    both = both[np.isfinite(both)]
    both.sort(kind="stable")
    apart = np.searchsorted(a, both[:-1], side="right") / len(a) - np.searchsorted(
        b, both[:-1], side="right"
    ) / len(b)
    return float(np.sum(np.abs(apart) * np.diff(both)))


def ks_p_value(statistic: float, rows_a: int, rows_b: int) -> float:
    """Kolmogorov's asymptotic probability of so large a statistic by chance."""
    x = statistic * math.sqrt(rows_a * rows_b / (rows_a + rows_b))
    if x < 0.2:  # the series converges slowly there, and its sum is 1 to twelve digits
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 101))
    return float(min(1.0, max(0.0, 2 * sum(terms))))


def plain(value: Any) -> Any:
    """A number as JSON has it; what JSON has no number for becomes `inf`, `-inf` or `nan`."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value

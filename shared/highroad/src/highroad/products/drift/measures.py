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


def ks_p_value(statistic: float, rows_a: int, rows_b: int) -> float:
    """Kolmogorov's asymptotic probability of so large a statistic by chance."""
    x = statistic * math.sqrt(rows_a * rows_b / (rows_a + rows_b))
    if x < 0.2:  # the series converges slowly there, and its sum is 1 to twelve digits
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))


def chi_square_p_value(a: Counts, b: Counts) -> float | None:
    """Probability of so different counts by chance, Pearson's test of homogeneity.

    Returns:
        None where there is nothing to test: fewer than two cells hold anything, or a row is empty.
    """
    there = (a + b) > 0
    total_a, total_b, degrees = int(a.sum()), int(b.sum()), int(there.sum()) - 1
    if degrees < 1 or not total_a or not total_b:
        return None
    a_, b_ = a[there].astype(np.float64), b[there].astype(np.float64)
    ratio = math.sqrt(total_b / total_a)
    return _chi_square_tail(float(np.sum((a_ * ratio - b_ / ratio) ** 2 / (a_ + b_))), degrees)


def _chi_square_tail(statistic: float, degrees: int) -> float:
    """The upper tail, by Q(a + 1, x) = Q(a, x) + x^a e^-x / Γ(a + 1) from a = 1/2 or 1."""
    x = statistic / 2
    if x <= 0:
        return 1.0
    a = 0.5 if degrees % 2 else 1.0
    tail = math.erfc(math.sqrt(x)) if degrees % 2 else math.exp(-x)
    while a < degrees / 2:
        tail += math.exp(a * math.log(x) - x - math.lgamma(a + 1))
        a += 1
    return min(1.0, tail)


def psi_by_chance(rows_a: int, rows_b: int, cells: int) -> float:
    """The PSI to expect of two samples of one distribution: (cells - 1)(1/rows_a + 1/rows_b)."""
    return (cells - 1) * (1 / rows_a + 1 / rows_b) if rows_a and rows_b and cells else 0.0


def plain(value: Any) -> Any:
    """A number as JSON has it; what JSON has no number for becomes `inf`, `-inf` or `nan`."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value

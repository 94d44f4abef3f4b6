"""What warnings cost, and the level from which to warn."""

from __future__ import annotations

from typing import Any

import numpy as np

from delays.pipelines.train.options import CostOptions

Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

LEVELS: Floats = np.arange(1, 100) / 100
"""The levels that are compared: 1 % to 99 %."""


def cost_of(late: Bools, warn: Bools, costs: CostOptions) -> float:
    """Mean cost in USD a flight: late and not warned, or warned and not late.

    Args:
        late: Shape (n,), n ≥ 1, what happened.
        warn: Shape (n,), what was said.
        costs: Of the two mistakes.
    """
    missed, false_alarms = np.sum(late & ~warn), np.sum(warn & ~late)
    return float((missed * costs.missed_usd + false_alarms * costs.false_alarm_usd) / len(late))


def cost_curve(late: Bools, probability: Floats, costs: CostOptions) -> Floats:
    """Cost in USD a flight of warning from each of `LEVELS` on, shape (99,)."""
    return np.array([cost_of(late, probability >= level, costs) for level in LEVELS])


def choose_threshold(late: Bools, probability: Floats, costs: CostOptions) -> float:
    """The level with the least cost; of equals, the one nearest to the break-even probability.

    Returns:
        One of `LEVELS`: warn where the probability is at least this.
    """
    curve = cost_curve(late, probability, costs)
    best = LEVELS[np.isclose(curve, curve.min(), rtol=0, atol=1e-9)]
    return float(best[np.argmin(np.abs(best - costs.break_even))])

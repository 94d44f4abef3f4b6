"""What to draw of a column: shares of both sides on one axis."""

from __future__ import annotations

import math

import numpy as np

from highroad.products.drift.cells import Cells
from highroad.products.drift.columns import (
    CategoryProfile,
    ColumnProfile,
    NumberProfile,
    TimeProfile,
)
from highroad.products.drift.measures import Floats
from highroad.products.drift.report import Drawing

STEPS = 48
MOST_BARS = 12
MOST_WHOLE = 1_000_000
"""A wider range of whole numbers is drawn like any other."""
FARTHEST = 1e300
"""Nothing is drawn on an axis that goes beyond, for its steps would not be doubles."""
NEAREST = 1e-290
"""Steps below it are not drawn: a share by step is no double any more."""
_ENDS = (0.01, 0.99)
"""Quantiles between which the axis runs; what lies beyond is drawn in the outermost steps."""


def draw(reference: ColumnProfile, sample: ColumnProfile) -> Drawing:
    """Shares of all rows of each side; nothing where one side has no rows."""
    if not (reference.rows and sample.rows):
        return Drawing()
    if isinstance(reference, NumberProfile) and isinstance(sample, NumberProfile):
        return _numbers(reference, sample)
    if isinstance(reference, TimeProfile) and isinstance(sample, TimeProfile):
        a = reference.face(reference.by_weekday)
        b = sample.face(reference.by_weekday)
        return _bars([*a], [*a.values()], [*b.values()], reference.rows, sample.rows)
    if isinstance(reference, CategoryProfile) and isinstance(sample, CategoryProfile):
        return _categories(reference, sample)
    return Drawing()


def _bars(labels: list[str], a: list[int], b: list[int], rows_a: int, rows_b: int) -> Drawing:
    return Drawing(labels, (), [each / rows_a for each in a], [each / rows_b for each in b])


def _categories(reference: CategoryProfile, sample: CategoryProfile) -> Drawing:
    """The commonest of either side, the rest together; nulls last where there are any."""
    largest = {
        name: max(count / reference.rows, sample.counts.get(name, 0) / sample.rows)
        for name, count in reference.counts.items()
    }
    shown = set(sorted(largest, key=lambda name: -largest[name])[:MOST_BARS])
    names = [name for name in reference.counts if name in shown]
    labels, a = [*names], [reference.counts[name] for name in names]
    b = [sample.counts.get(name, 0) for name in names]
    for label, one, other in (
        ("other", reference.rows - reference.nulls - sum(a), sample.rows - sample.nulls - sum(b)),
        ("empty", reference.nulls, sample.nulls),
    ):
        if one or other:
            labels, a, b = [*labels, label], [*a, one], [*b, other]
    return _bars(labels, a, b, reference.rows, sample.rows)


def _numbers(reference: NumberProfile, sample: NumberProfile) -> Drawing:
    ends = [
        end
        for column in (reference, sample)
        for share in _ENDS
        if (end := column.quantile(share)) is not None
    ]
    if not ends or max(map(abs, ends)) > FARTHEST:
        return Drawing()
    edges = _axis(min(ends), max(ends), reference.whole and sample.whole)
    if not np.isfinite(edges).all() or np.any(np.diff(edges) < NEAREST):
        return Drawing()
    return Drawing((), edges.tolist(), _steps(reference.cells, edges), _steps(sample.cells, edges))


def _axis(low: float, high: float, whole: bool) -> Floats:
    """Equal steps from low to high; whole numbers lie in the middle of theirs."""
    if whole and high - low < MOST_WHOLE:
        width = max(1, math.ceil((high - low + 1) / STEPS))
        count = math.ceil((high - low + 1) / width)
        return np.asarray(low - 0.5 + width * np.arange(count + 1), np.float64)
    margin = (high - low) / STEPS or abs(low) / STEPS or 1.0
    steps: Floats = np.linspace(low - margin, high + margin, STEPS + 1, dtype=np.float64)
    return steps


def _steps(cells: Cells, edges: Floats) -> list[float]:
    """The share of each step, values taken to lie evenly between knots."""
    if not len(cells.knots) or cells.lowest is None or cells.highest is None:
        return [0.0] * (len(edges) - 1)
    # The distribution function as a line with a jump at every knot, open ends at the extremes.
    low, high = min(cells.lowest, cells.knots[0]), max(cells.highest, cells.knots[-1])
    places = np.concatenate([[low], np.repeat(cells.knots, 2), [high]])
    upto = np.concatenate([[0], np.cumsum(cells.counts)])
    inner = np.interp(edges[1:-1], places, upto)
    finite = np.diff(np.concatenate([[0], inner, [cells.finite]]))
    return [float(share) for share in finite / cells.rows]

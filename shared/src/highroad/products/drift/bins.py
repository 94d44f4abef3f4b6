"""The bins that PSI, Jensen–Shannon and chi-square are taken of, the same for both sides."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from highroad.products.drift.columns import (
    CategoryProfile,
    ColumnProfile,
    NumberProfile,
    TimeProfile,
)
from highroad.products.drift.measures import Counts, Floats

OTHERS, NULL = "(other)", "(null)"


@dataclass(frozen=True)
class Bins:
    """Counts of both sides by the same bins."""

    labels: list[str]
    reference: Counts
    sample: Counts

    def facts(self) -> list[dict[str, Any]]:
        """One mapping a bin."""
        rows = zip(self.labels, self.reference.tolist(), self.sample.tolist(), strict=True)
        return [{"bin": label, "reference": a, "sample": b} for label, a, b in rows]


def bins_of(reference: ColumnProfile, sample: ColumnProfile) -> Bins:
    """The bins of a column; nulls are the last.

    Args:
        reference: Sets the bins.
        sample: Counted like the reference.
    """
    labels: list[str] = []
    if isinstance(reference, NumberProfile) and isinstance(sample, NumberProfile):
        labels, a, b = _number_labels(reference.edges), _binned(reference), _binned(sample)
    elif isinstance(reference, CategoryProfile) and isinstance(sample, CategoryProfile):
        labels = [*reference.counts, OTHERS]
        a = [*reference.counts.values(), reference.other]
        b = [*(sample.counts.get(name, 0) for name in reference.counts), sample.other]
    elif isinstance(reference, TimeProfile) and isinstance(sample, TimeProfile):
        face = reference.face(reference.by_weekday)
        labels, a = [*face], [*face.values()]
        b = [*sample.face(reference.by_weekday).values()]
    else:
        labels = ["(value)"]
        a, b = [reference.rows - reference.nulls], [sample.rows - sample.nulls]
    return Bins(
        [*labels, NULL],
        np.array([*a, reference.nulls], np.int64),
        np.array([*b, sample.nulls], np.int64),
    )


def _number_labels(edges: Floats) -> list[str]:
    ends = [f"{edge:.6g}" for edge in edges]
    # The double before the minimum shows as the minimum: the bin at it is the value alone.
    if not ends:
        inner = ["any"]
    else:
        inner = [
            f"up to {ends[0]}",
            *(f"{a} to {b}" if a != b else a for a, b in pairwise(ends)),
            f"above {ends[-1]}",
        ]
    return [*inner, "-inf", "inf", "NaN"]


def _binned(column: NumberProfile) -> list[int]:
    cells = column.cells
    upto = np.concatenate([[0], np.cumsum(cells.counts)])
    # Knots up to an edge, and the cells that end with the last of them.
    knots = np.searchsorted(cells.knots, column.edges, side="right")
    upto_edges = upto[np.where(knots > 0, 2 * knots, 1)]
    counts = np.diff(np.concatenate([[0], upto_edges, [cells.finite]]))
    return [*counts.tolist(), cells.low, cells.high, cells.nans]

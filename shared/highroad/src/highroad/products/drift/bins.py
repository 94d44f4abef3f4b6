"""The bins that PSI, Jensen–Shannon and chi-square are taken of, the same for both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from highroad.products.drift.categories import Pairs, group
from highroad.products.drift.columns import ColumnProfile, NumberProfile, TimeProfile
from highroad.products.drift.measures import Counts
from highroad.products.drift.numbers import Number, plain_number

NULL = "(null)"
FEW_DIGITS = 10**6
"""Smaller whole numbers and fractions are shown in six digits, larger whole numbers in all."""


@dataclass(frozen=True)
class Bins:
    """Counts of both sides by the same bins.

    Attributes:
        labels: Of the bins.
        reference, sample: Rows in each.
        by_chance: The share of rows whose change chance alone explains, see `categories`.
    """

    labels: list[str]
    reference: Counts
    sample: Counts
    by_chance: float = 0.0

    def facts(self) -> list[dict[str, Any]]:
        """One mapping a bin."""
        rows = zip(self.labels, self.reference.tolist(), self.sample.tolist(), strict=True)
        return [{"bin": label, "reference": a, "sample": b} for label, a, b in rows]


def bins_of(
    reference: ColumnProfile,
    sample: ColumnProfile,
    pairs: Pairs | None = None,
    *,
    all_moved: bool = False,
) -> Bins:
    """The bins of a column; nulls are the last.

    Args:
        reference: Sets the bins.
        sample: Counted like the reference.
        pairs: The categories of both sides, of columns that have any.
        all_moved: See `group`.
    """
    labels: list[str] = []
    by_chance = 0.0
    if isinstance(reference, NumberProfile) and isinstance(sample, NumberProfile):
        ends = [plain_number(edge) for edge in reference.edges]
        labels, a, b = _number_labels(ends), _binned(reference), _binned(sample)
    elif pairs is not None:
        found = group(pairs, all_moved=all_moved)
        labels, a, b, by_chance = found.labels, found.reference, found.sample, found.by_chance
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
        by_chance,
    )


def _number_labels(edges: Sequence[Number]) -> list[str]:
    ends = [
        str(edge) if isinstance(edge, int) and abs(edge) >= FEW_DIGITS else f"{edge:.6g}"
        for edge in edges
    ]
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
    cells, edges = column.cells, column.edges
    upto = np.concatenate([[0], np.cumsum(cells.counts)])
    # Knots up to an edge; one that is none itself lies at the end of an open cell.
    knots = np.searchsorted(cells.knots, edges, side="right")
    between = knots == np.searchsorted(cells.knots, edges, side="left")
    counts = np.diff(np.concatenate([[0], upto[2 * knots + between], [cells.finite]]))
    return [*counts.tolist(), cells.low, cells.high, cells.nans]

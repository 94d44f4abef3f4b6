"""Categories of both sides against each other, however many: which are new, lost, or moved.

The commonest have a bin of their own, as many as chance leaves quiet. Of all others the rows are
taken together by what happened to them: `(new)` were not in the reference, `(lost)` are not in
the sample, the rest became more or less frequent. Rare categories come and go by chance alone: what
is to be expected of two samples of one distribution is `(other)` on both sides, in equal shares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from highroad.products.drift.measures import Counts, Floats

OTHER, NEW, LOST, MORE, LESS = "(other)", "(new)", "(lost)", "(more frequent)", "(less frequent)"
QUIET = 0.02
"""The PSI that chance alone may make of the bins of single categories, from the fewest on."""
FEWEST, MOST = 20, 1000
"""Categories that always may have a bin of their own, and that may at most."""
EXPECTED = 5
"""Rows that either side is expected to have of a category with a bin of its own."""

STEADY = 50
"""With fewer rows a category is among the commonest by chance, and rarer in the next sample."""


@dataclass(frozen=True)
class Pairs:
    """The rows of each category on both sides.

    Attributes:
        names: Of the categories.
        reference, sample: Rows of each.
        unknown: Rows of both sides whose categories are not known, beyond what a profile names.
    """

    names: Sequence[str] | pa.ChunkedArray
    reference: Counts
    sample: Counts
    unknown: tuple[int, int] = (0, 0)

    @property
    def new_rows(self) -> int:
        """Rows of the sample whose values the reference does not have."""
        return int(self.sample[self.reference == 0].sum())

    @property
    def lost_rows(self) -> int:
        """Rows of the reference whose values the sample does not have."""
        return int(self.reference[self.sample == 0].sum())

    def commonest(self, which: NDArray[np.bool_], most: int) -> tuple[list[str], int]:
        """Names of some of the categories, commonest first, and how many there are."""
        places = np.flatnonzero(which)
        by_rows = np.argsort(-(self.reference + self.sample)[places], kind="stable")
        return self.named(places[by_rows[:most]]), len(places)

    def named(self, places: Counts) -> list[str]:
        """The names at some places."""
        if isinstance(self.names, pa.ChunkedArray):
            found: list[str] = self.names.take(pa.array(places)).to_pylist()
            return found
        return [self.names[place] for place in places.tolist()]


@dataclass(frozen=True)
class Grouped:
    """The bins of a column of categories.

    Attributes:
        labels: Of the bins.
        reference, sample: Rows in each.
        by_chance: The share of rows whose change chance alone explains.
    """

    labels: list[str]
    reference: list[int]
    sample: list[int]
    by_chance: float


def pairs_of(reference: pa.Table, sample: pa.Table) -> Pairs:
    """The categories of two tables of `name` and `rows`."""
    zeros = [pa.array(np.zeros(len(each), np.int64)) for each in (reference, sample)]
    one = pa.table({"name": reference["name"], "a": reference["rows"], "b": zeros[0]})
    other = pa.table({"name": sample["name"], "a": zeros[1], "b": sample["rows"]})
    both = pa.concat_tables([one, other]).group_by("name").aggregate([("a", "sum"), ("b", "sum")])
    both = both.sort_by([("a_sum", "descending"), ("b_sum", "descending"), ("name", "ascending")])
    return Pairs(both["name"], both["a_sum"].to_numpy(), both["b_sum"].to_numpy())


def pairs_with(named: Mapping[str, int], other: int, sample: pa.Table, more: int) -> Pairs:
    """The categories that a profile names, and those of a sample.

    Args:
        named: Rows by category, of the reference.
        other: Its rows of further categories.
        sample: `name` and `rows` of the sample's categories.
        more: Rows of the sample that were not counted by category.
    """
    if other:
        other += sum(rows for rows in named.values() if rows < STEADY)
        named = {name: rows for name, rows in named.items() if rows >= STEADY}
    names = pa.array([*named], pa.large_string())
    known = pa.table({"name": names, "rows": pa.array([*named.values()], pa.int64())})
    if other:
        left = sample.filter(pc.field("name").isin(names))
        more += int(pc.sum(sample["rows"]).as_py() or 0) - int(pc.sum(left["rows"]).as_py() or 0)
        sample = left
    pairs = pairs_of(known, sample)
    if more and not other:  # the reference names all of its own, so these are new
        everything = [*pairs.named(np.arange(len(pairs.reference))), NEW]
        rows = np.append(pairs.reference, 0), np.append(pairs.sample, more)
        return Pairs(everything, *rows)
    return Pairs(pairs.names, pairs.reference, pairs.sample, (other, more))


def group(pairs: Pairs, *, all_moved: bool = False) -> Grouped:
    """The bins of the categories.

    Args:
        pairs: The categories.
        all_moved: Take what is unknown for lost and new; otherwise for unmoved.
    """
    a, b = pairs.reference, pairs.sample
    totals = [
        max(1, int(each.sum()) + rest) for each, rest in zip((a, b), pairs.unknown, strict=True)
    ]
    both, share = a + b, totals[1] / sum(totals)
    most = int(np.clip(QUIET / (1 / totals[0] + 1 / totals[1]), FEWEST, MOST))
    alone = (a > 0) & (both * min(share, 1 - share) >= EXPECTED)
    places = np.flatnonzero(alone)
    places = places[np.argsort(-both[places], kind="stable")[:most]]
    tail = np.ones(len(a), bool)
    tail[places] = False
    more = b * totals[0] > a * totals[1]
    kinds = {
        NEW: tail & (a == 0),
        LOST: tail & (b == 0) & (a > 0),
        MORE: tail & (a > 0) & (b > 0) & more,
        LESS: tail & (a > 0) & (b > 0) & ~more,
    }
    rows = {kind: [int(side[which].sum()) for side in (a, b)] for kind, which in kinds.items()}
    by_chance = _forgive(rows, both[tail], totals)
    other = [round(by_chance * total) for total in totals]
    unknown = list(pairs.unknown)
    if all_moved:
        rows[LOST][0], rows[NEW][1], unknown = (
            rows[LOST][0] + unknown[0],
            rows[NEW][1] + unknown[1],
            [0, 0],
        )
    rows = {NEW: rows.pop(NEW), OTHER: [x + y for x, y in zip(other, unknown, strict=True)], **rows}
    kept = {kind: each for kind, each in rows.items() if any(each) or kind == NEW}
    return Grouped(
        [*pairs.named(places), *kept],
        [*a[places].tolist(), *(each[0] for each in kept.values())],
        [*b[places].tolist(), *(each[1] for each in kept.values())],
        by_chance,
    )


def _forgive(rows: dict[str, list[int]], both: Counts, totals: list[int]) -> float:
    """Take off the rows what chance alone would make of them; the share of either side.

    Given how many rows both sides together have of a category, each of them is in the sample with
    the sample's share of all rows, if nothing has moved.
    """
    share = totals[1] / sum(totals)
    sizes, count = np.unique(both[both > 0], return_counts=True)
    if not len(sizes):
        return 0.0
    moved = float(np.sum(count * _mean_deviation(sizes, share))) / 2
    gain = moved * (1 / totals[0] + 1 / totals[1])
    with np.errstate(under="ignore"):
        new = float(np.sum(count * sizes * share**sizes)) / totals[1]
        lost = float(np.sum(count * sizes * (1 - share) ** sizes)) / totals[0]
    found = {kind: (each[0] / totals[0], each[1] / totals[1]) for kind, each in rows.items()}
    gains = {NEW: min(found[NEW][1], new), MORE: min(found[MORE][1] - found[MORE][0], gain - new)}
    losses = {
        LOST: min(found[LOST][0], lost),
        LESS: min(found[LESS][0] - found[LESS][1], gain - lost),
    }
    sums = [sum(max(0.0, each) for each in side.values()) for side in (gains, losses)]
    forgiven = min(sums)
    for side, (changes, total) in enumerate(zip((losses, gains), sums[::-1], strict=True)):
        for kind, change in changes.items():
            if forgiven and change > 0:
                rows[kind][side] -= round(change * forgiven / total * totals[side])
    return forgiven


def _mean_deviation(sizes: Counts, share: float) -> Floats:
    """E|B - n p| of binomial counts, by De Moivre: 2 k C(n, k) p^k q^(n - k + 1), k = [n p] + 1."""
    if not 0 < share < 1:
        return np.zeros(len(sizes))
    found = []
    for size in sizes.tolist():
        k = min(size, math.floor(size * share) + 1)
        log = math.lgamma(size + 1) - math.lgamma(k + 1) - math.lgamma(size - k + 1)
        log += k * math.log(share) + (size - k + 1) * math.log1p(-share)
        found.append(2 * k * math.exp(log))
    return np.array(found)

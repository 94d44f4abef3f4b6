"""What is kept of a column, by kind: numbers, categories, times, and nulls alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from highroad.products.drift.cells import Cells, ranks
from highroad.products.drift.numbers import Number, Ordered, array_of, away, plain_number, widths
from highroad.products.drift.sources import CATEGORY, NUMBER, OTHER, TIME

HOURS = tuple(f"{hour:02d}" for hour in range(24))
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class NumberProfile:
    """A numeric column: its values by knots, see `highroad.products.drift.cells`.

    Attributes:
        type: The Arrow type.
        cells: The counts.
        mean, std: Of the finite values, std as a population's; None where there is none.
        edges: Upper edges of the bins, included in them; before the first and after the last the
            bins are open.
        whole: Every value is a whole number.
    """

    type: str
    cells: Cells = field(repr=False)
    mean: Number | None
    std: float | None
    edges: Ordered
    whole: bool

    kind = NUMBER

    @property
    def rows(self) -> int:
        """All rows of the column."""
        return self.cells.rows

    @property
    def nulls(self) -> int:
        """Rows without a value."""
        return self.cells.nulls

    def quantile(self, share: float) -> Number | None:
        """The least knot that at least this share of the finite values reach, or the greatest value."""
        cells = self.cells
        if not cells.finite:
            return None
        place = int(ranks(np.array([share]), cells.finite)[0]) + 1
        cell = int(np.searchsorted(np.cumsum(cells.counts), place))
        if cell == 0 and len(cells.knots):
            return cells.lowest
        if cell >= len(cells.counts) - 1:
            return cells.highest
        return plain_number(cells.knots[cell // 2])

    def facts(self) -> dict[str, Any]:
        """As plain values; `between`, `at` and `middles` hold the cells.

        A middle is where the mean of an interval's values lies in it, from 0 to 1.
        """
        cells = self.cells
        between, width = cells.counts[2:-1:2], widths(cells.knots, cells.exponent)
        starts = away(cells.knots, cells.centre, cells.exponent)[:-1]
        from_start = cells.sums[1:-1] - between * starts
        filled = (between > 0) & (width > 0)  # a width is 0 where the whole is 2^1000 times wider
        middles = np.zeros(len(between))
        middles[filled] = from_start[filled] / between[filled] / width[filled]
        named = (0.01, 0.25, 0.5, 0.75, 0.99)
        return {
            "kind": self.kind,
            "type": self.type,
            "rows": cells.rows,
            "nulls": cells.nulls,
            "nan": cells.nans,
            "minus_infinity": cells.low,
            "infinity": cells.high,
            "min": cells.lowest,
            "max": cells.highest,
            "mean": self.mean,
            "std": self.std,
            "whole": self.whole,
            "quantiles": {f"{share:g}": self.quantile(share) for share in named},
            "edges": self.edges.tolist(),
            "knots": cells.knots.tolist(),
            "at": cells.counts[1::2].tolist(),
            "between": between.tolist(),
            "middles": middles.tolist(),
        }

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> NumberProfile:
        """From `facts`."""
        cells = Cells(array_of(facts["knots"]))
        if np.any(cells.knots[1:] <= cells.knots[:-1]) or not np.isfinite(cells.knots).all():
            raise ValueError("its knots do not ascend")
        if len(cells.knots):
            cells.counts[1::2] = facts["at"]
            cells.counts[2:-1:2] = facts["between"]
            starts = away(cells.knots, cells.centre, cells.exponent)[:-1]
            middles = np.array(facts["middles"], np.float64)
            means = starts + middles * widths(cells.knots, cells.exponent)
            cells.sums[1:-1] = means * cells.counts[2:-1:2]
            cells.lowest, cells.highest = facts["min"], facts["max"]
        cells.nulls, cells.nans = int(facts["nulls"]), int(facts["nan"])
        cells.low, cells.high = int(facts["minus_infinity"]), int(facts["infinity"])
        if cells.rows != facts["rows"]:
            raise ValueError("its counts do not add up to its rows")
        mean, std, edges = facts["mean"], facts["std"], array_of(facts["edges"])
        return cls(str(facts["type"]), cells, mean, std, edges, bool(facts["whole"]))


@dataclass(frozen=True)
class CategoryProfile:
    """A column of categories: the commonest with their counts, the rest together.

    Attributes:
        type: The Arrow type.
        counts: By category, commonest first.
        other: Rows of all further categories.
        distinct: How many categories there are; at least so many, where `rough`.
        rough: There were too many to count them all: none is named that is not asked for.
        nulls: Rows without a value.
    """

    type: str
    counts: Mapping[str, int]
    other: int = 0
    distinct: int = 0
    rough: bool = False
    nulls: int = 0

    kind = CATEGORY

    @property
    def rows(self) -> int:
        """All rows of the column."""
        return sum(self.counts.values()) + self.other + self.nulls

    @property
    def complete(self) -> bool:
        """Is every category named?"""
        return not self.other

    def facts(self) -> dict[str, Any]:
        """As plain values."""
        return {"kind": self.kind, "rows": self.rows, **vars(self)}

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> CategoryProfile:
        """From `facts`."""
        counts = {str(name): int(count) for name, count in facts["counts"].items()}
        return cls(
            str(facts["type"]),
            counts,
            int(facts["other"]),
            int(facts["distinct"]),
            bool(facts["rough"]),
            int(facts["nulls"]),
        )


@dataclass(frozen=True)
class TimeProfile:
    """A column of dates or times: how its values lie in the day and the week, both in UTC.

    Where in history they lie is no drift: the next month always lies after the last.

    Attributes:
        type: The Arrow type.
        hours: Counts of the 24 hours; all 0 for dates.
        weekdays: Counts of the 7 days from Monday; all 0 for times of day.
        clocked: Some value has a time of day other than midnight.
        first, last: The extremes, ISO 8601; None where there is no value.
        nulls: Rows without a value.
    """

    type: str
    hours: Sequence[int]
    weekdays: Sequence[int]
    clocked: bool
    first: str | None
    last: str | None
    nulls: int = 0

    kind = TIME

    @property
    def rows(self) -> int:
        """All rows of the column."""
        return max(sum(self.hours), sum(self.weekdays)) + self.nulls

    @property
    def by_weekday(self) -> bool:
        """Is it compared by weekday: dates, and times that are all midnight?"""
        return not self.clocked and any(self.weekdays)

    def face(self, by_weekday: bool) -> dict[str, int]:
        """Counts by weekday, or by hour of the day."""
        if by_weekday:
            return dict(zip(WEEKDAYS, self.weekdays, strict=True))
        return dict(zip(HOURS, self.hours, strict=True))

    def facts(self) -> dict[str, Any]:
        """As plain values."""
        return {"kind": self.kind, "rows": self.rows, **vars(self)}

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> TimeProfile:
        """From `facts`."""
        hours, weekdays = (list(map(int, facts[key])) for key in ("hours", "weekdays"))
        if (len(hours), len(weekdays)) != (24, 7):
            raise ValueError("it needs 24 hours and 7 weekdays")
        return cls(
            str(facts["type"]),
            hours,
            weekdays,
            bool(facts["clocked"]),
            facts["first"],
            facts["last"],
            int(facts["nulls"]),
        )


@dataclass(frozen=True)
class BareProfile:
    """A column of which only the nulls are counted.

    Attributes:
        type: The Arrow type.
        rows: All rows of the column.
        nulls: Rows without a value.
        reason: Why nothing more is known.
    """

    type: str
    rows: int
    nulls: int
    reason: str

    kind = OTHER

    def facts(self) -> dict[str, Any]:
        """As plain values."""
        return {"kind": self.kind, **vars(self)}

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> BareProfile:
        """From `facts`."""
        return cls(
            str(facts["type"]), int(facts["rows"]), int(facts["nulls"]), str(facts["reason"])
        )


ColumnProfile = NumberProfile | CategoryProfile | TimeProfile | BareProfile
KINDS: dict[str, Any] = {
    each.kind: each for each in (NumberProfile, CategoryProfile, TimeProfile, BareProfile)
}

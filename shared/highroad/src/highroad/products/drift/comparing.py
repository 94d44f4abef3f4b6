"""Compare a table with a reference: count it by the reference's bins, measure, judge."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as types

from highroad.products.drift import cells, measures
from highroad.products.drift.bins import Bins, bins_of
from highroad.products.drift.categories import Pairs, pairs_of, pairs_with
from highroad.products.drift.columns import (
    BareProfile,
    CategoryProfile,
    ColumnProfile,
    NumberProfile,
)
from highroad.products.drift.counting import CategoryCounting, Counting, count_all, counting_like
from highroad.products.drift.drawing import draw
from highroad.products.drift.exact import counted, kolmogorov_smirnov, ordered, wasserstein
from highroad.products.drift.numbers import Distance
from highroad.products.drift.profile import Profile, Provenance
from highroad.products.drift.profiling import profile_of
from highroad.products.drift.report import (
    EXACT,
    FAIL,
    NOT_CHECKED,
    PASS,
    PROFILE,
    UNKNOWN,
    WARN,
    ColumnDrift,
    Drift,
)
from highroad.products.drift.sentences import noticed, sentence, summary
from highroad.products.drift.sources import CATEGORY, OTHER, Source, kind_of, table_of
from highroad.products.drift.thresholds import MEASURES, Limits, Thresholds

MOST_BY_CHANCE = 0.5
"""Where chance alone may replace a larger share of a column's values, nothing can be told of it."""


def compare(
    sample: Any,
    reference: Any,
    thresholds: Thresholds | None = None,
    *,
    name: str = "sample",
    provenance: Provenance | None = None,
    leave_out: Collection[str] = (),
    rows: Callable[[], Any] | None = None,
) -> Drift:
    """How far a table has moved from a reference.

    Against a profile one pass over the sample is enough, whose memory does not grow with its
    rows. Some measures are then lower bounds, and the result says within what. Where that leaves
    a verdict open, the column is read from `rows`; without them it is unknown. Against another
    table all measures are exact, and both tables' columns are read whole, one at a time.

    Args:
        sample: As `table_of` takes it.
        reference: A `Profile`, or a table as `table_of` takes it.
        thresholds: The limits; None means the defaults.
        name: What to call the sample.
        provenance: What to call a reference that is a table.
        leave_out: Columns not to compare.
        rows: Gives the table that a profile is of, or None where it is gone.

    Returns:
        A result for every column of either side. A column that is missing or of another kind has
        failed; an empty sample is unknown.

    Raises:
        DataError: One of the tables cannot be read.
    """
    thresholds = thresholds or Thresholds()
    source = table_of(sample)
    whole = None if isinstance(reference, Profile) else table_of(reference)
    profile = (
        reference
        if whole is None
        else profile_of(whole, provenance, leave_out=leave_out, personal=thresholds.personal)
    )
    expected = {key: each for key, each in profile.columns.items() if key not in leave_out}
    here = {field.name: field.type for field in source.schema if field.name not in leave_out}
    countings = {
        key: counting_like(each, here[key])
        for key, each in expected.items()
        if key in here and _alike(here[key], each)
    }
    count_all(source, countings)

    @lru_cache
    def tables() -> Source | None:
        table = rows() if rows is not None else None
        return table_of(table) if table is not None else None

    found = []
    for key, each in expected.items():
        limits = thresholds.of(key)
        if key in countings:
            pair = _Pair(key, each, countings[key], limits)
            result = pair.judge(source, whole)
            if result.undecided and (table := tables()):
                result = pair.judge(source, table)
            found.append(result)
        else:
            found.append(_astray(key, here.get(key), each, limits))
    found += [
        ColumnDrift(key, kind_of(kind), NOT_CHECKED, "Not in the reference.", thresholds.of(key))
        for key, kind in here.items()
        if key not in expected
    ]
    found.sort(key=lambda each: each.badness)
    mode = PROFILE if whole is None else EXACT
    return Drift(
        name, profile.provenance, mode, source.rows, profile.rows, found, tuple(leave_out), profile
    )


@dataclass(frozen=True)
class _Measured:
    """The measures of a column: `within` is how much larger each may be."""

    found: dict[str, float | None]
    within: dict[str, float] = field(default_factory=dict)
    chances: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class _Pair:
    """One column of both sides."""

    column: str
    reference: ColumnProfile
    counting: Counting
    limits: Limits

    def judge(self, source: Source, whole: Source | None) -> ColumnDrift:
        """Measure and judge; `whole` is the reference where it is a table."""
        sample = self.counting.profile()
        pairs = self._pairs(source, whole)
        bins = bins_of(self.reference, sample, pairs)
        measured = self._bin_measures(sample, bins)
        if pairs is not None and any(pairs.unknown) and measured.chances:
            most = self._bin_measures(
                sample, bins_of(self.reference, sample, pairs, all_moved=True)
            )
            for name in ("psi", "js"):
                low, high = measured.found[name], most.found[name]
                measured.within[name] = max(0.0, (high or 0.0) - (low or 0.0))
        if isinstance(self.reference, NumberProfile) and isinstance(sample, NumberProfile):
            self._number_measures(measured, self.reference, sample, source, whole)
        found = measured.found
        worst, ratio, exceeded = _held_against(found, self.limits)
        is_certain = exceeded and self.reference.kind != CATEGORY
        undecided = [] if is_certain else _undecided(found, measured.within, self.limits)
        verdict, reason = self._verdict(sample, exceeded, undecided, bins.by_chance)
        is_open = verdict == UNKNOWN
        said = sentence(self.reference, sample, pairs, worst, ratio, is_open=is_open)
        return ColumnDrift(
            self.column,
            self.reference.kind,
            verdict,
            f"{reason} {said}".strip() if verdict != NOT_CHECKED else reason,
            self.limits,
            found,
            measured.within,
            measured.chances,
            exceeded,
            worst,
            ratio,
            summary(self.reference),
            summary(sample),
            bins.facts(),
            draw(self.reference, sample),
            noticed(self.reference, sample, pairs),
            undecided,
        )

    def _pairs(self, source: Source, whole: Source | None) -> Pairs | None:
        """The categories of both sides; from the tables where their profiles lack some."""
        if not isinstance(self.reference, CategoryProfile):
            return None
        assert isinstance(self.counting, CategoryCounting)
        here, profile = self.counting, self.reference
        if whole is not None and (profile.other or here.uncounted):
            return pairs_of(counted(whole, self.column), counted(source, self.column))
        return pairs_with(profile.counts, profile.other, here.counts, here.uncounted)

    def _bin_measures(self, sample: ColumnProfile, bins: Bins) -> _Measured:
        rows = (self.reference.rows, sample.rows)
        if not all(rows):
            return _Measured(dict.fromkeys(MEASURES))
        a, b = bins.reference, bins.sample
        nulls = abs(self.reference.nulls / rows[0] - sample.nulls / rows[1])
        if isinstance(self.reference, BareProfile):
            return _Measured({"nulls": nulls})
        by_chance = measures.psi_by_chance(*rows, int(np.count_nonzero(a + b)))
        return _Measured(
            {
                "nulls": nulls,
                "psi": measures.psi(a, b),
                "js": measures.jensen_shannon(a, b),
                "psi_by_chance": by_chance,
            },
            {},
            {"chi_square": measures.chi_square_p_value(a, b)},
        )

    def _number_measures(
        self,
        measured: _Measured,
        reference: NumberProfile,
        sample: NumberProfile,
        source: Source,
        whole: Source | None,
    ) -> None:
        """Add what only numbers have."""
        if not measured.chances:
            return
        counts = (sample.cells.values, reference.cells.values)
        if not all(counts):
            measured.found.update({"ks": None, "wasserstein": None})
            return
        if whole is None:
            ks, ks_within = cells.ks(sample.cells, reference.cells)
            w1, w1_within = cells.wasserstein(sample.cells, reference.cells)
        else:
            ks_within, w1_within = 0.0, Distance(0.0)
            pair = ordered(source, self.column), ordered(whole, self.column)
            ks, w1 = kolmogorov_smirnov(*pair), wasserstein(*pair)
        std = reference.std or 0.0
        distances = {"wasserstein": w1.plain, "wasserstein_scaled": w1.over(std)}
        measured.found.update({"ks": ks, **distances})
        slack = {"wasserstein": w1_within.plain or 0.0, "wasserstein_scaled": w1_within.over(std)}
        measured.within.update({"ks": ks_within, **slack})
        measured.chances["ks"] = measures.ks_p_value(ks, *counts)

    def _verdict(
        self,
        sample: ColumnProfile,
        exceeded: Sequence[str],
        undecided: Sequence[str],
        by_chance: float,
    ) -> tuple[str, str]:
        limits, rows = self.limits, min(sample.rows, self.reference.rows)
        if not limits.judged:
            return NOT_CHECKED, "The contract asks for no verdict."
        if not rows:
            empty = "sample" if not sample.rows else "reference"
            return UNKNOWN, f"The {empty} has no rows."
        if rows < limits.rows:
            few = "sample" if sample.rows == rows else "reference"
            return UNKNOWN, f"The {few} has {rows:,} rows, fewer than {limits.rows:,}."
        if exceeded:
            return (FAIL if limits.severity == "error" else WARN), ""
        if isinstance(self.reference, BareProfile):
            return NOT_CHECKED, f"Only nulls were compared: {self.reference.reason}."
        if undecided:
            what = "names" if isinstance(self.reference, CategoryProfile) else "numbers"
            return UNKNOWN, f"The profile keeps too few {what} to decide it; compare the tables."
        if by_chance > MOST_BY_CHANCE and self._judges_categories:
            return UNKNOWN, (
                f"Values are so rare that chance alone explains {100 * by_chance:.0f} % of rows; "
                "compare more rows, or leave the column out (`highroad.drift: false`)."
            )
        return PASS, ""

    @property
    def _judges_categories(self) -> bool:
        return self.limits.psi is not None or self.limits.js is not None


def _undecided(
    found: Mapping[str, float | None], within: Mapping[str, float], limits: Limits
) -> list[str]:
    """The measures that may be beyond their limits, as far as is known."""
    undecided = []
    for name in MEASURES:
        key = "wasserstein_scaled" if name == "wasserstein" else name
        value, limit = found.get(key), getattr(limits, name)
        spare = within.get(key, 0.0)
        if value is not None and limit is not None and spare and value + spare > limit:
            undecided.append(name)
    return undecided


def _held_against(
    found: Mapping[str, float | None], limits: Limits
) -> tuple[str, float, list[str]]:
    """The worst measure, its share of its limit, and all measures above theirs, worst first."""
    ratios = {}
    for name in MEASURES:
        value = found.get("wasserstein_scaled" if name == "wasserstein" else name)
        limit = getattr(limits, name)
        if value is not None and limit is not None:
            ratios[name] = value / limit if limit else (np.inf if value > 0 else 0.0)
    order = sorted(ratios, key=lambda name: -ratios[name])
    exceeded = [name for name in order if ratios[name] > 1]
    return (order[0], float(ratios[order[0]]), exceeded) if order else ("", 0.0, [])


def _astray(
    column: str, kind: pa.DataType | None, reference: ColumnProfile, limits: Limits
) -> ColumnDrift:
    """A column that is missing, or of another kind than the reference's."""
    verdict = FAIL if limits.severity == "error" else WARN
    says = (
        "The column is missing."
        if kind is None
        else f"The column is {kind} now, it was {reference.type}: the two cannot be compared."
    )
    if not limits.judged:
        verdict, says = NOT_CHECKED, f"{says} The contract asks for no verdict."
    return ColumnDrift(
        column,
        reference.kind,
        verdict,
        says,
        limits,
        exceeded=["type" if kind is not None else "missing"],
        ratio=np.inf if verdict != NOT_CHECKED else 0.0,
        reference=summary(reference),
        sample={"type": str(kind)} if kind is not None else {},
    )


def _alike(kind: pa.DataType, reference: ColumnProfile) -> bool:
    """Can a column of this type be counted as the reference's was? Nothing but nulls always can."""
    bare = reference.kind == OTHER
    return bare or types.is_null(kind) or kind_of(kind) == reference.kind

"""Compare a table with a reference: count it by the reference's bins, measure, judge."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as types

from highroad.products.drift import cells, measures
from highroad.products.drift.bins import Bins, bins_of
from highroad.products.drift.columns import BareProfile, ColumnProfile, NumberProfile
from highroad.products.drift.counting import CategoryCounting, Counting, count_all, counting_like
from highroad.products.drift.drawing import draw
from highroad.products.drift.measures import Floats
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
from highroad.products.drift.sources import OTHER, Source, kind_of, table_of
from highroad.products.drift.thresholds import MEASURES, Limits, Thresholds


@np.errstate(all="ignore")  # near the greatest double distances overflow, to infinity
def compare(
    sample: Any,
    reference: Any,
    thresholds: Thresholds | None = None,
    *,
    name: str = "sample",
    provenance: Provenance | None = None,
    leave_out: Collection[str] = (),
) -> Drift:
    """How far a table has moved from a reference.

    Against a profile one pass over the sample is enough, whose memory does not grow with its
    rows. KS and Wasserstein are then lower bounds, and the result says within what. Against
    another table they are exact, and both tables' numbers are sorted a column at a time.

    Args:
        sample: As `table_of` takes it.
        reference: A `Profile`, or a table as `table_of` takes it.
        thresholds: The limits; None means the defaults.
        name: What to call the sample.
        provenance: What to call a reference that is a table.
        leave_out: Columns not to compare.

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
    found = []
    for key, each in expected.items():
        limits = thresholds.of(key)
        if key in countings:
            pair = _Pair(key, each, countings[key], limits)
            found.append(pair.judge(source, whole))
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
class _Pair:
    """One column of both sides."""

    column: str
    reference: ColumnProfile
    counting: Counting
    limits: Limits

    def judge(self, source: Source, whole: Source | None) -> ColumnDrift:
        """Measure and judge; `whole` is the reference where it is a table."""
        sample = self.counting.profile()
        bins = bins_of(self.reference, sample)
        found, within, chances = self._measures(sample, bins, source, whole)
        worst, ratio, exceeded = _held_against(found, self.limits)
        verdict, reason = self._verdict(sample, exceeded)
        new = self.counting.others() if isinstance(self.counting, CategoryCounting) else {}
        said = sentence(self.reference, sample, new, worst, ratio)
        return ColumnDrift(
            self.column,
            self.reference.kind,
            verdict,
            f"{reason} {said}".strip() if verdict != NOT_CHECKED else reason,
            self.limits,
            found,
            within,
            chances,
            exceeded,
            worst,
            ratio,
            summary(self.reference),
            summary(sample),
            bins.facts(),
            draw(self.reference, sample),
            noticed(self.reference, sample, new),
        )

    def _measures(
        self, sample: ColumnProfile, bins: Bins, source: Source, whole: Source | None
    ) -> tuple[dict[str, float | None], dict[str, float], dict[str, float | None]]:
        rows = (self.reference.rows, sample.rows)
        if not all(rows):
            return dict.fromkeys(MEASURES), {}, {}
        a, b = bins.reference, bins.sample
        nulls = abs(self.reference.nulls / rows[0] - sample.nulls / rows[1])
        found: dict[str, float | None] = {"nulls": nulls}
        if isinstance(self.reference, BareProfile):
            return found, {}, {}
        found |= {
            "psi": measures.psi(a, b),
            "js": measures.jensen_shannon(a, b),
            "psi_by_chance": measures.psi_by_chance(*rows, int(np.count_nonzero(a + b))),
        }
        chances = {"chi_square": measures.chi_square_p_value(a, b)}
        if not (isinstance(self.reference, NumberProfile) and isinstance(sample, NumberProfile)):
            return found, {}, chances
        counts = (sample.cells.values, self.reference.cells.values)
        if not all(counts):
            return {**found, "ks": None, "wasserstein": None}, {}, chances
        if whole is None:
            ks, ks_within = cells.ks(sample.cells, self.reference.cells)
            w1, w1_within = cells.wasserstein(sample.cells, self.reference.cells)
        else:
            ks_within = w1_within = 0.0
            pair = _ordered(source, self.column), _ordered(whole, self.column)
            ks, w1 = measures.kolmogorov_smirnov(*pair), measures.wasserstein(*pair)
        std = self.reference.std or 0.0
        found |= {"ks": ks, "wasserstein": w1, "wasserstein_scaled": _scaled(w1, std)}
        within = {
            "ks": ks_within,
            "wasserstein": w1_within,
            "wasserstein_scaled": _scaled(w1_within, std),
        }
        chances["ks"] = measures.ks_p_value(ks, *counts)
        return found, within, chances

    def _verdict(self, sample: ColumnProfile, exceeded: Sequence[str]) -> tuple[str, str]:
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
        return PASS, ""


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


def _ordered(source: Source, column: str) -> Floats:
    """All values that have a place on the number line, ascending."""
    array = source.column(column)
    if array.null_count == len(array):
        return np.empty(0)
    numbers = cells.numbers_of(array)
    ends = [np.full(numbers.low, -np.inf), np.sort(numbers.finite), np.full(numbers.high, np.inf)]
    return np.concatenate(ends)


def _scaled(distance: float, std: float) -> float:
    """In standard deviations; of a constant reference any distance is infinite."""
    if not distance:
        return 0.0
    return distance / std if std else np.inf

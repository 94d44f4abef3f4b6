"""What happened to a column, for somebody who reads no statistics."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from highroad.products.drift.categories import Pairs
from highroad.products.drift.columns import (
    CategoryProfile,
    ColumnProfile,
    NumberProfile,
    TimeProfile,
)
from highroad.products.drift.measures import plain

_NAMED = 5
"""New or vanished categories that a note names."""
_NOTABLE = 0.01
"""The share of rows from which the sentence is about new or lost categories."""


def sentence(
    reference: ColumnProfile,
    sample: ColumnProfile,
    pairs: Pairs | None,
    worst: str,
    ratio: float,
    *,
    is_open: bool = False,
) -> str:
    """One sentence: how much it moved, and where to.

    Args:
        reference: The side that is compared with, counted like the other.
        sample: The other side.
        pairs: The categories of both sides, of columns that have any.
        worst: The measure that moved most for its limit.
        ratio: That measure over its limit.
        is_open: Whether it moved too far is not known.
    """
    if not (reference.rows and sample.rows):
        return ""
    how = "Drifted" if ratio > 1 else "Moved, within limits" if ratio > 0.5 else "Hardly changed"
    how = "Undecided" if is_open else how
    what = _what(reference, sample, pairs, worst)
    if ratio > 0.5 and what.startswith("the mean"):
        what = f"values are spread otherwise, {what}"
    return f"{how}: {what}."


def _what(reference: ColumnProfile, sample: ColumnProfile, pairs: Pairs | None, worst: str) -> str:
    before, after = reference.nulls / reference.rows, sample.nulls / sample.rows
    if worst == "nulls" and before != after:
        return f"{_percent(after)} of rows are empty, {_percent(before)} before"
    if isinstance(reference, NumberProfile) and isinstance(sample, NumberProfile):
        return "; ".join(filter(None, [_special(reference, sample), _number(reference, sample)]))
    if isinstance(reference, CategoryProfile) and isinstance(sample, CategoryProfile) and pairs:
        return _category(reference, sample, pairs)
    if isinstance(reference, TimeProfile) and isinstance(sample, TimeProfile):
        face = reference.face(reference.by_weekday)
        place = "on {}" if reference.by_weekday else "at {} h UTC"
        return _largest(face, sample.face(reference.by_weekday), reference.rows, sample.rows, place)
    return f"{_percent(after)} of rows are empty, {_percent(before)} before"


def _special(reference: NumberProfile, sample: NumberProfile) -> str:
    """The rows that are infinite or NaN, where their share has changed."""
    found = []
    for name, what in (("low", "minus infinity"), ("high", "infinity"), ("nans", "NaN")):
        before, after = getattr(reference.cells, name), getattr(sample.cells, name)
        if before * sample.rows != after * reference.rows:
            shares = _percent(after / sample.rows), _percent(before / reference.rows)
            found.append(f"{shares[0]} of rows are {what}, {shares[1]} before")
    return "; ".join(found)


def _number(reference: NumberProfile, sample: NumberProfile) -> str:
    before, after = reference.mean, sample.mean
    if before is None or after is None:
        others = reference.cells.rows > reference.nulls or sample.cells.rows > sample.nulls
        values = "finite values" if others else "values"
        if before is not None:
            return f"no {values} are left"
        return f"there are {values} again" if after is not None else f"no {values}, as before"
    spread = reference.std or 0.0
    if not spread:
        if before == after and not sample.std:
            return f"always {_figure(after)}, as before"
        return f"it was always {_figure(before)}; the mean is {_figure(after)} now"
    moved = abs(Fraction(after) - Fraction(before)) / Fraction(spread)
    middle = f"the mean is {_figure(after)}, {_figure(before)} before"
    if moved >= Fraction(1, 10):
        return f"values are {'higher' if after > before else 'lower'}, {middle}"
    wider = (sample.std or 0.0) / spread
    if wider > 1.15 or wider < 0.87:
        return f"values spread {'wider' if wider > 1 else 'less'}, {middle}"
    return middle


def _category(reference: CategoryProfile, sample: CategoryProfile, pairs: Pairs) -> str:
    found = []
    if any(pairs.unknown):
        before, after = (
            _percent(rows / each.rows)
            for rows, each in zip(pairs.unknown, (reference, sample), strict=True)
        )
        found.append(f"{after} of rows have values that the profile does not name, {before} before")
    if (share := pairs.new_rows / sample.rows) >= _NOTABLE:
        names, _ = pairs.commonest(pairs.reference == 0, _NAMED + 1)
        found.append(f"values unknown before are in {_percent(share)} of rows: {_few(names)}")
    if (share := pairs.lost_rows / reference.rows) >= _NOTABLE:
        found.append(f"values of {_percent(share)} of rows before are gone")
    if not found or any(pairs.unknown):
        place = "of rows are {}"
        moved = _largest(reference.counts, sample.counts, reference.rows, sample.rows, place)
        found.insert(0, moved)
    return "; ".join(found)


def _largest(
    a: Mapping[str, int], b: Mapping[str, int], rows_a: int, rows_b: int, place: str
) -> str:
    """The largest change of a share."""
    if not a:
        return "no values, as before" if not sum(b.values()) else "values where there were none"
    name = max(a, key=lambda each: abs(b.get(each, 0) / rows_b - a[each] / rows_a))
    before, after = a[name] / rows_a, b.get(name, 0) / rows_b
    if abs(after - before) < 0.01:
        return f"no share moved by more than {100 * abs(after - before):.1g} points"
    return f"{_percent(after)} {place.format(name)}, {_percent(before)} before"


def noticed(reference: ColumnProfile, sample: ColumnProfile, pairs: Pairs | None) -> list[str]:
    """What else is worth knowing: another type, new and vanished categories, values out of range."""
    notes = []
    if reference.type != sample.type:
        notes.append(f"stored as {sample.type}, {reference.type} before")
    if pairs is not None and sample.rows and not any(pairs.unknown):
        for which, what in (
            (pairs.reference == 0, "new"),
            ((pairs.sample == 0) & (pairs.reference > 0), "vanished"),
        ):
            names, count = pairs.commonest(which, _NAMED + 1)
            if count:
                notes.append(f"{count:,} {what}: {_few(names)}")
    if isinstance(reference, NumberProfile) and isinstance(sample, NumberProfile):
        notes += _numbers_noticed(reference, sample)
    return notes


def _numbers_noticed(reference: NumberProfile, sample: NumberProfile) -> list[str]:
    cells, before = sample.cells, reference.cells
    notes = []
    for rows, words in (
        (int(cells.counts[0]), "below the reference's least"),
        (int(cells.counts[-1]), "above the reference's greatest"),
    ):
        if rows and len(cells.knots):
            notes.append(f"{_percent(rows / cells.rows)} of rows {words}")
    for now, then, what in (
        (cells.nans, before.nans, "NaN"),
        (cells.low + cells.high, before.low + before.high, "infinite"),
    ):
        if now or then:
            notes.append(f"{now:,} rows {what}, {then:,} before")
    return notes


def summary(column: ColumnProfile) -> dict[str, Any]:
    """The facts of one side that a table shows."""
    found: dict[str, Any] = {"type": column.type, "rows": column.rows, "nulls": column.nulls}
    if isinstance(column, NumberProfile):
        cells = column.cells
        found |= {
            "nan": cells.nans,
            "mean": plain(column.mean),
            "std": plain(column.std),
            "min": cells.lowest,
            "median": plain(column.quantile(0.5)),
            "max": cells.highest,
        }
    elif isinstance(column, CategoryProfile):
        found["distinct"] = column.distinct
    elif isinstance(column, TimeProfile):
        found |= {"first": column.first, "last": column.last}
    return found


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 or not percent else f"{percent:.2g} %"


def _figure(value: float) -> str:
    size = abs(value)
    if size >= 1e15 and isinstance(value, float):
        return f"{value:.6g}"
    return f"{round(value):,}" if size >= 1000 else f"{value:.3g}"


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown}, …"

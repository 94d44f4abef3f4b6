"""What happened to a column, for somebody who reads no statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from highroad.products.drift.columns import (
    CategoryProfile,
    ColumnProfile,
    NumberProfile,
    TimeProfile,
)
from highroad.products.drift.measures import plain

_NAMED = 5
"""New or vanished categories that a note names."""


def sentence(
    reference: ColumnProfile,
    sample: ColumnProfile,
    new: Mapping[str, int],
    worst: str,
    ratio: float,
) -> str:
    """One sentence: how much it moved, and where to.

    Args:
        reference, sample: Both sides, counted alike.
        new: Counts of categories that the reference does not name.
        worst: The measure that moved most for its limit.
        ratio: That measure over its limit.
    """
    if not (reference.rows and sample.rows):
        return ""
    how = "Drifted" if ratio > 1 else "Moved, within limits" if ratio > 0.5 else "Hardly changed"
    what = _what(reference, sample, new, worst)
    if ratio > 0.5 and what.startswith("the mean"):
        what = f"values are spread otherwise, {what}"
    return f"{how}: {what}."


def _what(
    reference: ColumnProfile, sample: ColumnProfile, new: Mapping[str, int], worst: str
) -> str:
    before, after = reference.nulls / reference.rows, sample.nulls / sample.rows
    if worst == "nulls" and before != after:
        return f"{_percent(after)} of rows are empty, {_percent(before)} before"
    if isinstance(reference, NumberProfile) and isinstance(sample, NumberProfile):
        return _number(reference, sample)
    if isinstance(reference, CategoryProfile) and isinstance(sample, CategoryProfile):
        return _category(reference, sample, new)
    if isinstance(reference, TimeProfile) and isinstance(sample, TimeProfile):
        face = reference.face(reference.by_weekday)
        place = "on {}" if reference.by_weekday else "at {} h UTC"
        return _largest(face, sample.face(reference.by_weekday), reference.rows, sample.rows, place)
    return f"{_percent(after)} of rows are empty, {_percent(before)} before"


def _number(reference: NumberProfile, sample: NumberProfile) -> str:
    before, after = reference.mean, sample.mean
    if before is None or after is None:
        gone = "values are there again" if before is None else "no values are left"
        return gone if before is not after else "no values, as before"
    spread = reference.std or 0.0
    if not spread:
        if before == after and not sample.std:
            return f"always {_figure(after)}, as before"
        return f"it was always {_figure(before)}; the mean is {_figure(after)} now"
    moved = abs(after - before) / spread
    middle = f"the mean is {_figure(after)}, {_figure(before)} before"
    if moved >= 0.1:
        return f"values are {'higher' if after > before else 'lower'}, {middle}"
    wider = (sample.std or 0.0) / spread
    if wider > 1.15 or wider < 0.87:
        return f"values spread {'wider' if wider > 1 else 'less'}, {middle}"
    return middle


def _category(reference: CategoryProfile, sample: CategoryProfile, new: Mapping[str, int]) -> str:
    rows = sum(new.values())
    if reference.complete and rows and rows / sample.rows >= 0.01:
        names = _few([*new])
        return f"values unknown before are in {_percent(rows / sample.rows)} of rows: {names}"
    return _largest(reference.counts, sample.counts, reference.rows, sample.rows, "of rows are {}")


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


def noticed(reference: ColumnProfile, sample: ColumnProfile, new: Mapping[str, int]) -> list[str]:
    """What else is worth knowing: another type, new and vanished categories, values out of range."""
    notes = []
    if reference.type != sample.type:
        notes.append(f"stored as {sample.type}, {reference.type} before")
    if isinstance(reference, CategoryProfile) and isinstance(sample, CategoryProfile):
        if new and reference.complete:
            notes.append(f"{len(new)} new: {_few([*new])}")
        gone = [name for name in reference.counts if not sample.counts.get(name)]
        if gone and sample.rows:
            notes.append(f"{len(gone)} vanished: {_few(gone)}")
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
            "min": plain(cells.lowest) if cells.finite else None,
            "median": plain(column.quantile(0.5)),
            "max": plain(cells.highest) if cells.finite else None,
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
    return f"{value:,.0f}" if size >= 1000 else f"{value:.3g}"


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown}, …"

"""What had happened by a moment: counts, means and last values of earlier events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

Floats = np.ndarray[Any, np.dtype[np.float64]]


def happened_before(
    asked: pd.DataFrame,
    events: pd.DataFrame,
    *,
    by: list[str],
    moment: str,
    value: str,
    window: pd.Timedelta | None = None,
) -> tuple[Floats, Floats]:
    """Number and sum of the events of each row's group in the window that ends at its cutoff.

    Args:
        asked: Shape (n, ≥ len(by) + 1) with `cutoff_at`, datetime64 UTC, and the columns `by`.
        events: Events in any order: `moment` (datetime64 UTC), `value` (a number, null: the
            event is left out) and the columns `by`. A group with a null matches nothing.
        by: The columns that make a group.
        moment: When the event happened. Counted where cutoff − window < moment ≤ cutoff.
        value: What is summed.
        window: Its length; None counts from the beginning.

    Returns:
        Two float64 arrays of shape (n,): the number of events, and the sum of their values.
    """
    used = events.dropna(subset=[*by, moment, value]).sort_values(moment, kind="stable")
    number, total = np.zeros(len(asked)), np.zeros(len(asked))
    rows_of = asked.reset_index(drop=True).groupby(by, sort=False).indices
    cutoffs = asked["cutoff_at"].to_numpy("datetime64[us]")
    moments = used[moment].to_numpy("datetime64[us]")
    values = used[value].to_numpy("float64")
    for group, found in used.groupby(by, sort=False).indices.items():
        if group not in rows_of:
            continue
        rows = rows_of[group]
        sums = np.concatenate([[0.0], np.cumsum(values[found])])
        last = np.searchsorted(moments[found], cutoffs[rows], side="right")
        first = np.zeros_like(last)
        if window is not None:
            start = cutoffs[rows] - window.to_timedelta64()
            first = np.searchsorted(moments[found], start, side="right")
        number[rows] = last - first
        total[rows] = sums[last] - sums[first]
    return number, total


def mean_before(
    asked: pd.DataFrame,
    events: pd.DataFrame,
    *,
    by: list[str],
    moment: str,
    value: str,
    window: pd.Timedelta,
) -> Floats:
    """Mean of the group's events in the window before each cutoff, NaN without any; shape (n,)."""
    number, total = happened_before(asked, events, by=by, moment=moment, value=value, window=window)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def rate_before(
    asked: pd.DataFrame,
    events: pd.DataFrame,
    *,
    by: list[str],
    moment: str,
    value: str,
    window: pd.Timedelta,
    weight: float,
    overall: Floats,
) -> Floats:
    """Mean of the group's events in the window, drawn towards `overall` where there are few.

    Args:
        overall: What is believed without events, shape (n,).
        weight: How many events that belief is worth.

    Returns:
        Shape (n,): `(sum + weight × overall) / (number + weight)`, so `overall` for a new group.
    """
    number, total = happened_before(asked, events, by=by, moment=moment, value=value, window=window)
    return (total + weight * overall) / (number + weight)


def last_before(
    asked: pd.DataFrame,
    events: pd.DataFrame,
    *,
    by: str,
    moment: str,
    tolerance: pd.Timedelta,
) -> pd.DataFrame:
    """The group's last event at or before each cutoff, no older than the tolerance.

    Returns:
        Shape (n, columns of both), in the order of `asked`; null where there is no such event
        or where the group is null.
    """
    order = np.argsort(asked["cutoff_at"].to_numpy("datetime64[us]"), kind="stable")
    found = pd.merge_asof(
        asked[[by, "cutoff_at"]].iloc[order],
        events.dropna(subset=[by]).sort_values(moment, kind="stable"),
        left_on="cutoff_at",
        right_on=moment,
        by=by,
        tolerance=tolerance,
    )
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return found.iloc[back].reset_index(drop=True)

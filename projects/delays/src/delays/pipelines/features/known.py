"""Which columns of the data products are known when: the guard against leakage.

Features may be built from nothing but what `known_ahead` and `happened` let pass.
"""

from __future__ import annotations

import pandas as pd

AHEAD = "ahead"
"""Known at the cutoff, hours before the scheduled departure: timetable, assignment, register."""

NEVER = "never"
"""Not known at any moment that the data names; no feature may use it."""

KNOWN_FROM: dict[str, dict[str, str]] = {
    "flights.departures": {
        "month": AHEAD,
        "carrier": AHEAD,
        "flight": AHEAD,
        "tailnum": AHEAD,
        "origin": AHEAD,
        "dest": AHEAD,
        "scheduled_departure_at": AHEAD,
        "scheduled_arrival_at": AHEAD,
        "distance_mi": AHEAD,
        "departed_at": "departed_at",
        "dep_delay_min": "departed_at",
        "arrived_at": "arrived_at",
        "arr_delay_min": "arrived_at",
        "air_time_min": "arrived_at",
        "cancelled": NEVER,
        "diverted": NEVER,
    },
    "flights.weather": {
        "month": AHEAD,
        "origin": AHEAD,
        "observed_at": "observed_at",
        "temp_f": "observed_at",
        "dewpoint_f": "observed_at",
        "humidity_pct": "observed_at",
        "wind_dir_deg": "observed_at",
        "wind_speed_mph": "observed_at",
        "wind_gust_mph": "observed_at",
        "precip_in": "observed_at",
        "pressure_mb": "observed_at",
        "visibility_mi": "observed_at",
    },
    "flights.fleet": {
        "tailnum": AHEAD,
        "manufactured_year": AHEAD,
        "type": AHEAD,
        "manufacturer": AHEAD,
        "model": AHEAD,
        "engines": AHEAD,
        "seats": AHEAD,
        "speed_mph": AHEAD,
        "engine": AHEAD,
    },
}
"""Per product and column: `AHEAD`, `NEVER`, or the column that holds the moment it becomes known."""


def known_ahead(rows: pd.DataFrame, product: str, columns: list[str]) -> pd.DataFrame:
    """The columns of a product that are known at the cutoff, hours before the scheduled departure.

    Args:
        rows: The product, shape (n, ≥ len(columns)).
        product: Its name, a key of `KNOWN_FROM`.
        columns: The columns to take.

    Returns:
        A copy of these columns, shape (n, len(columns)).

    Raises:
        ValueError: Columns known later, or not declared; names each and when it becomes known.
    """
    return _select(rows, product, columns, allowed={AHEAD})


def happened(rows: pd.DataFrame, product: str, moment: str, columns: list[str]) -> pd.DataFrame:
    """Events of a product in the order they happened, to be joined up to a cutoff.

    Args:
        rows: The product, shape (n, ≥ len(columns)).
        product: Its name, a key of `KNOWN_FROM`.
        moment: The column with the time of the event, datetime64 UTC, e.g. `departed_at`.
        columns: What the event tells: known ahead, or at that moment.

    Returns:
        `moment` and the columns, for rows whose event has a time, ordered by it (stable).

    Raises:
        ValueError: Columns not known at that moment, or not declared; names each.
    """
    found = _select(rows, product, [*columns, moment], allowed={AHEAD, moment})
    return found.dropna(subset=[moment]).sort_values(moment, kind="stable", ignore_index=True)


def _select(
    rows: pd.DataFrame, product: str, columns: list[str], allowed: set[str]
) -> pd.DataFrame:
    known = KNOWN_FROM[product]
    late = [
        f"{column} ({known.get(column, 'not declared')})"
        for column in columns
        if known.get(column) not in allowed
    ]
    if late:
        usable = sorted(column for column, when in known.items() if when in allowed)
        raise ValueError(
            f"Features may not use {', '.join(late)} of {product}: in brackets, from when it is "
            f"known. Expected columns known {' or '.join(sorted(allowed))}: {', '.join(usable)}."
        )
    return rows[columns].copy()

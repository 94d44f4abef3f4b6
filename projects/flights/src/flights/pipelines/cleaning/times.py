"""Clock readings of airports to instants in UTC, and back."""

from __future__ import annotations

import numpy as np
import pandas as pd

NEW_YORK = "America/New_York"
FASTEST_MPH = 700.0  # scheduled ground speed that no airliner reaches


def scheduled_departures(day: pd.Series, clock: pd.Series, hour: pd.Series) -> pd.Series:
    """The instants of New York clock readings.

    In the hour that happens twice when daylight saving ends, the source's own UTC hour says
    which is meant, and the first is taken where it does not. A reading that daylight saving
    skips becomes the instant at which the clocks move on.

    Args:
        day: Local dates, datetime64 at midnight without a zone, shape (n,).
        clock: hhmm as whole numbers, 0 to 2400; 2400 is the midnight that ends the day.
        hour: The UTC hour in which the departure is scheduled, datetime64 UTC.

    Returns:
        datetime64[us, UTC], shape (n,).
    """
    local = day + _since_midnight(clock)
    first = _instants(local, NEW_YORK)
    second = _instants(local, NEW_YORK, second=True)
    return first.where(second.dt.floor("h") != hour, second)


def scheduled_arrivals(
    departure: pd.Series, clock: pd.Series, zone: pd.Series, distance_mi: pd.Series
) -> pd.Series:
    """The first instant a flight can be there at which the destination's clock reads `clock`.

    A flight can be there once it has covered the distance at `FASTEST_MPH`. That settles
    midnights, time zones and the hour that happens twice: of all instants with the reading,
    the first possible one is taken. A reading that daylight saving skips becomes the instant
    at which the clocks move on.

    Args:
        departure: datetime64 UTC, shape (n,).
        clock: hhmm as whole numbers, local at the destination.
        zone: The destination's IANA time zone.
        distance_mi: Miles from origin to destination.

    Returns:
        datetime64[us, UTC], shape (n,), at most 25 hours after the earliest possible arrival.
    """
    earliest = departure + pd.to_timedelta(distance_mi / FASTEST_MPH, unit="h")
    arrivals = pd.Series(pd.NaT, index=departure.index, dtype="datetime64[us, UTC]")
    for name, rows in earliest.groupby(zone):
        midnight = rows.dt.tz_convert(str(name)).dt.tz_localize(None).dt.normalize()
        reading = midnight + _since_midnight(clock[rows.index] % 2400)
        # From the last candidate to the first, so that the first possible one remains.
        arrival = _instants(reading + pd.Timedelta(days=1), str(name), second=True)
        for days, second in ((1, False), (0, True), (0, False)):
            candidate = _instants(reading + pd.Timedelta(days=days), str(name), second=second)
            arrival = candidate.where(candidate >= rows, arrival)
        arrivals[rows.index] = arrival
    return arrivals


def clock_of(instants: pd.Series, zone: pd.Series) -> pd.Series:
    """The hhmm that clocks of `zone` read, as Int16; midnight is 2400, as airlines write it.

    Null instants give null readings.
    """
    readings = pd.Series(pd.NA, index=instants.index, dtype="Int16")
    for name, rows in instants.dropna().groupby(zone):
        local = rows.dt.tz_convert(str(name))
        hhmm = local.dt.hour * 100 + local.dt.minute
        readings[rows.index] = hhmm.where(hhmm != 0, 2400).astype("Int16")
    return readings


def later(moments: pd.Series, minutes: pd.Series) -> pd.Series:
    """`moments` plus whole `minutes`, datetime64[us, UTC]; null where the minutes are."""
    shift = pd.to_timedelta(minutes.astype("Float64"), unit="min")
    return (moments + shift).astype("datetime64[us, UTC]")


def _since_midnight(clock: pd.Series) -> pd.Series:
    minutes = clock.astype("int64") // 100 * 60 + clock.astype("int64") % 100
    return pd.to_timedelta(minutes, unit="min")


def _instants(local: pd.Series, zone: str, *, second: bool = False) -> pd.Series:
    """Local readings as UTC; of an hour that happens twice the first, or the `second`."""
    saving = np.full(len(local), not second)
    aware = local.dt.tz_localize(zone, ambiguous=saving, nonexistent="shift_forward")
    instants: pd.Series = aware.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    return instants

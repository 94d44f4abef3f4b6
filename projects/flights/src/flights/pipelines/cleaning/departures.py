"""One month of departures, from a drop to the published table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd

from flights.pipelines.cleaning.drops import (
    check_clock,
    check_drop,
    check_month,
    check_unique,
    refuse,
    typed,
)
from flights.pipelines.cleaning.times import (
    NEW_YORK,
    later,
    scheduled_arrivals,
    scheduled_departures,
)

TYPES = {
    "year": "int16",
    "month": "int16",
    "day": "int16",
    "dep_time": "int16?",
    "sched_dep_time": "int16",
    "dep_delay": "int16?",
    "sched_arr_time": "int16",
    "arr_delay": "int16?",
    "carrier": "str",
    "flight": "int32",
    "tailnum": "str?",
    "origin": "str",
    "dest": "str",
    "air_time": "int16?",
    "distance": "int16",
    "time_hour": "str",
}
KEY = ["carrier", "flight", "origin", "scheduled_departure_at"]
ADD_ZONE = "Add it to time_zones in conf/base/globals.yml."


def clean_departures(name: str, drop: pd.DataFrame, zones: Mapping[str, str]) -> pd.DataFrame:
    """One month of departures.

    Args:
        name: `departures/<month>`, for messages and for the month to expect.
        drop: Text as delivered, one row a scheduled departure; clocks are New York's at
            departure, the destination's at arrival.
        zones: IANA time zone by airport.

    Returns:
        One row a scheduled departure, shape (n, 15), ordered by scheduled departure, carrier,
        flight and origin, unique by them. Times are datetime64[us, UTC]. `departed_at` and
        `dep_delay_min` are null where the flight never left (`cancelled`); `arrived_at` and
        `arr_delay_min` also where it left and no arrival delay is known (`diverted`).

    Raises:
        ValueError: The drop is truncated, lacks a column, holds a wrong type, repeats a row,
            is of another month, contradicts itself, or names an airport whose time zone is
            unknown.
    """
    check_drop(name, drop, TYPES)
    check_month(name, drop)
    raw = typed(name, drop, TYPES)
    for column in ("dep_time", "sched_dep_time", "sched_arr_time"):
        check_clock(name, raw, column)
    _check_airports(name, raw, zones)
    _check_delays(name, raw)
    leaves = _departures(name, drop, raw)
    lands = scheduled_arrivals(
        leaves, raw["sched_arr_time"], raw["dest"].map(zones), raw["distance"]
    )
    cancelled = raw["dep_time"].isna()
    made = pd.DataFrame(
        {
            "carrier": raw["carrier"],
            "flight": raw["flight"],
            "tailnum": raw["tailnum"],
            "origin": raw["origin"],
            "dest": raw["dest"],
            "scheduled_departure_at": leaves,
            "scheduled_arrival_at": lands,
            "departed_at": later(leaves, raw["dep_delay"]),
            "arrived_at": later(lands, raw["arr_delay"]),
            "dep_delay_min": raw["dep_delay"],
            "arr_delay_min": raw["arr_delay"],
            "air_time_min": raw["air_time"],
            "distance_mi": raw["distance"],
            "cancelled": cancelled,
            "diverted": ~cancelled & raw["arr_delay"].isna(),
        }
    )
    check_unique(name, made, KEY)
    order = ["scheduled_departure_at", "carrier", "flight", "origin"]
    return made.sort_values(order, kind="stable", ignore_index=True)


def utc_hours(name: str, drop: pd.DataFrame) -> pd.Series:
    """The column `time_hour` as datetime64[us, UTC].

    Raises:
        ValueError: A value is no such hour, for instance because the file's last line is cut.
    """
    hours = pd.to_datetime(
        drop["time_hour"], format="%Y-%m-%dT%H:%M:%SZ", utc=True, errors="coerce"
    )
    refuse(
        name,
        hours.isna(),
        lambda row: (
            f"column time_hour: found {drop['time_hour'].iloc[row]!r}; expected a UTC hour such as "
            "2013-01-01T06:00:00Z; the file may be truncated"
        ),
    )
    return hours.astype("datetime64[us, UTC]")


def _departures(name: str, drop: pd.DataFrame, raw: pd.DataFrame) -> pd.Series:
    day = pd.to_datetime(raw[["year", "month", "day"]], errors="coerce")
    refuse(
        name,
        day.isna(),
        lambda row: f"column day: found {raw['day'].iloc[row]}; expected a day of the month",
    )
    hours = utc_hours(name, drop)
    leaves = scheduled_departures(day, raw["sched_dep_time"], hours)
    refuse(
        name,
        leaves.dt.floor("h") != hours,
        lambda row: (
            f"column time_hour: found {drop['time_hour'].iloc[row]}; expected the UTC hour of the "
            f"scheduled departure, {leaves.iloc[row]:%Y-%m-%dT%H}:00:00Z"
        ),
    )
    return leaves


def _check_airports(name: str, raw: pd.DataFrame, zones: Mapping[str, str]) -> None:
    for airports in (raw["origin"], raw["dest"]):
        refuse(name, ~airports.isin(list(zones)), partial(_unknown_airport, airports), ADD_ZONE)
    refuse(
        name,
        raw["origin"].map(zones) != NEW_YORK,
        lambda row: (
            f"origin {raw['origin'].iloc[row]!r} keeps another time than {NEW_YORK}, which was expected"
        ),
    )


def _unknown_airport(airports: pd.Series, row: int) -> str:
    return f"no time zone is known for airport {airports.iloc[row]!r} (column {airports.name})"


def _check_delays(name: str, raw: pd.DataFrame) -> None:
    refuse(
        name,
        raw["dep_time"].isna() != raw["dep_delay"].isna(),
        lambda row: "expected dep_time and dep_delay both there or both missing, found one",
    )
    refuse(
        name,
        raw["dep_time"].isna() & raw["arr_delay"].notna(),
        lambda row: "has an arrival delay and no departure time; expected both or only the latter",
    )

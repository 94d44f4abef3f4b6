"""Clean drops into the three data products, a month in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from flights.pipelines.cleaning.departures import clean_departures, utc_hours
from flights.pipelines.cleaning.drops import (
    MISSING,
    WAY_OUT,
    check_drop,
    check_month,
    check_unique,
    typed,
)
from flights.pipelines.cleaning.times import NEW_YORK

Drops = Mapping[str, Callable[[], pd.DataFrame]]
Made = dict[str, Callable[[], pd.DataFrame]]

WEATHER_NAMES = {
    "temp": "temp_f",
    "dewp": "dewpoint_f",
    "humid": "humidity_pct",
    "wind_dir": "wind_dir_deg",
    "wind_speed": "wind_speed_mph",
    "wind_gust": "wind_gust_mph",
    "precip": "precip_in",
    "pressure": "pressure_mb",
    "visib": "visibility_mi",
}
FLEET_TYPES = {
    "tailnum": "str",
    "year": "int16?",
    "type": "str",
    "manufacturer": "str",
    "model": "str",
    "engines": "int16",
    "seats": "int16",
    "speed": "int16?",
    "engine": "str",
}


def time_zones_of(airports: pd.DataFrame, more: Mapping[str, str]) -> dict[str, str]:
    """IANA time zones by airport code: the airports' own list, then `more`.

    Raises:
        ValueError: The list lacks a column, or a zone in `more` is no IANA name.
    """
    check_drop("airports/airports", airports, {"faa": "str", "tzone": "str?"})
    for airport, zone in more.items():
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
            raise ValueError(
                f"time_zones.{airport}: {zone!r} is no time zone; expected an IANA name such as {NEW_YORK}."
            ) from error
    known = airports[~airports["tzone"].isin(MISSING)]
    return {**dict(zip(known["faa"], known["tzone"], strict=True)), **more}


def clean_flights(drops: Drops, airports: pd.DataFrame, more_zones: dict[str, str]) -> Made:
    """The months of `flights.departures` that are due, each made when it is saved.

    Args:
        drops: Month to a function that reads its drop.
        airports: `faa` and `tzone` as text.
        more_zones: Time zones of airports that the list lacks.

    Returns:
        Month to a function that gives its departures, see `clean_departures`.

    Raises:
        ValueError: A time zone is not one; a drop that is refused raises when it is made.
    """
    zones = time_zones_of(airports, more_zones)
    return {
        month: partial(_from_drop, clean_departures, f"departures/{month}", read, zones)
        for month, read in drops.items()
    }


def clean_weather(drops: Drops) -> Made:
    """The months of `flights.weather` that are due, each made when it is saved.

    Args:
        drops: Month, in New York local time, to a function that reads its drop.

    Returns:
        Month to a function that gives hourly observations, shape (n, 11), unique by origin and
        hour, ordered by both. `observed_at` is datetime64[us, UTC]; every measurement may be
        null; units stand in the names.

    Raises:
        ValueError: When a drop that is refused is made.
    """
    return {
        month: partial(_from_drop, _clean_weather_month, f"weather/{month}", read)
        for month, read in drops.items()
    }


def clean_fleet(drops: Drops) -> Made:
    """`flights.fleet` if it is due, made when it is saved.

    Args:
        drops: `fleet` to a function that reads the register.

    Returns:
        `fleet` to a function that gives one row an aircraft, shape (n, 9), ordered by tail
        number; year of make and speed may be null.

    Raises:
        ValueError: When a register that is refused is made.
    """
    return {
        each: partial(_from_drop, _clean_register, f"fleet/{each}", read)
        for each, read in drops.items()
    }


def measure_quality(
    departures: pd.DataFrame, weather: pd.DataFrame, fleet: pd.DataFrame
) -> dict[str, Any]:
    """Count what is published, read back whole, so that a rerun of few months counts the same.

    Args:
        departures: `flights.departures`, shape (n, 15).
        weather: `flights.weather`.
        fleet: `flights.fleet`.

    Returns:
        Rows of each product; of departures also those without departure time, without arrival
        delay, cancelled and diverted, and the rows of each New York month.
    """
    local = departures["scheduled_departure_at"].dt.tz_convert(NEW_YORK)
    months = local.dt.strftime("%Y-%m").value_counts().sort_index()
    return {
        "departures": {
            "rows": len(departures),
            "without_departure_time": int(departures["departed_at"].isna().sum()),
            "without_arrival_delay": int(departures["arr_delay_min"].isna().sum()),
            "cancelled": int(departures["cancelled"].sum()),
            "diverted": int(departures["diverted"].sum()),
            "rows_by_month": {str(month): int(rows) for month, rows in months.items()},
        },
        "weather": {"rows": len(weather)},
        "fleet": {"rows": len(fleet)},
    }


def _from_drop(
    clean: Callable[..., pd.DataFrame], name: str, read: Callable[[], pd.DataFrame], *more: Any
) -> pd.DataFrame:
    try:
        drop = read()
    except Exception as error:
        if error.__cause__ is None and not isinstance(error, ValueError | OSError):
            # Read it was; the catalog's dataset refuses it and says all there is to say.
            raise ValueError(f"{name}: {error}") from error
        cause = str(error.__cause__ or error).strip()
        raise ValueError(f"{name}: cannot be read as CSV: {cause}. {WAY_OUT}") from error
    return clean(name, drop, *more)


def _clean_weather_month(name: str, drop: pd.DataFrame) -> pd.DataFrame:
    types = {"origin": "str", **dict.fromkeys(WEATHER_NAMES, "float64?")}
    check_drop(name, drop, {"year": "str", "month": "str", **types, "time_hour": "str"})
    check_month(name, drop)
    made = typed(name, drop, types).rename(columns=WEATHER_NAMES)
    made.insert(1, "observed_at", utc_hours(name, drop))
    check_unique(name, made, ["origin", "observed_at"])
    return made.sort_values(["origin", "observed_at"], kind="stable", ignore_index=True)


def _clean_register(name: str, drop: pd.DataFrame) -> pd.DataFrame:
    check_drop(name, drop, FLEET_TYPES)
    made = typed(name, drop, FLEET_TYPES)
    check_unique(name, made, ["tailnum"])
    made = made.rename(columns={"year": "manufactured_year", "speed": "speed_mph"})
    return made.sort_values("tailnum", kind="stable", ignore_index=True)

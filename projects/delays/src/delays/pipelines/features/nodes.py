"""What is known of a flight two hours before it is to leave."""

from __future__ import annotations

import numpy as np
import pandas as pd

HORIZON = pd.Timedelta(hours=2)
RECENT = pd.Timedelta(hours=3)
NEW_YORK = "America/New_York"

KEYS = ["carrier", "flight", "origin", "scheduled_departure_at"]
KNOWN_IN_ADVANCE = [*KEYS, "tailnum", "dest", "scheduled_arrival_at", "distance_mi"]
KNOWN_LATER = [
    "departed_at",
    "arrived_at",
    "dep_delay_min",
    "arr_delay_min",
    "air_time_min",
    "cancelled",
    "diverted",
]

CATEGORIES = ["carrier", "origin", "dest"]
NUMBERS = [
    "local_hour", "weekday", "month", "block_min", "distance_mi", "aircraft_age_years", "seats",
    "temp_f", "humidity_pct", "wind_speed_mph", "precip_in", "pressure_mb", "visibility_mi",
    "recent_dep_delay_min", "recent_departures",
    "aircraft_last_arr_delay_min", "aircraft_hours_since_arrival",
]  # fmt: skip
FEATURES = [*CATEGORIES, *NUMBERS]


def require_known(columns: list[str]) -> None:
    """Refuse columns that nobody knows two hours before departure.

    Raises:
        ValueError: Names them.
    """
    late = [column for column in columns if column in KNOWN_LATER]
    if late:
        raise ValueError(
            f"Features may not use {', '.join(late)}: known only after the prediction is made. "
            f"Known in advance: {', '.join(KNOWN_IN_ADVANCE)}."
        )


def build_examples(
    departures: pd.DataFrame, weather: pd.DataFrame, fleet: pd.DataFrame
) -> pd.DataFrame:
    """Features of every flight, and what became of it.

    Events of other flights count from the moment they happened: a departure or an arrival is
    used for a flight only where it lies at or before two hours ahead of the flight's schedule.

    Args:
        departures: Product `flights.departures`, shape (n, 15), datetime64 UTC.
        weather: Product `flights.weather`.
        fleet: Product `flights.fleet`.

    Returns:
        Shape (n, 4 + features + 1): the keys, `FEATURES` (numbers float64, NaN where unknown),
        and `arr_delay_min` (Float64, null where cancelled or diverted), the label's source.
        Ordered by scheduled departure, carrier, flight and origin.
    """
    rows = departures.sort_values(
        ["scheduled_departure_at", "carrier", "flight", "origin"], ignore_index=True
    )
    known = select_known(rows, KNOWN_IN_ADVANCE)
    known["cutoff_at"] = known["scheduled_departure_at"] - HORIZON
    made = pd.concat(
        [
            known[KEYS],
            known[["dest"]],
            _schedule(known),
            _aircraft(known, fleet),
            _weather(known, weather),
            _recent_departures(known, departures),
            _last_arrival(known, departures),
        ],
        axis=1,
    )
    made[NUMBERS] = made[NUMBERS].astype("float64")
    made["arr_delay_min"] = rows["arr_delay_min"].astype("Float64")
    return made


def select_known(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The columns, once `require_known` has let them pass."""
    require_known(columns)
    return rows[columns].copy()


def _schedule(known: pd.DataFrame) -> pd.DataFrame:
    local = known["scheduled_departure_at"].dt.tz_convert(NEW_YORK)
    return pd.DataFrame(
        {
            "local_hour": local.dt.hour + local.dt.minute / 60,
            "weekday": local.dt.day_of_week,
            "month": local.dt.month,
            "block_min": (
                known["scheduled_arrival_at"] - known["scheduled_departure_at"]
            ).dt.total_seconds()
            / 60,
            "distance_mi": known["distance_mi"],
        }
    )


def _aircraft(known: pd.DataFrame, fleet: pd.DataFrame) -> pd.DataFrame:
    register = fleet.set_index("tailnum")[["manufactured_year", "seats"]].astype("Float64")
    found = register.reindex(known["tailnum"]).reset_index(drop=True)
    year = known["scheduled_departure_at"].dt.year
    return pd.DataFrame(
        {"aircraft_age_years": year - found["manufactured_year"], "seats": found["seats"]}
    )


def _weather(known: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    columns = [
        "temp_f",
        "humidity_pct",
        "wind_speed_mph",
        "precip_in",
        "pressure_mb",
        "visibility_mi",
    ]
    seen = weather.sort_values("observed_at")[["origin", "observed_at", *columns]]
    return pd.merge_asof(
        known[["origin", "cutoff_at"]],
        seen,
        left_on="cutoff_at",
        right_on="observed_at",
        by="origin",
        tolerance=pd.Timedelta(hours=6),
    )[columns]


def _recent_departures(known: pd.DataFrame, departures: pd.DataFrame) -> pd.DataFrame:
    """Mean delay and number of the origin's departures in the three hours before the cutoff."""
    mean = np.full(len(known), np.nan)
    count = np.zeros(len(known))
    for origin, rows in known.groupby("origin"):
        left = departures[
            (departures["origin"] == origin) & departures["departed_at"].notna()
        ].sort_values("departed_at")
        moments = left["departed_at"].to_numpy("datetime64[us]")
        total = np.concatenate([[0.0], np.cumsum(left["dep_delay_min"].to_numpy("float64"))])
        cutoff = rows["cutoff_at"].to_numpy("datetime64[us]")
        last = np.searchsorted(moments, cutoff, side="right")
        first = np.searchsorted(moments, cutoff - RECENT.to_timedelta64(), side="right")
        number = last - first
        count[rows.index] = number
        mean[rows.index] = np.where(
            number > 0, (total[last] - total[first]) / np.maximum(number, 1), np.nan
        )
    return pd.DataFrame({"recent_dep_delay_min": mean, "recent_departures": count})


def _last_arrival(known: pd.DataFrame, departures: pd.DataFrame) -> pd.DataFrame:
    """Delay and age of the aircraft's last arrival that had happened by the cutoff."""
    landed = departures.dropna(subset=["arrived_at", "tailnum"]).sort_values("arrived_at")
    found = pd.merge_asof(
        known[["tailnum", "cutoff_at"]],
        landed[["tailnum", "arrived_at", "arr_delay_min"]],
        left_on="cutoff_at",
        right_on="arrived_at",
        by="tailnum",
        tolerance=pd.Timedelta(days=2),
    )
    since = (found["cutoff_at"] - found["arrived_at"]).dt.total_seconds() / 3600
    return pd.DataFrame(
        {
            "aircraft_last_arr_delay_min": found["arr_delay_min"],
            "aircraft_hours_since_arrival": since,
        }
    )

"""What is known of a flight at the cutoff, `horizon_min` before it is to leave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from delays.pipelines.features.columns import FEATURES, KEYS, NUMBERS, WEATHER
from delays.pipelines.features.history import (
    happened_before,
    last_before,
    mean_before,
    rate_before,
)
from delays.pipelines.features.known import happened, known_ahead
from delays.pipelines.features.options import FeatureOptions

NEW_YORK = "America/New_York"
TIMETABLE = [*KEYS, "tailnum", "dest", "scheduled_arrival_at", "distance_mi"]

OVERDUE_FROM = pd.Timedelta(minutes=15)
WEATHER_IS_STALE = pd.Timedelta(hours=6)
AIRCRAFT_IS_STALE = pd.Timedelta(days=2)
FEW_FLIGHTS = 20.0
"""Weight, in flights, of the airport's late share in a late share of few flights."""


def build_examples(
    departures: pd.DataFrame,
    weather: pd.DataFrame,
    fleet: pd.DataFrame,
    options: dict[str, Any],
) -> pd.DataFrame:
    """Features of every flight, and whether it arrived late.

    The cutoff of a flight is its scheduled departure less `horizon_min`. An event, of this flight
    or another, counts where its own time is at or before the cutoff; see `known.KNOWN_FROM`.

    Args:
        departures: Product `flights.departures`, shape (n, 15), times datetime64 UTC.
        weather: Product `flights.weather`, shape (m, 11).
        fleet: Product `flights.fleet`, shape (k, 9), unique by `tailnum`.
        options: `params:features`, see `FeatureOptions`.

    Returns:
        Shape (n, 4 + …): `KEYS`; the rest of `FEATURES` (`dest` a string, numbers float64 in
        the unit their name ends in, NaN where unknown); and the label `late` (boolean, null
        where the flight was cancelled or diverted and so has no arrival delay). Ordered by
        scheduled departure, carrier, flight and origin; index 0 … n − 1.

    Raises:
        ValueError: A bad option, or a column that is not known in time.
    """
    chosen = FeatureOptions.of(options)
    ordered = departures.sort_values(
        ["scheduled_departure_at", "carrier", "flight", "origin"], ignore_index=True
    )
    flights = known_ahead(ordered, "flights.departures", TIMETABLE)
    flights["cutoff_at"] = flights["scheduled_departure_at"] - chosen.horizon
    departed = happened(
        ordered,
        "flights.departures",
        "departed_at",
        ["carrier", "origin", "tailnum", "scheduled_departure_at", "dep_delay_min"],
    )
    arrived = happened(
        ordered,
        "flights.departures",
        "arrived_at",
        ["carrier", "flight", "origin", "dest", "tailnum", "arr_delay_min"],
    )
    arrived["late"] = _is_late(arrived["arr_delay_min"], chosen)
    made = pd.concat(
        [
            flights[[*KEYS, "dest"]],
            describe_schedule(flights),
            describe_aircraft(flights, fleet),
            find_weather(flights, weather),
            watch_airport(flights, departed, chosen.recent),
            watch_network(flights, departed, arrived, chosen.recent),
            recall_weeks(flights, arrived, chosen.history),
            follow_aircraft(flights, departed, arrived),
        ],
        axis=1,
    )
    made[NUMBERS] = made[NUMBERS].astype("float64")
    made["late"] = _is_late(ordered["arr_delay_min"], chosen).astype("boolean")
    return made[[*KEYS, *(name for name in FEATURES if name not in KEYS), "late"]]


def _is_late(delay_min: pd.Series[Any], options: FeatureOptions) -> pd.Series[Any]:
    return delay_min.astype("Float64") >= options.late_from_min


def describe_schedule(flights: pd.DataFrame) -> pd.DataFrame:
    """New York hour (0 to 24) and weekday (0 is Monday), minutes from gate to gate, distance."""
    local = flights["scheduled_departure_at"].dt.tz_convert(NEW_YORK)
    block = flights["scheduled_arrival_at"] - flights["scheduled_departure_at"]
    return pd.DataFrame(
        {
            "local_hour": local.dt.hour + local.dt.minute / 60,
            "weekday": local.dt.day_of_week,
            "block_min": block.dt.total_seconds() / 60,
            "distance_mi": flights["distance_mi"],
        }
    )


def describe_aircraft(flights: pd.DataFrame, fleet: pd.DataFrame) -> pd.DataFrame:
    """Age in years and seats, from the register; null for an aircraft that is not in it."""
    register = known_ahead(fleet, "flights.fleet", ["tailnum", "manufactured_year", "seats"])
    found = register.set_index("tailnum").astype("Float64").reindex(flights["tailnum"])
    found = found.reset_index(drop=True)
    year = flights["scheduled_departure_at"].dt.year
    return pd.DataFrame(
        {"aircraft_age_years": year - found["manufactured_year"], "seats": found["seats"]}
    )


def find_weather(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """The airport's last observation at or before the cutoff, none older than six hours."""
    seen = happened(weather, "flights.weather", "observed_at", ["origin", *WEATHER])
    return last_before(
        flights, seen, by="origin", moment="observed_at", tolerance=WEATHER_IS_STALE
    )[WEATHER]


def watch_airport(
    flights: pd.DataFrame, departed: pd.DataFrame, recent: pd.Timedelta
) -> pd.DataFrame:
    """The airport's timetable around the flight, and its departures in the last hours.

    `overdue_departures` are those that at the cutoff should have left 15 minutes ago or
    earlier, within the last hours, and have not, whether they will leave or never do.
    """
    at_airport: dict[str, Any] = {"by": ["origin"], "value": "one"}
    timetable = flights[["origin", "scheduled_departure_at"]].assign(one=1.0)
    half_hour = pd.Timedelta(minutes=30)
    around, _ = happened_before(
        flights.assign(cutoff_at=flights["scheduled_departure_at"] + half_hour),
        timetable,
        moment="scheduled_departure_at",
        window=2 * half_hour,
        **at_airport,
    )
    number, total = happened_before(
        flights, departed, by=["origin"], moment="departed_at", value="dep_delay_min", window=recent
    )
    due_at = timetable["scheduled_departure_at"] + OVERDUE_FROM
    due, _ = happened_before(
        flights,
        timetable.assign(due_at=due_at),
        moment="due_at",
        window=recent - OVERDUE_FROM,
        **at_airport,
    )
    # Of those due in the window, the ones that have left: left and due, less left and too old.
    scheduled = departed["scheduled_departure_at"]
    left = departed[["origin"]].assign(
        one=1.0,
        counted_at=np.maximum(scheduled + OVERDUE_FROM, departed["departed_at"]),
        dropped_at=np.maximum(scheduled + recent, departed["departed_at"]),
    )
    counted, _ = happened_before(flights, left, moment="counted_at", **at_airport)
    dropped, _ = happened_before(flights, left, moment="dropped_at", **at_airport)
    return pd.DataFrame(
        {
            "scheduled_departures": around,
            "recent_departures": number,
            "recent_dep_delay_min": np.where(number > 0, total / np.maximum(number, 1), np.nan),
            "overdue_departures": due - (counted - dropped),
        }
    )


def watch_network(
    flights: pd.DataFrame, departed: pd.DataFrame, arrived: pd.DataFrame, recent: pd.Timedelta
) -> pd.DataFrame:
    """Mean delays in the last hours: the airline's here, the airline's and all at the destination."""
    landed: dict[str, Any] = {"moment": "arrived_at", "value": "arr_delay_min"}
    return pd.DataFrame(
        {
            "carrier_recent_dep_delay_min": mean_before(
                flights,
                departed,
                by=["origin", "carrier"],
                moment="departed_at",
                value="dep_delay_min",
                window=recent,
            ),
            "carrier_recent_arr_delay_min": mean_before(
                flights, arrived, by=["carrier"], window=recent, **landed
            ),
            "dest_recent_arr_delay_min": mean_before(
                flights, arrived, by=["dest"], window=2 * recent, **landed
            ),
        }
    )


def recall_weeks(
    flights: pd.DataFrame, arrived: pd.DataFrame, history: pd.Timedelta
) -> pd.DataFrame:
    """Late shares over the last weeks of the airline, the route, and the flight number.

    Each is drawn towards the share of all flights from the airport where it rests on few.
    """
    late: dict[str, Any] = {"moment": "arrived_at", "value": "late", "window": history}
    airport = mean_before(flights, arrived, by=["origin"], **late)
    groups = {
        "carrier_late_share": ["origin", "carrier"],
        "route_late_share": ["origin", "dest"],
        "flight_late_share": ["carrier", "flight", "origin", "dest"],
    }
    return pd.DataFrame(
        {
            name: rate_before(flights, arrived, by=by, weight=FEW_FLIGHTS, overall=airport, **late)
            for name, by in groups.items()
        }
    )


def follow_aircraft(
    flights: pd.DataFrame, departed: pd.DataFrame, arrived: pd.DataFrame
) -> pd.DataFrame:
    """The aircraft's last departure from New York and last arrival that had happened by the cutoff.

    `aircraft_turnaround_min` is by timetable alone: from the scheduled arrival of the aircraft's
    flight before this one to this one's scheduled departure. Null for an unknown aircraft, and
    where the last event is more than two days old.
    """
    by_aircraft: dict[str, Any] = {"by": "tailnum", "tolerance": AIRCRAFT_IS_STALE}
    out = last_before(
        flights,
        departed[["tailnum", "departed_at", "dep_delay_min"]],
        moment="departed_at",
        **by_aircraft,
    )
    back = last_before(
        flights,
        arrived[["tailnum", "arrived_at", "arr_delay_min"]],
        moment="arrived_at",
        **by_aircraft,
    )
    before = flights[["tailnum", "scheduled_departure_at", "scheduled_arrival_at"]]
    just_before = flights["scheduled_departure_at"] - pd.Timedelta(microseconds=1)
    leg = last_before(
        flights[["tailnum"]].assign(cutoff_at=just_before),
        before,
        moment="scheduled_departure_at",
        **by_aircraft,
    )
    turnaround = flights["scheduled_departure_at"] - leg["scheduled_arrival_at"]
    since = back["cutoff_at"] - back["arrived_at"]
    return pd.DataFrame(
        {
            "aircraft_turnaround_min": turnaround.dt.total_seconds() / 60,
            "aircraft_last_dep_delay_min": out["dep_delay_min"],
            "aircraft_last_arr_delay_min": back["arr_delay_min"],
            "aircraft_hours_since_arrival": since.dt.total_seconds() / 3600,
        }
    )

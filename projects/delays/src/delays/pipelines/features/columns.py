"""The features by name, in the groups a reader thinks in."""

from __future__ import annotations

KEYS = ["carrier", "flight", "origin", "scheduled_departure_at"]
"""A flight's identity, as in `flights.departures`."""

CATEGORIES = ["carrier", "origin", "dest"]

WEATHER = [
    "temp_f",
    "dewpoint_f",
    "humidity_pct",
    "wind_dir_deg",
    "wind_speed_mph",
    "wind_gust_mph",
    "precip_in",
    "pressure_mb",
    "visibility_mi",
]

GROUPS: dict[str, list[str]] = {
    "Hour and weekday": ["local_hour", "weekday"],
    "Airline and its last weeks": ["carrier", "carrier_late_share"],
    "Route and its last weeks": [
        "origin",
        "dest",
        "distance_mi",
        "block_min",
        "route_late_share",
        "flight_late_share",
    ],
    "Age and size of the aircraft": ["aircraft_age_years", "seats"],
    "Weather at the airport": WEATHER,
    "Airport: timetable and last hours": [
        "scheduled_departures",
        "recent_departures",
        "recent_dep_delay_min",
        "overdue_departures",
    ],
    "Airline and destination: last hours": [
        "carrier_recent_dep_delay_min",
        "carrier_recent_arr_delay_min",
        "dest_recent_arr_delay_min",
    ],
    "Aircraft: its previous flights": [
        "aircraft_turnaround_min",
        "aircraft_last_dep_delay_min",
        "aircraft_last_arr_delay_min",
        "aircraft_hours_since_arrival",
    ],
}
"""Every feature, in one group each. The month is not one: a model trained on January to
September has never seen the months it is judged on."""

FEATURES = [column for columns in GROUPS.values() for column in columns]
NUMBERS = [column for column in FEATURES if column not in CATEGORIES]

"""Features know nothing of what happens after the cutoff."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delays.pipelines.features.nodes import (
    FEATURES,
    HORIZON,
    KNOWN_LATER,
    build_examples,
    require_known,
)


def products(seed: int = 0, number: int = 120) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Three small products: three days of flights by a few aircraft, hourly weather, a register."""
    random = np.random.default_rng(seed)
    start = pd.Timestamp("2013-03-09", tz="UTC")
    leaves = pd.Series(
        start + pd.to_timedelta(np.sort(random.integers(0, 3 * 1440, number)), unit="min")
    ).astype("datetime64[us, UTC]")
    lands = leaves + pd.Timedelta(minutes=95)
    delay = pd.array(random.integers(-10, 120, number), dtype="Int16")
    delay[random.random(number) < 0.1] = pd.NA
    departures = pd.DataFrame(
        {
            "carrier": random.choice(["AA", "UA"], number), "flight": np.arange(number, dtype="int32"),
            "tailnum": random.choice(["N1", "N2", "N3", None], number), "origin": random.choice(["JFK", "EWR"], number),
            "dest": random.choice(["BOS", "LAX"], number), "scheduled_departure_at": leaves, "scheduled_arrival_at": lands,
            "dep_delay_min": delay, "arr_delay_min": delay, "air_time_min": delay, "distance_mi": 187,
        }
    )  # fmt: skip
    later = pd.to_timedelta(departures["dep_delay_min"].astype("Float64"), unit="min")
    departures["departed_at"], departures["arrived_at"] = leaves + later, lands + later
    departures["cancelled"], departures["diverted"] = departures["departed_at"].isna(), False
    hours = pd.date_range(start - pd.Timedelta(hours=8), periods=96, freq="h").astype(
        "datetime64[us, UTC]"
    )
    weather = pd.concat(
        pd.DataFrame(
            {"origin": origin, "observed_at": hours}
            | {
                name: random.random(96)
                for name in (
                    "temp_f",
                    "humidity_pct",
                    "wind_speed_mph",
                    "precip_in",
                    "pressure_mb",
                    "visibility_mi",
                )
            }
        )
        for origin in ("JFK", "EWR")
    )
    fleet = pd.DataFrame(
        {
            "tailnum": ["N1", "N2"],
            "manufactured_year": pd.array([2001, None], dtype="Int16"),
            "seats": [55, 180],
        }
    )
    return departures, weather, fleet


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), row=st.integers(0, 119))
def test_whatever_happens_after_the_cutoff_changes_no_feature(seed, row):
    departures, weather, fleet = products(seed)
    before = build_examples(departures, weather, fleet)
    flight = before.loc[row, "flight"]
    cutoff = before.loc[row, "scheduled_departure_at"] - HORIZON
    changed = departures.copy()
    # Everything that has not happened by the cutoff happens some other way, this flight included.
    for moment, minutes in (("departed_at", "dep_delay_min"), ("arrived_at", "arr_delay_min")):
        later = ~(changed[moment] <= cutoff)
        changed.loc[later, moment] = cutoff + pd.Timedelta(minutes=1)
        changed.loc[later, minutes] = 999
    changed[["cancelled", "diverted"]] = True
    changed["air_time_min"] = 1
    storm = weather.copy()
    storm.loc[storm["observed_at"] > cutoff, ["temp_f", "wind_speed_mph", "precip_in"]] = 1e6
    after = build_examples(changed, storm, fleet)
    pd.testing.assert_frame_equal(
        before.loc[before["flight"] == flight, FEATURES],
        after.loc[after["flight"] == flight, FEATURES],
    )


def test_what_happened_before_the_cutoff_does_count():
    departures, weather, fleet = products()
    before = build_examples(departures, weather, fleet)
    changed = departures.assign(
        dep_delay_min=departures["dep_delay_min"] + 50,
        arr_delay_min=departures["arr_delay_min"] + 50,
    )
    after = build_examples(changed, weather, fleet)
    for column in ("recent_dep_delay_min", "aircraft_last_arr_delay_min"):
        known = before[column].notna()
        assert known.any() and np.allclose(after.loc[known, column], before.loc[known, column] + 50)


@pytest.mark.parametrize("column", KNOWN_LATER)
def test_a_column_known_later_is_refused(column):
    with pytest.raises(ValueError, match=f"may not use {column}"):
        require_known(["carrier", column])


def test_every_column_of_the_product_is_known_or_known_later():
    from delays.pipelines.features.nodes import KNOWN_IN_ADVANCE

    departures, *_ = products()
    assert set(departures) == {*KNOWN_IN_ADVANCE, *KNOWN_LATER}


def test_recent_departures_agree_with_a_slow_obvious_count():
    departures, weather, fleet = products(3)
    made = build_examples(departures, weather, fleet)
    for _, row in made.iterrows():
        cutoff = row["scheduled_departure_at"] - HORIZON
        seen = departures[
            (departures["origin"] == row["origin"])
            & (departures["departed_at"] <= cutoff)
            & (departures["departed_at"] > cutoff - pd.Timedelta(hours=3))
        ]
        assert row["recent_departures"] == len(seen)
        assert np.isclose(
            row["recent_dep_delay_min"],
            seen["dep_delay_min"].astype("Float64").mean() if len(seen) else np.nan,
            equal_nan=True,
        )

"""Features know nothing of what happens after the cutoff, and what they should of before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from delays.pipelines.features.columns import FEATURES, GROUPS, KEYS, WEATHER
from delays.pipelines.features.known import KNOWN_FROM
from delays.pipelines.features.nodes import build_examples

OPTIONS = {"horizon_min": 120, "recent_min": 180, "history_days": 28, "late_from_min": 15}
HORIZON = pd.Timedelta(hours=2)
FLIGHTS = 120
UTC = "datetime64[us, UTC]"


def products(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Three days of flights by a few aircraft, hourly weather and a register, as published."""
    random = np.random.default_rng(seed)
    start = pd.Timestamp("2013-03-09", tz="UTC")
    minutes = np.sort(random.integers(0, 3 * 1440, FLIGHTS))
    leaves = pd.Series(start + pd.to_timedelta(minutes, unit="min")).astype(UTC)
    lands = leaves + pd.Timedelta(minutes=95)
    late = pd.array(random.integers(-10, 120, FLIGHTS), dtype="Int16")
    later = late + pd.array(random.integers(-5, 20, FLIGHTS), dtype="Int16")
    late[random.random(FLIGHTS) < 0.1] = pd.NA
    later[late.isna() | (random.random(FLIGHTS) < 0.05)] = pd.NA
    departures = pd.DataFrame(
        {
            "carrier": random.choice(["AA", "UA"], FLIGHTS),
            "flight": np.arange(FLIGHTS, dtype="int32"),
            "tailnum": random.choice(["N1", "N2", "N3", None], FLIGHTS),
            "origin": random.choice(["JFK", "EWR"], FLIGHTS),
            "dest": random.choice(["BOS", "LAX"], FLIGHTS),
            "scheduled_departure_at": leaves,
            "scheduled_arrival_at": lands,
            "departed_at": leaves + pd.to_timedelta(pd.Series(late), unit="min"),
            "arrived_at": lands + pd.to_timedelta(pd.Series(later), unit="min"),
            "dep_delay_min": late,
            "arr_delay_min": later,
            "air_time_min": later + 60,
            "distance_mi": pd.array(np.full(FLIGHTS, 187), dtype="Int16"),
            "cancelled": pd.array(late.isna(), dtype="boolean"),
            "diverted": pd.array(later.isna() & ~late.isna(), dtype="boolean"),
        }
    ).astype(dict.fromkeys(("carrier", "tailnum", "origin", "dest"), "string"))
    hours = pd.date_range(start - pd.Timedelta(hours=8), periods=96, freq="h").astype(UTC)
    weather = pd.concat(
        [
            pd.DataFrame(
                {"origin": origin, "observed_at": hours}
                | {name: random.random(96) for name in WEATHER}
            ).astype({"origin": "string"})
            for origin in ("JFK", "EWR")
        ],
        ignore_index=True,
    )
    fleet = pd.DataFrame(
        {
            "tailnum": pd.array(["N1", "N2"], dtype="string"),
            "manufactured_year": pd.array([2001, None], dtype="Int16"),
            "seats": pd.array([55, 180], dtype="Int16"),
        }
    )
    return departures, weather, fleet


# A smaller example would not be clearer, and looking for one takes minutes.
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(seed=st.integers(0, 1000), row=st.integers(0, FLIGHTS - 1), shift_min=st.integers(1, 999))
def test_whatever_happens_after_the_cutoff_changes_no_feature(seed, row, shift_min):
    departures, weather, fleet = products(seed)
    flight = departures.loc[row, "flight"]
    cutoff = departures.loc[row, "scheduled_departure_at"] - HORIZON
    changed, storm = departures.copy(), weather.copy()
    # What has not happened by the cutoff happens another way or never, this flight included.
    random = np.random.default_rng(seed)
    for moment, minutes in (("departed_at", "dep_delay_min"), ("arrived_at", "arr_delay_min")):
        open_yet = ~(changed[moment] <= cutoff).fillna(False).astype(bool)
        changed.loc[open_yet, moment] = cutoff + pd.Timedelta(minutes=shift_min)
        changed.loc[open_yet, minutes] = shift_min
        never = open_yet & (random.random(FLIGHTS) < 0.3)
        changed.loc[never, moment] = pd.NaT
        changed.loc[never, minutes] = pd.NA
    changed[["cancelled", "diverted"]] = True
    changed["air_time_min"] = pd.array([1] * FLIGHTS, dtype="Int16")
    later = storm["observed_at"] > cutoff
    storm.loc[later, WEATHER] = 1e6
    storm.loc[later, "observed_at"] += pd.Timedelta(minutes=17)

    before = build_examples(departures, weather, fleet, OPTIONS)
    after = build_examples(changed, storm, fleet, OPTIONS)

    columns = [name for name in before if name != "late"]
    pd.testing.assert_frame_equal(
        before.loc[before["flight"] == flight, columns].reset_index(drop=True),
        after.loc[after["flight"] == flight, columns].reset_index(drop=True),
    )


def test_what_happened_before_the_cutoff_does_count():
    departures, weather, fleet = products()
    before = build_examples(departures, weather, fleet, OPTIONS)
    more = {name: departures[name] + 50 for name in ("dep_delay_min", "arr_delay_min")}
    after = build_examples(departures.assign(**more), weather, fleet, OPTIONS)
    delays = [name for name in FEATURES if name.endswith("delay_min")]
    assert len(delays) == 6
    for column in delays:
        known = before[column].notna()
        assert known.any(), column
        assert np.allclose(after.loc[known, column], before.loc[known, column] + 50), column


def test_the_order_of_the_rows_does_not_matter():
    departures, weather, fleet = products(5)
    mixed = [each.sample(frac=1, random_state=3) for each in (departures, weather, fleet)]
    pd.testing.assert_frame_equal(
        build_examples(departures, weather, fleet, OPTIONS), build_examples(*mixed, OPTIONS)
    )


def test_every_flight_is_there_once_and_only_arrivals_have_a_label():
    departures, weather, fleet = products(2)
    made = build_examples(departures, weather, fleet, OPTIONS)
    assert len(made) == FLIGHTS and not made.duplicated(KEYS).any()
    assert sum(map(len, GROUPS.values())) == len(set(FEATURES))
    both = made.merge(departures, on="flight", validate="one_to_one")
    without = both["cancelled"] | both["diverted"]
    assert both["late"].isna().tolist() == without.tolist()
    known = both["late"].notna()
    assert (both["late"] == (both["arr_delay_min"] >= 15))[known].all()


def test_every_column_of_the_products_is_declared():
    contracts = Path(__file__).parents[3] / "platform-conf" / "contracts"
    for product, known in KNOWN_FROM.items():
        contract = yaml.safe_load((contracts / f"{product}.yaml").read_text(encoding="utf-8"))
        promised = {column["name"] for column in contract["schema"][0]["properties"]}
        assert set(known) == promised, product


def test_the_airport_and_the_aircraft_agree_with_a_slow_look():
    departures, weather, fleet = products(3)
    made = build_examples(departures, weather, fleet, OPTIONS)
    for row in made.merge(departures[["flight", "tailnum"]], on="flight")[::3].itertuples():
        cutoff = row.scheduled_departure_at - HORIZON
        here = departures[departures["origin"] == row.origin]
        due = here["scheduled_departure_at"] + pd.Timedelta(minutes=15)
        old = here["scheduled_departure_at"] + pd.Timedelta(hours=3)
        gone = (here["departed_at"] <= cutoff).fillna(False)
        assert row.overdue_departures == sum((due <= cutoff) & (cutoff < old) & ~gone)
        seen = here[gone & (here["departed_at"] > cutoff - pd.Timedelta(hours=3))]
        assert row.recent_departures == len(seen)
        same = departures[(departures["tailnum"] == row.tailnum).fillna(False)]
        landed = same[(same["arrived_at"] <= cutoff).fillna(False)].sort_values("arrived_at")
        if len(landed):
            hours = (cutoff - landed["arrived_at"].iloc[-1]).total_seconds() / 3600
            assert hours > 48 or np.isclose(row.aircraft_hours_since_arrival, hours)
        else:
            assert np.isnan(row.aircraft_hours_since_arrival)


def test_hours_are_new_yorks_on_both_sides_of_the_clock_change():
    departures, weather, fleet = products(4)
    made = build_examples(departures, weather, fleet, OPTIONS).set_index("scheduled_departure_at")
    shift = np.where(made.index < pd.Timestamp("2013-03-10 07:00", tz="UTC"), 5, 4)
    clock = (made.index.hour + made.index.minute / 60 - shift) % 24
    assert np.allclose(made["local_hour"], clock)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"recent_min": 0}, r"features\.recent_min: expected a whole number above 0, found 0"),
        ({"horizon_min": "2h"}, r"features\.horizon_min: expected a whole number .* found '2h'"),
        ({"horison_min": 120}, r"features: unknown or missing horison_min; expected horizon_min"),
    ],
)
def test_a_bad_option_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        build_examples(*products(), OPTIONS | wrong)

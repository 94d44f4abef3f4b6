"""What is published from good drops, and what properties it has whatever the drop."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flights.pipelines.cleaning.departures import KEY, clean_departures
from flights.pipelines.cleaning.nodes import (
    clean_fleet,
    clean_flights,
    clean_weather,
    measure_quality,
    time_zones_of,
)
from flights.pipelines.cleaning.times import clock_of
from rows import ZONES, departure, drop

SCHEMA = {
    "carrier": "str",
    "flight": "int32",
    "tailnum": "str",
    "origin": "str",
    "dest": "str",
    "scheduled_departure_at": "datetime64[us, UTC]",
    "scheduled_arrival_at": "datetime64[us, UTC]",
    "departed_at": "datetime64[us, UTC]",
    "arrived_at": "datetime64[us, UTC]",
    "dep_delay_min": "Int16",
    "arr_delay_min": "Int16",
    "air_time_min": "Int16",
    "distance_mi": "int16",
    "cancelled": "bool",
    "diverted": "bool",
}
GONE = {"dep_time": "NA", "dep_delay": "NA", "arr_time": "NA", "arr_delay": "NA", "air_time": "NA"}
LOST = {"arr_time": "NA", "arr_delay": "NA", "air_time": "NA"}


def test_departures_have_the_published_schema() -> None:
    made = clean_departures("departures/2013-01", drop(departure("2013-01-15", 600, 730)), ZONES)
    assert made.dtypes.astype(str).to_dict() == SCHEMA
    assert list(made) == list(SCHEMA)


def test_cancelled_and_diverted_are_kept_and_marked() -> None:
    rows = drop(
        departure("2013-01-15", 600, 730, flight=1),
        departure("2013-01-15", 600, 730, flight=2, tailnum="NA", **GONE),
        departure("2013-01-15", 600, 730, flight=3, tailnum="", **LOST),
    )
    made = clean_departures("departures/2013-01", rows, ZONES).set_index("flight")
    assert made["cancelled"].tolist() == [False, True, False]
    assert made["diverted"].tolist() == [False, False, True]
    assert made["departed_at"].isna().tolist() == [False, True, False]
    assert made["arrived_at"].isna().tolist() == [False, True, True]
    assert made["tailnum"].isna().tolist() == [False, True, True]
    assert made["scheduled_arrival_at"].notna().all()


def test_order_does_not_depend_on_the_drop() -> None:
    rows = [departure("2013-01-15", 600 + i, 900, flight=9 - i) for i in range(5)]
    there = clean_departures("departures/2013-01", drop(*rows), ZONES)
    back = clean_departures("departures/2013-01", drop(*reversed(rows)), ZONES)
    pd.testing.assert_frame_equal(there, back)


def test_months_are_made_only_when_asked_for() -> None:
    read: list[str] = []

    def january() -> pd.DataFrame:
        read.append("2013-01")
        return drop(departure("2013-01-15", 600, 730))

    airports = pd.DataFrame({"faa": ["JFK", "ORD"], "tzone": ["America/New_York", "NA"]})
    made = clean_flights({"2013-01": january}, airports, {"ORD": "America/Chicago"})
    assert read == []
    assert len(made["2013-01"]()) == 1
    assert read == ["2013-01"]


def test_nothing_due_makes_nothing() -> None:
    assert clean_weather({}) == {}
    assert clean_fleet({}) == {}


def test_weather_is_typed_and_ordered() -> None:
    row = {
        "year": "2013",
        "month": "11",
        "temp": "39.02",
        "dewp": "NA",
        "humid": "59",
        "wind_dir": "270",
    }
    row |= {"wind_speed": "10.4", "wind_gust": "", "precip": "0", "pressure": "NA", "visib": "10"}
    rows = drop(
        {"origin": "JFK", "time_hour": "2013-11-03T06:00:00Z", **row},
        {"origin": "EWR", "time_hour": "2013-11-03T06:00:00Z", **row},
        {"origin": "EWR", "time_hour": "2013-11-03T05:00:00Z", **row},
    )
    made = clean_weather({"2013-11": lambda: rows})["2013-11"]()
    assert made["origin"].tolist() == ["EWR", "EWR", "JFK"]
    assert made["observed_at"].dt.hour.tolist() == [5, 6, 6]
    assert str(made["observed_at"].dtype) == "datetime64[us, UTC]"
    assert made["dewpoint_f"].isna().all() and made["wind_gust_mph"].isna().all()
    assert (made.dtypes.iloc[2:] == "float64").all() and made.shape == (3, 11)


def test_fleet_is_typed_and_ordered() -> None:
    row = {
        "type": "Rotorcraft",
        "manufacturer": "BELL",
        "model": "B206",
        "engines": "1",
        "seats": "5",
        "engine": "Turbo-shaft",
    }
    rows = drop(
        {"tailnum": "N2", "year": "NA", "speed": "112", **row},
        {"tailnum": "N1", "year": "1984", "speed": "NA", **row},
    )
    made = clean_fleet({"fleet": lambda: rows})["fleet"]()
    assert made["tailnum"].tolist() == ["N1", "N2"]
    assert made["manufactured_year"].tolist() == [1984, pd.NA]
    assert made["speed_mph"].tolist() == [pd.NA, 112]
    assert made[["engines", "seats"]].dtypes.astype(str).tolist() == ["int16", "int16"]


def test_quality_counts_the_whole_product() -> None:
    made = clean_departures(
        "departures/2013-01",
        drop(departure("2013-01-31", 2330, 130), departure("2013-01-15", 600, 730, **GONE)),
        ZONES,
    )
    counts = measure_quality(made, made.head(1), made.head(0))
    assert counts["departures"] == {
        "rows": 2,
        "without_departure_time": 1,
        "without_arrival_delay": 1,
        "cancelled": 1,
        "diverted": 0,
        "rows_by_month": {"2013-01": 2},
    }
    assert (counts["weather"], counts["fleet"]) == ({"rows": 1}, {"rows": 0})


def test_time_zones_come_from_both_lists() -> None:
    airports = pd.DataFrame({"faa": ["JFK", "XXX"], "tzone": ["America/New_York", "NA"]})
    assert time_zones_of(airports, {"SJU": "America/Puerto_Rico"}) == {
        "JFK": "America/New_York",
        "SJU": "America/Puerto_Rico",
    }
    with pytest.raises(
        ValueError, match=r"time_zones\.SJU: 'America/Nowhere'.*expected an IANA name"
    ):
        time_zones_of(airports, {"SJU": "America/Nowhere"})


CLOCKS = st.builds(lambda hour, minute: hour * 100 + minute, st.integers(0, 23), st.integers(0, 59))


@st.composite
def months(draw: st.DrawFn) -> pd.DataFrame:
    """A drop of March or November 2013, the months in which clocks change."""
    month = draw(st.sampled_from([3, 11]))
    rows = []
    for flight in range(draw(st.integers(1, 8))):
        # No schedule falls into the hour that March skips: that clock never shows it.
        leaves = draw(CLOCKS.filter(lambda clock: clock // 100 != 2))
        delay = {
            "dep_delay": draw(st.integers(-60, 1500)),
            "arr_delay": draw(st.integers(-90, 1500)),
        }
        missing = draw(st.sampled_from([{}, {}, GONE, LOST]))
        dest = draw(st.sampled_from(["ORD", "LAX", "HNL", "PHX", "SJU"]))
        day = f"2013-{month:02}-{draw(st.integers(1, 30)):02}"
        rows.append(
            departure(day, leaves, draw(CLOCKS), dest, **{**delay, **missing}, flight=flight)
        )
    return drop(*rows)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(months())
def test_whatever_the_drop(rows: pd.DataFrame) -> None:
    month = f"2013-{rows['month'].iloc[0].zfill(2)}"
    made = clean_departures(f"departures/{month}", rows, ZONES)
    assert len(made) == len(rows)
    assert not made.duplicated(KEY).any()
    for column in ("scheduled_departure_at", "scheduled_arrival_at", "departed_at", "arrived_at"):
        assert str(made[column].dtype) == "datetime64[us, UTC]"
    for ends, plan, delay in (
        ("departed_at", "scheduled_departure_at", "dep_delay_min"),
        ("arrived_at", "scheduled_arrival_at", "arr_delay_min"),
    ):
        late = (made[ends] - made[plan]) / pd.Timedelta(minutes=1)
        assert (late.isna() == made[delay].isna()).all()
        assert (late.dropna() == made[delay].dropna().astype("float64")).all()
    assert (made["scheduled_arrival_at"] > made["scheduled_departure_at"]).all()
    raw = rows.astype({"flight": int}).set_index("flight").loc[made["flight"]].reset_index()
    leaves = clock_of(made["scheduled_departure_at"], raw["origin"].map(ZONES))
    assert (leaves % 2400 == raw["sched_dep_time"].astype(int)).all()
    lands = clock_of(made["scheduled_arrival_at"], raw["dest"].map(ZONES)) % 2400
    wanted = raw["sched_arr_time"].astype(int)
    skipped = (lands == 300) & (wanted // 100 == 2)
    assert ((lands == wanted) | skipped).all()

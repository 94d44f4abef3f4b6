"""Clock readings to UTC: daylight saving, midnights, time zones."""

from __future__ import annotations

import pandas as pd
import pytest

from flights.pipelines.cleaning.departures import clean_departures
from flights.pipelines.cleaning.times import clock_of, scheduled_departures
from rows import ZONES, departure, drop


def clean(row: dict[str, str]) -> pd.Series:
    month = f"{row['year']}-{row['month'].zfill(2)}"
    return clean_departures(f"departures/{month}", drop(row), ZONES).iloc[0]


@pytest.mark.parametrize(
    ("row", "leaves", "lands"),
    [
        pytest.param(departure("2013-01-15", 600, 730), "2013-01-15T11:00Z", "2013-01-15T13:30Z", id="winter"),
        pytest.param(departure("2013-07-15", 600, 730), "2013-07-15T10:00Z", "2013-07-15T12:30Z", id="summer"),
        pytest.param(departure("2013-03-10", 130, 230), "2013-03-10T06:30Z", "2013-03-10T08:00Z", id="clock forward, skipped arrival"),
        pytest.param(departure("2013-03-10", 130, 330), "2013-03-10T06:30Z", "2013-03-10T08:30Z", id="clock forward on the way"),
        pytest.param(departure("2013-03-10", 300, 430), "2013-03-10T07:00Z", "2013-03-10T09:30Z", id="just after clock forward"),
        pytest.param(departure("2013-11-02", 2330, 110), "2013-11-03T03:30Z", "2013-11-03T06:10Z", id="clock back, first one o'clock"),
        pytest.param(departure("2013-11-03", 30, 120), "2013-11-03T04:30Z", "2013-11-03T06:20Z", id="clock back at departure only"),
        pytest.param(departure("2013-11-03", 200, 145), "2013-11-03T07:00Z", "2013-11-04T07:45Z", id="too soon even for the second one o'clock"),
        pytest.param(departure("2013-11-03", 130, 145, time_hour="2013-11-03T05:00:00Z"), "2013-11-03T05:30Z", "2013-11-03T06:45Z", id="first 1:30, first 1:45 there"),
        pytest.param(departure("2013-11-03", 130, 145, time_hour="2013-11-03T06:00:00Z"), "2013-11-03T06:30Z", "2013-11-03T07:45Z", id="second 1:30 by the source's hour"),
        pytest.param(departure("2013-06-01", 2300, 25), "2013-06-02T03:00Z", "2013-06-02T05:25Z", id="over midnight"),
        pytest.param(departure("2013-01-31", 2130, 2400), "2013-02-01T02:30Z", "2013-02-01T06:00Z", id="arrival at 2400"),
        pytest.param(departure("2013-01-31", 2130, 0), "2013-02-01T02:30Z", "2013-02-01T06:00Z", id="arrival at 0"),
        pytest.param(departure("2013-01-31", 2400, 130), "2013-02-01T05:00Z", "2013-02-01T07:30Z", id="departure at 2400"),
        pytest.param(departure("2013-12-31", 2359, 440, "SJU"), "2014-01-01T04:59Z", "2014-01-01T08:40Z", id="over the year, eastwards"),
        pytest.param(departure("2013-05-01", 2100, 2359, "LAX"), "2013-05-02T01:00Z", "2013-05-02T06:59Z", id="west coast"),
        pytest.param(departure("2013-05-01", 2100, 30, "LAX"), "2013-05-02T01:00Z", "2013-05-02T07:30Z", id="west coast over its midnight"),
        pytest.param(departure("2013-07-01", 900, 1100, "PHX"), "2013-07-01T13:00Z", "2013-07-01T18:00Z", id="Arizona keeps no daylight saving"),
        pytest.param(departure("2013-01-01", 900, 1530, "HNL"), "2013-01-01T14:00Z", "2013-01-02T01:30Z", id="Honolulu"),
        pytest.param(departure("2013-01-01", 1000, 915, "HNL"), "2013-01-01T15:00Z", "2013-01-02T19:15Z", id="too soon for Honolulu the same day"),
    ],
)  # fmt: skip
def test_schedule_in_utc(row: dict[str, str], leaves: str, lands: str) -> None:
    made = clean(row)
    assert made["scheduled_departure_at"] == pd.Timestamp(leaves)
    assert made["scheduled_arrival_at"] == pd.Timestamp(lands)


def test_delays_are_elapsed_minutes() -> None:
    """Ninety minutes late over the change of clocks is ninety minutes, whatever clocks show."""
    made = clean(departure("2013-03-10", 130, 330, dep_time=400, dep_delay=90, arr_delay=-5))
    assert made["departed_at"] == pd.Timestamp("2013-03-10T08:00Z")
    assert made["arrived_at"] == pd.Timestamp("2013-03-10T08:25Z")


def test_skipped_departure_is_when_clocks_move_on() -> None:
    day, clock = pd.Series(pd.to_datetime(["2013-03-10"])), pd.Series([230])
    hour = pd.Series(pd.to_datetime(["2013-03-10T07:00Z"]))
    assert scheduled_departures(day, clock, hour).iloc[0] == pd.Timestamp("2013-03-10T07:00Z")


def test_clock_reads_2400_at_midnight_and_null_for_null() -> None:
    instants = pd.Series(pd.to_datetime(["2013-01-01T05:00Z", None, "2013-07-01T04:01Z"]))
    read = clock_of(instants, pd.Series("America/New_York", index=instants.index))
    assert read.tolist() == [2400, pd.NA, 1]

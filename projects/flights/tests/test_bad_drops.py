"""Every kind of bad drop ends in one message: what, where, expected, the way out."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from flights.pipelines.cleaning.nodes import clean_fleet, clean_flights, clean_weather
from rows import csv, departure, read

AIRPORTS = pd.DataFrame(
    {
        "faa": ["JFK", "ORD", "LAX"],
        "tzone": ["America/New_York", "America/Chicago", "America/Los_Angeles"],
    }
)
FIRST = departure("2013-03-15", 600, 730)
SECOND = departure("2013-03-16", 700, 830)
GOOD = csv(FIRST, SECOND)
WAY_OUT = "Ask the source to deliver it again, or correct the file; nothing was published from it."


def refused(folder: Path, text: str, month: str = "2013-03") -> str:
    """What cleaning says of a landed file with this text."""
    file = folder / f"{month}.csv"
    file.write_text(text, encoding="utf-8")
    made = clean_flights({month: lambda: read(file)}, AIRPORTS, {})
    with pytest.raises(ValueError) as caught:
        made[month]()
    return str(caught.value)


def changed(**columns: object) -> str:
    """The good drop with its second row changed."""
    return csv(FIRST, SECOND | {key: str(value) for key, value in columns.items()})


def test_the_good_drop_is_good(tmp_path: Path) -> None:
    file = tmp_path / "2013-03.csv"
    file.write_text(GOOD, encoding="utf-8")
    assert len(clean_flights({"2013-03": lambda: read(file)}, AIRPORTS, {})["2013-03"]()) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "departures/2013-03: cannot be read as CSV: No columns to parse from file.", id="empty file"),
        pytest.param(GOOD.splitlines()[0] + "\n", "departures/2013-03: no rows below the header; the file may be truncated", id="header only"),
        pytest.param(GOOD[:-60], "departures/2013-03, row 2: found 6 fields, expected 19; the file may be truncated", id="last line cut short"),
        pytest.param(GOOD[:-9], "departures/2013-03, row 2: column time_hour: found '2013-03-16T1'; expected a UTC hour such as 2013-01-01T06:00:00Z; the file may be truncated", id="last value cut short"),
        pytest.param(GOOD.replace(",UA,", ",UA,UA,UA,", 1), "departures/2013-03, row 1: more fields than the header has columns.", id="first row too long"),
        pytest.param(GOOD[:-1] + ",1\n", "departures/2013-03: cannot be read as CSV: Error tokenizing data. C error: Expected 19 fields in line 3, saw 20.", id="last row too long"),
        pytest.param(GOOD.replace("tailnum", "tail_number"), "departures/2013-03: missing column(s) tailnum; expected year, month,", id="missing column"),
        pytest.param(changed(distance="far"), "departures/2013-03, row 2: column distance: found 'far'; expected a whole number from -32768 to 32767.", id="wrong type"),
        pytest.param(changed(dep_delay="1.5"), "departures/2013-03, row 2: column dep_delay: found '1.5'; expected a whole number", id="fraction"),
        pytest.param(changed(distance="99999"), "departures/2013-03, row 2: column distance: found '99999'; expected a whole number from -32768 to 32767.", id="too large"),
        pytest.param(changed(distance="inf"), "departures/2013-03, row 2: column distance: found 'inf'; expected a whole number", id="infinite"),
        pytest.param(changed(carrier="NA"), "departures/2013-03, row 2: column carrier: is missing; expected a value.", id="missing text"),
        pytest.param(changed(flight=""), "departures/2013-03, row 2: column flight: is missing; expected a value.", id="missing number"),
        pytest.param(changed(sched_dep_time=1275), "departures/2013-03, row 2: column sched_dep_time: found 1275; expected a time of day as hhmm, 0 to 2400.", id="no such minute"),
        pytest.param(changed(sched_arr_time=2401), "departures/2013-03, row 2: column sched_arr_time: found 2401; expected a time of day", id="no such hour"),
        pytest.param(changed(day=32), "departures/2013-03, row 2: column day: found 32; expected a day of the month.", id="no such day"),
        pytest.param(csv(FIRST, FIRST), "departures/2013-03, row 2: repeats an earlier row (carrier=UA, flight=1, origin=JFK, scheduled_departure_at=2013-03-15 10:00:00+00:00); expected each once.", id="duplicate row"),
        pytest.param(csv(FIRST, FIRST, FIRST | {"tailnum": "N9"}), "departures/2013-03, row 2: repeats an earlier row (carrier=UA, flight=1, origin=JFK, scheduled_departure_at=2013-03-15 10:00:00+00:00); expected each once (1 more like it).", id="duplicate key"),
        pytest.param(csv(FIRST, departure("2013-04-01", 600, 730)), "departures/2013-03, row 2: is of 2013-04; expected 2013-03.", id="wrong month"),
        pytest.param(changed(time_hour="2013-03-16T10:00:00Z"), "departures/2013-03, row 2: column time_hour: found 2013-03-16T10:00:00Z; expected the UTC hour of the scheduled departure, 2013-03-16T11:00:00Z.", id="hours disagree"),
        pytest.param(changed(dep_delay="NA"), "departures/2013-03, row 2: expected dep_time and dep_delay both there or both missing, found one.", id="departed without delay"),
        pytest.param(changed(dep_delay="NA", dep_time="NA"), "departures/2013-03, row 2: has an arrival delay and no departure time;", id="arrived without departure"),
        pytest.param(changed(origin="LAX"), "departures/2013-03, row 2: origin 'LAX' keeps another time than America/New_York, which was expected.", id="not from New York"),
    ],
)  # fmt: skip
def test_bad_departures(tmp_path: Path, text: str, says: str) -> None:
    message = refused(tmp_path, text)
    assert message.startswith(says)
    assert message.endswith(WAY_OUT)
    assert "\n" not in message


def test_unknown_airport(tmp_path: Path) -> None:
    assert refused(tmp_path, changed(dest="XYZ")) == (
        "departures/2013-03, row 2: no time zone is known for airport 'XYZ' (column dest). "
        "Add it to time_zones in conf/base/globals.yml."
    )


def test_bad_weather_and_fleet() -> None:
    weather = dict.fromkeys(
        [
            "temp",
            "dewp",
            "humid",
            "wind_dir",
            "wind_speed",
            "wind_gust",
            "precip",
            "pressure",
            "visib",
        ],
        "1",
    )
    weather |= {"origin": "JFK", "year": "2013", "month": "3", "time_hour": "2013-03-01T06:00:00Z"}
    for row, says in (
        (weather, "weather/2013-03, row 2: repeats an earlier row (origin=JFK, observed_at="),
        (
            weather | {"temp": "mild"},
            "weather/2013-03, row 2: column temp: found 'mild'; expected a number.",
        ),
        (weather | {"month": "4"}, "weather/2013-03, row 2: is of 2013-04; expected 2013-03."),
        (
            weather | {"time_hour": "6 am"},
            "weather/2013-03, row 2: column time_hour: found '6 am';",
        ),
    ):
        table = pd.DataFrame([weather, row])
        with pytest.raises(ValueError, match=re.escape(says)):
            clean_weather({"2013-03": lambda table=table: table})["2013-03"]()
    with pytest.raises(
        ValueError, match=r"fleet/fleet: missing column\(s\) year, type, .*Ask the source"
    ):
        clean_fleet({"fleet": lambda: pd.DataFrame({"tailnum": ["N1"]})})["fleet"]()


def test_a_drop_that_its_dataset_refuses_keeps_the_datasets_words() -> None:
    class RefusedError(Exception):
        """What a dataset raises; a node knows nothing of Kedro's classes."""

    def read_it() -> pd.DataFrame:
        raise RefusedError("drop '2013-03' has 1 rows; expected 2 rows.")

    made = clean_flights({"2013-03": read_it}, AIRPORTS, {})
    with pytest.raises(
        ValueError, match=r"^departures/2013-03: drop '2013-03' has 1 rows; expected 2 rows\.$"
    ):
        made["2013-03"]()


def test_each_month_is_refused_on_its_own(tmp_path: Path) -> None:
    (tmp_path / "2013-02.csv").write_text("")
    (tmp_path / "2013-03.csv").write_text(GOOD)
    drops = {
        month: lambda month=month: read(tmp_path / f"{month}.csv")
        for month in ("2013-02", "2013-03")
    }
    made = clean_flights(drops, AIRPORTS, {})
    assert len(made["2013-03"]()) == 2
    with pytest.raises(ValueError, match="departures/2013-02"):
        made["2013-02"]()

"""Series, rolling origins, MASE and the forecast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demand.pipelines.evaluation.nodes import measure, roll_origins
from demand.pipelines.evaluation.report import draw_report
from demand.pipelines.forecast.nodes import forecast_next_day
from demand.series import LAGS_H, Options, earlier, hourly, with_features

OPTIONS = {
    "first_origin": "2013-03-08",
    "origins": 5,
    "refit_every": 3,
    "seed": 1,
    "max_iter": 10,
    "holidays": ["2013-01-01"],
}
START = datetime(2013, 1, 1, 5, tzinfo=UTC)


def series(hours: int = 24 * 75, seed: int = 0) -> pl.DataFrame:
    """Two airports with a daily wave and noise."""
    random = np.random.default_rng(seed)
    moments = [START + timedelta(hours=each) for each in range(hours)]
    wave = 10 + 8 * np.sin(np.arange(hours) / 24 * 2 * np.pi)
    parts = [
        pl.DataFrame(
            {"origin": name, "hour": moments, "departures": random.poisson(wave).astype(float)}
        )
        for name in ("EWR", "JFK")
    ]
    return pl.concat(parts).with_columns(pl.col("hour").dt.cast_time_unit("us"))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 100), index=st.integers(0, 4))
def test_nothing_after_an_origin_changes_its_forecast(seed, index):
    known = series(seed=seed)
    before = roll_origins(known, OPTIONS)
    start = pl.col("hour") - pl.duration(hours=pl.col("step") - 1)
    origin = before.select(start).to_series().unique().sort()[index]
    later = known.with_columns(
        pl.when(pl.col("hour") >= origin)
        .then(999.0)
        .otherwise(pl.col("departures"))
        .alias("departures")
    )
    after = roll_origins(later, OPTIONS)
    day = start == origin
    assert before.filter(day)["forecast"].to_list() == after.filter(day)["forecast"].to_list()


def test_every_lag_is_known_a_day_ahead():
    assert min(LAGS_H) >= 24


def test_hours_without_departures_are_zeros_and_airports_share_the_grid():
    moments = [START, START, START + timedelta(hours=3)]
    made = hourly(
        pl.LazyFrame({"origin": ["JFK", "JFK", "EWR"], "scheduled_departure_at": moments})
    )
    assert made.filter(pl.col("origin") == "JFK")["departures"].to_list() == [2, 0, 0, 0]
    assert made.filter(pl.col("origin") == "EWR")["departures"].to_list() == [0, 0, 0, 1]
    with pytest.raises(ValueError, match="holds no row"):
        hourly(
            pl.LazyFrame(
                {"origin": [], "scheduled_departure_at": []},
                schema={"origin": pl.String, "scheduled_departure_at": pl.Datetime("us", "UTC")},
            )
        )


def test_local_hours_follow_daylight_saving():
    made = with_features(series(), []).filter(pl.col("origin") == "JFK")
    hour = dict(zip(made["hour"].to_list(), made["local_hour"].to_list(), strict=True))
    assert hour[datetime(2013, 3, 10, 6, tzinfo=UTC)] == 1
    assert hour[datetime(2013, 3, 10, 7, tzinfo=UTC)] == 3


@pytest.mark.parametrize(
    ("lag_h", "moment", "found"),
    [
        (168, datetime(2013, 3, 12, 14), datetime(2013, 3, 5, 15)),  # forward on 10 March
        (168, datetime(2013, 11, 5, 15), datetime(2013, 10, 29, 14)),  # back on 3 November
        (168, datetime(2013, 10, 15, 14), datetime(2013, 10, 8, 14)),
        (24, datetime(2013, 11, 3, 15), datetime(2013, 11, 2, 14)),
        (24, datetime(2013, 3, 10, 14), datetime(2013, 3, 9, 14)),  # 23 hours would be too late
    ],
)
def test_an_earlier_hour_is_the_same_on_new_yorks_clock_and_known_a_day_ahead(lag_h, moment, found):
    known = series(24 * 330).with_columns(
        pl.col("hour").dt.timestamp().cast(float).alias("departures")
    )
    made = known.filter(pl.col("origin") == "JFK").with_columns(earlier(lag_h).alias("earlier"))
    (value,) = made.filter(pl.col("hour") == moment.replace(tzinfo=UTC))["earlier"]
    assert datetime.fromtimestamp(value / 1e6, UTC) == found.replace(tzinfo=UTC)


def test_mase_agrees_with_its_definition():
    known = series()
    forecasts = roll_origins(known, OPTIONS)
    metrics = measure(forecasts, known, OPTIONS)
    first = datetime(2013, 3, 8, 5, tzinfo=UTC)
    values = []
    for airport in ("EWR", "JFK"):
        past = known.filter((pl.col("origin") == airport) & (pl.col("hour") < first))[
            "departures"
        ].to_numpy()
        scale = np.abs(past[168:] - past[:-168]).mean()
        mine = forecasts.filter(pl.col("origin") == airport)
        values += list(np.abs(mine["departures"].to_numpy() - mine["forecast"].to_numpy()) / scale)
    assert metrics["test"]["mase"] == pytest.approx(np.mean(values))
    assert metrics["test"]["hours"] == 5 * 24 * 2
    assert list(metrics["airports"]) == ["EWR", "JFK"]
    assert list(metrics["weeks"]) == ["2013-03-04", "2013-03-11"]
    whole = forecasts.select((pl.col("departures") - pl.col("forecast")).abs().mean()).item()
    assert metrics["test"]["mae"] == pytest.approx(whole, abs=1e-6)
    page = draw_report(forecasts, metrics)
    assert page == draw_report(forecasts, metrics) and page.count("<svg") == 2


def test_the_forecast_is_a_day_an_airport_and_the_same_again():
    made = forecast_next_day(series(), OPTIONS)
    assert made.group_by("origin").len()["len"].to_list() == [24, 24]
    assert made["hour"].min() == series()["hour"].max() + timedelta(hours=1)
    assert made["forecast"].min() >= 0
    assert made.equals(forecast_next_day(series(), OPTIONS))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"origins": 0}, r"evaluation\.origins"),
        ({"first_origin": "soon"}, "dates such as"),
        ({"holidays": ["x"]}, "'x'"),
    ],
)
def test_a_bad_option_is_named(change, said):
    with pytest.raises(ValueError, match=said):
        Options(**{**OPTIONS, **change})


def test_an_origin_after_the_data_is_refused():
    with pytest.raises(ValueError, match="reach beyond the data's end"):
        roll_origins(series(), {**OPTIONS, "origins": 50})


def test_an_unknown_or_missing_option_is_named():
    with pytest.raises(ValueError, match="unknown or missing origins, origns; expected first_orig"):
        Options.of({"first_origin": "2013-10-01", "origns": 1, "refit_every": 1, "seed": 1,
                    "max_iter": 1, "holidays": []})  # fmt: skip

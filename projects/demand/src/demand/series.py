"""Hourly series per airport, and what is known of an hour a day ahead."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, cast

import numpy as np
import polars as pl
from sklearn.ensemble import HistGradientBoostingRegressor

NEW_YORK = "America/New_York"
HORIZON_H = 24
SEASON_H = 168
LAGS_H = (24, 48, 72, 168, 336)
NUMBERS = [
    *(f"lag_{lag}" for lag in LAGS_H),
    "mean_4_weeks",
    "local_hour",
    "weekday",
    "holiday",
    "airport",
]


@dataclass(frozen=True)
class Options:
    """Where the rolling origins lie, how often the model is fitted again, and the holidays."""

    first_origin: str
    origins: int
    refit_every: int
    seed: int
    max_iter: int
    holidays: list[str]

    @classmethod
    def of(cls, options: dict[str, Any]) -> Options:
        """The options of a parameter file.

        Raises:
            ValueError: A key is unknown or missing, or a value is bad; names it.
        """
        known = [field.name for field in fields(cls)]
        if odd := sorted(set(known) ^ set(options)):
            raise ValueError(
                f"evaluation: unknown or missing {', '.join(odd)}; expected {', '.join(known)}."
            )
        return cls(**options)

    def __post_init__(self) -> None:
        for name in ("origins", "refit_every", "max_iter"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise ValueError(
                    f"evaluation.{name}: expected a whole number >= 1, found {getattr(self, name)!r}."
                )
        for day in (self.first_origin, *self.holidays):
            try:
                date.fromisoformat(day)
            except (TypeError, ValueError):
                raise ValueError(
                    f"evaluation: expected dates such as 2013-10-01, found {day!r}."
                ) from None


def hourly(departures: pl.LazyFrame) -> pl.DataFrame:
    """Scheduled departures per airport and hour, without gaps.

    Args:
        departures: `origin` and `scheduled_departure_at` (UTC).

    Returns:
        `origin`, `hour` (datetime UTC, every hour from the first to the last of all airports)
        and `departures` (float64, 0 where none), ordered by both.
    """
    counted = (
        departures.group_by(
            "origin", pl.col("scheduled_departure_at").dt.truncate("1h").alias("hour")
        )
        .agg(pl.len().cast(pl.Float64).alias("departures"))
        .collect()
    )
    if counted.is_empty():
        raise ValueError("flights.departures holds no row; run the project `flights` first.")
    first, last = counted["hour"].min(), counted["hour"].max()
    hours = pl.datetime_range(first, last, "1h", eager=True).alias("hour")  # type: ignore[arg-type]
    grid = counted.select(pl.col("origin").unique().sort()).join(pl.DataFrame([hours]), how="cross")
    return (
        grid.join(counted, on=["origin", "hour"], how="left")
        .with_columns(pl.col("departures").fill_null(0.0))
        .sort("origin", "hour")
    )


def last_hour(series: pl.DataFrame) -> datetime:
    """The last hour of a series that `hourly` made."""
    return cast(datetime, series["hour"].max())


def with_features(series: pl.DataFrame, holidays: list[str]) -> pl.DataFrame:
    """Add what is known 24 hours before each hour: lags of a day and more, and the calendar.

    The calendar is New York's, so that a day is one that people live, also where the clocks
    change, and so are the lags, see `earlier`.
    """
    local = pl.col("hour").dt.convert_time_zone(NEW_YORK)
    days = [date.fromisoformat(day) for day in holidays]
    same_hour = [earlier(SEASON_H * week) for week in range(1, 5)]
    return series.with_columns(
        *(earlier(lag).alias(f"lag_{lag}") for lag in LAGS_H),
        pl.mean_horizontal(*same_hour).alias("mean_4_weeks"),
        local.dt.hour().cast(pl.Float64).alias("local_hour"),
        local.dt.weekday().cast(pl.Float64).alias("weekday"),
        local.dt.date().is_in(days).cast(pl.Float64).alias("holiday"),
        pl.col("origin").rank("dense").cast(pl.Float64).alias("airport"),
    )


def earlier(lag_h: int) -> pl.Expr:
    """Departures of the same airport at the same hour of New York's clock, whole days before.

    A timetable follows the clock on the wall: where the clocks change in between, that is an hour
    more or less than `lag_h`. Never less than a day, which is not known yet: where the clocks
    went forward within the last one, and where no hour fits, it is just `lag_h` hours before.

    Args:
        lag_h: A multiple of 24.

    Returns:
        For a series that `hourly` made; null before it begins.
    """
    clock = pl.col("hour").dt.convert_time_zone(NEW_YORK).dt.hour()
    departures = pl.col("departures")
    found = [
        pl.when(clock == clock.shift(hours).over("origin")).then(
            departures.shift(hours).over("origin")
        )
        for hours in (lag_h, lag_h + 1, lag_h - 1)
        if hours >= HORIZON_H
    ]
    return pl.coalesce(*found, departures.shift(lag_h).over("origin"))


def fit(known: pl.DataFrame, options: Options) -> HistGradientBoostingRegressor:
    """Boosted trees for counts (Poisson loss) on hours whose lags are all there."""
    rows = known.drop_nulls(NUMBERS)
    model = HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=options.max_iter,
        learning_rate=0.08,
        max_leaf_nodes=31,
        random_state=options.seed,
    )
    return model.fit(rows.select(NUMBERS).to_numpy(), rows["departures"].to_numpy())


def predict(model: HistGradientBoostingRegressor, hours: pl.DataFrame) -> np.ndarray:
    """Expected departures of each hour, shape (n,), never below 0."""
    return np.asarray(model.predict(hours.select(NUMBERS).to_numpy()))

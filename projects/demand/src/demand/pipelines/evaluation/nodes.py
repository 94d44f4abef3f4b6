"""How good would the forecast have been, day by day?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import polars.selectors as cs
from sklearn.ensemble import HistGradientBoostingRegressor

from demand.series import (
    HORIZON_H,
    NEW_YORK,
    SEASON_H,
    Options,
    earlier,
    fit,
    hourly,
    last_hour,
    predict,
    with_features,
)


def count_departures(departures: pl.LazyFrame) -> pl.DataFrame:
    """Hourly departures per airport, see `demand.series.hourly`."""
    return hourly(departures)


def roll_origins(series: pl.DataFrame, options: dict[str, Any]) -> pl.DataFrame:
    """Forecast 24 hours from each origin, using only what came before it.

    Returns:
        `origin`, `hour`, `departures`, `forecast`, `seasonal_naive` (the same hour a week
        before) and `step` (1 to 24), for every airport and hour of every origin.

    Raises:
        ValueError: A bad option, or an origin outside the series.
    """
    chosen = Options.of(options)
    features = with_features(series, chosen.holidays)
    last = last_hour(series)
    parts: list[pl.DataFrame] = []
    model: HistGradientBoostingRegressor
    for index in range(chosen.origins):
        local = datetime.fromisoformat(chosen.first_origin).replace(
            tzinfo=ZoneInfo(NEW_YORK)
        ) + timedelta(days=index)
        start = local.astimezone(UTC)
        if start + timedelta(hours=HORIZON_H - 1) > last:
            raise ValueError(
                f"evaluation: the {HORIZON_H} hours from {local.date()} reach beyond the data's end, "
                f"{last:%Y-%m-%d %H:%M} UTC; lower `origins`."
            )
        if index % chosen.refit_every == 0:
            model = fit(features.filter(pl.col("hour") < start), chosen)
        ahead = features.filter(
            pl.col("hour").is_between(start, start + timedelta(hours=HORIZON_H), closed="left")
        )
        parts.append(
            ahead.select(
                "origin",
                "hour",
                "departures",
                pl.Series("forecast", predict(model, ahead)),
                pl.col(f"lag_{SEASON_H}").alias("seasonal_naive"),
                ((pl.col("hour") - start).dt.total_hours() + 1).alias("step"),
            )
        )
    return pl.concat(parts)


def measure(
    forecasts: pl.DataFrame, series: pl.DataFrame, options: dict[str, Any]
) -> dict[str, Any]:
    """MAE and MASE of the forecast and of the seasonal naive, in all, per airport and per week.

    MASE (Hyndman and Koehler, 2006) divides the MAE by the in-sample MAE of the seasonal naive
    forecast with a season of a week, per airport, on the hours before the first origin. Rounded
    to six digits: sums over threads differ in the last ones.

    Returns:
        `test`, `airports` by their code, and `weeks` by New York's date of their Monday.
    """
    first = (
        datetime.fromisoformat(Options.of(options).first_origin)
        .replace(tzinfo=ZoneInfo(NEW_YORK))
        .astimezone(UTC)
    )
    scale = (
        series.with_columns((pl.col("departures") - earlier(SEASON_H)).abs().alias("error"))
        .filter(pl.col("hour") < first)
        .group_by("origin", maintain_order=True)
        .agg(pl.col("error").mean().alias("scale"))
    )
    monday = pl.col("hour").dt.convert_time_zone(NEW_YORK).dt.date().dt.truncate("1w")
    errors = forecasts.join(scale, on="origin").select(
        "origin",
        monday.cast(pl.String).alias("week"),
        (pl.col("departures") - pl.col("forecast")).abs().alias("mae"),
        ((pl.col("departures") - pl.col("forecast")).abs() / pl.col("scale")).alias("mase"),
        (pl.col("departures") - pl.col("seasonal_naive")).abs().alias("seasonal_naive_mae"),
        ((pl.col("departures") - pl.col("seasonal_naive")).abs() / pl.col("scale")).alias(
            "seasonal_naive_mase"
        ),
    )

    def mean_by(key: str) -> dict[str, dict[str, float]]:
        numbers = cs.numeric()
        rows = errors.group_by(key).agg(numbers.mean()).sort(key).with_columns(numbers.round(6))
        return {row.pop(key): row for row in rows.iter_rows(named=True)}

    return {
        "test": {
            "hours": forecasts.height,
            **errors.select(cs.numeric().mean().round(6)).row(0, named=True),
        },
        "airports": mean_by("origin"),
        "weeks": mean_by("week"),
    }

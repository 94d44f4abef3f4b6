"""The next day's departures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from demand.series import HORIZON_H, Options, fit, last_hour, predict, with_features


def forecast_next_day(series: pl.DataFrame, options: dict[str, Any]) -> pl.DataFrame:
    """Fit on everything and forecast the 24 hours after the last.

    Returns:
        `origin`, `hour` (UTC) and `forecast` (departures, >= 0): 24 rows an airport.
    """
    chosen = Options.of(options)
    last = last_hour(series)
    hours = pl.datetime_range(
        last + timedelta(hours=1), last + timedelta(hours=HORIZON_H), "1h", eager=True
    )
    ahead = series.select(pl.col("origin").unique().sort()).join(
        pl.DataFrame([hours.alias("hour")]), how="cross"
    )
    both = pl.concat([series, ahead], how="diagonal").sort("origin", "hour")
    features = with_features(both, chosen.holidays)
    model = fit(features.filter(pl.col("hour") <= last), chosen)
    wanted = features.filter(pl.col("hour") > last)
    return wanted.select("origin", "hour", pl.Series("forecast", predict(model, wanted)))

"""Forecast the next day."""

from kedro.pipeline import Pipeline, node, pipeline

from demand.pipelines.forecast.nodes import forecast_next_day


def create_pipeline() -> Pipeline:
    """The forecast pipeline."""
    return pipeline(
        [
            node(
                forecast_next_day,
                ["hourly#03_primary@polars", "params:evaluation"],
                "demand.forecast@polars",
                name="forecast_next_day",
            )
        ]
    )

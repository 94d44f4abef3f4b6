"""Evaluate with rolling origins."""

from kedro.pipeline import Pipeline, node, pipeline

from demand.pipelines.evaluation.nodes import count_departures, measure, roll_origins
from demand.pipelines.evaluation.report import draw_report


def create_pipeline() -> Pipeline:
    """The evaluation pipeline."""
    return pipeline(
        [
            node(
                count_departures,
                "flights.departures@polars",
                "hourly#03_primary@polars",
                name="count_departures",
            ),
            node(
                roll_origins,
                ["hourly#03_primary@polars", "params:evaluation"],
                "backtest#07_model_output@polars",
                name="roll_origins",
            ),
            node(
                measure,
                [
                    "backtest#07_model_output@polars",
                    "hourly#03_primary@polars",
                    "params:evaluation",
                ],
                "metrics#metrics",
                name="measure",
            ),
            node(
                draw_report,
                ["backtest#07_model_output@polars", "metrics#metrics"],
                "departures_ahead#report",
                name="draw_report",
            ),
        ]
    )

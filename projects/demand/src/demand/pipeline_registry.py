"""The project's pipelines."""

from kedro.pipeline import Pipeline

from demand.pipelines import evaluation, forecast


def register_pipelines() -> dict[str, Pipeline]:
    """`evaluation`, `forecast` of the series it counts, and both as the default."""
    evaluating, forecasting = evaluation.create_pipeline(), forecast.create_pipeline()
    return {
        "evaluation": evaluating,
        "forecast": evaluating.only_nodes("count_departures") + forecasting,
        "__default__": evaluating + forecasting,
    }

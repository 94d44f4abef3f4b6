"""Train, measure and report."""

from kedro.pipeline import Pipeline, node, pipeline

from delays.pipelines.train.nodes import evaluate_model, fit_model, split_examples
from delays.pipelines.train.report import draw_report


def create_pipeline() -> Pipeline:
    """The train pipeline."""
    return pipeline(
        [
            node(
                split_examples,
                ["examples#05_model_input@pandas", "params:split"],
                "parts",
                name="split_examples",
            ),
            node(fit_model, ["parts", "params:train"], "classifier#models", name="fit_model"),
            node(
                evaluate_model,
                ["classifier#models", "parts", "params:train"],
                "metrics#metrics",
                name="evaluate_model",
            ),
            node(
                draw_report,
                ["classifier#models", "parts", "metrics#metrics", "params:train"],
                "late_arrivals#report",
                name="draw_report",
            ),
        ]
    )

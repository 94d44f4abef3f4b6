"""Train, measure and report."""

from kedro.pipeline import Pipeline, node, pipeline

from delays.pipelines.train.importance import weigh_groups
from delays.pipelines.train.nodes import (
    document_model,
    evaluate_model,
    fit_model,
    predict_parts,
    split_examples,
)
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
            node(
                fit_model,
                ["parts", "params:train", "params:costs"],
                "fitted",
                name="fit_model",
            ),
            node(
                predict_parts,
                ["fitted", "parts"],
                "predictions",
                name="predict_parts",
            ),
            node(
                evaluate_model,
                ["fitted", "predictions", "params:costs"],
                "metrics#metrics",
                name="evaluate_model",
            ),
            # Saved once it was measured: what is in the store has its metrics with it.
            node(
                document_model,
                ["fitted", "parts", "metrics#metrics"],
                "classifier#models",
                name="document_model",
            ),
            node(
                weigh_groups,
                ["fitted", "parts", "params:importance"],
                "weights",
                name="weigh_groups",
            ),
            node(
                draw_report,
                [
                    "parts",
                    "predictions",
                    "metrics#metrics",
                    "weights",
                    "params:costs",
                    "params:features",
                ],
                "report#report",
                name="draw_report",
            ),
        ],
        tags="task.train",
    )

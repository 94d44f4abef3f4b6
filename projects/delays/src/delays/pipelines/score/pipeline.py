"""From examples and a model to scores."""

from kedro.pipeline import Pipeline, node, pipeline

from delays.pipelines.score.nodes import score_flights


def create_pipeline() -> Pipeline:
    """The score pipeline."""
    return pipeline(
        [
            node(
                score_flights,
                ["classifier#models", "examples#05_model_input@pandas"],
                "delays.scores@pandas",
                name="score_flights",
            )
        ],
        tags="task.score",
    )

"""From data products to examples."""

from kedro.pipeline import Pipeline, node, pipeline

from delays.pipelines.features.nodes import build_examples


def create_pipeline() -> Pipeline:
    """The features pipeline."""
    return pipeline(
        [
            node(
                build_examples,
                [
                    "flights.departures@pandas",
                    "flights.weather@pandas",
                    "flights.fleet@pandas",
                    "params:features",
                ],
                "examples#05_model_input@pandas",
                name="build_examples",
            )
        ],
        tags="task.features",
    )

"""The project's pipelines."""

from kedro.pipeline import Pipeline

from delays.pipelines import features, score, train


def register_pipelines() -> dict[str, Pipeline]:
    """`features` alone; `train` and `score` with the features they need; all as the default."""
    making, fitting, scoring = (
        features.create_pipeline(),
        train.create_pipeline(),
        score.create_pipeline(),
    )
    return {
        "features": making,
        "train": making + fitting,
        "score": making + scoring,
        "__default__": making + fitting + scoring,
    }

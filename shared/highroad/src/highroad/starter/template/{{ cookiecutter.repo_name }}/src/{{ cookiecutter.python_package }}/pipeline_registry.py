"""The project's pipelines."""

from kedro.pipeline import Pipeline

from {{ cookiecutter.python_package }}.pipeline import create_pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """One pipeline, which is the default."""
    return {"__default__": create_pipeline()}

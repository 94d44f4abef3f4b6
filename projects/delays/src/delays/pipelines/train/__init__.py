"""The train pipeline."""

from delays.pipelines.train.pipeline import create_pipeline

__all__ = ["create_pipeline"]

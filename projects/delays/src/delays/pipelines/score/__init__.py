"""The score pipeline."""

from delays.pipelines.score.pipeline import create_pipeline

__all__ = ["create_pipeline"]

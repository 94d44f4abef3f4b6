"""The forecast pipeline."""

from demand.pipelines.forecast.pipeline import create_pipeline

__all__ = ["create_pipeline"]

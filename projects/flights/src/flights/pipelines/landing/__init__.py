"""The landing pipeline."""

from flights.pipelines.landing.pipeline import create_pipeline

__all__ = ["create_pipeline"]

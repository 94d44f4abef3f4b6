"""The cleaning pipeline."""

from flights.pipelines.cleaning.pipeline import create_pipeline

__all__ = ["create_pipeline"]

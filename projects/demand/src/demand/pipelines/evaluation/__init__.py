"""The evaluation pipeline."""

from demand.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]

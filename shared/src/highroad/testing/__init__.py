"""Suites that projects and dataset authors inherit."""

from highroad.testing.datasets import DatasetContract, ReadOnlyDatasetContract

__all__ = ["DatasetContract", "ReadOnlyDatasetContract"]

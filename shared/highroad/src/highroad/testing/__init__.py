"""Suites that projects and dataset authors inherit."""

from highroad.testing.checks import CheckContract
from highroad.testing.datasets import DatasetContract, ReadOnlyDatasetContract

__all__ = ["CheckContract", "DatasetContract", "ReadOnlyDatasetContract"]

"""Suites that projects and dataset authors inherit."""

from highroad.testing.checks import CheckContract
from highroad.testing.datasets import DatasetContract, ReadOnlyDatasetContract
from highroad.testing.rules import RuleKindContract

__all__ = ["CheckContract", "DatasetContract", "ReadOnlyDatasetContract", "RuleKindContract"]

"""Suites that projects and the authors of datasets, checks and targets inherit."""

from highroad.testing.checks import CheckContract
from highroad.testing.datasets import DatasetContract, ReadOnlyDatasetContract
from highroad.testing.rules import RuleKindContract
from highroad.testing.targets import TargetContract

__all__ = [
    "CheckContract",
    "DatasetContract",
    "ReadOnlyDatasetContract",
    "RuleKindContract",
    "TargetContract",
]

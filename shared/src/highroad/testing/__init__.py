"""Suites that projects and dataset authors inherit."""

from highroad.testing.datasets import DatasetContract

__all__ = ["DatasetContract"]

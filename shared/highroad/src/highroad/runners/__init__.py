"""Kedro runners."""

from highroad.runners.linear import LinearRunner

__all__ = ["LinearRunner"]

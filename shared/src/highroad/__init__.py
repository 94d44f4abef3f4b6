"""Highroad: one paved way from an idea to a model in production, on Kedro.

Importing this package imports nothing but the standard library.
"""

__version__ = "0.1.0"

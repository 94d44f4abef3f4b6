"""Kedro hooks, one per module, each registered by its own `kedro.hooks` entry point.

Entry points reach every runner and start method: `ParallelRunner`'s children load them too,
which they do not do for the hooks of a project's settings.
"""

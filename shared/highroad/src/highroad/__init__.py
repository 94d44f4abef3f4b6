"""Highroad: one paved way from an idea to a model in production, on Kedro.

Importing this package imports nothing but the standard library.
"""


def __getattr__(name: str) -> str:
    """`__version__`, read when it is asked for."""
    if name != "__version__":
        raise AttributeError(f"module 'highroad' has no attribute '{name}'")
    from importlib.metadata import version

    return version("highroad")

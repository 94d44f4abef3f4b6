"""The end of a process: what it holds goes with it."""

from __future__ import annotations

import atexit
import gc


def end_at_once() -> None:
    """Have Python not look through all that was imported for cycles when it ends.

    It would free them one by one, which takes a run that imported scikit-learn and MLflow a second and
    a command a fifth of its time, and then the system takes the memory as a whole. What is registered
    to happen at the end happens, before this if it was registered later.
    """
    atexit.register(_leave_all)


def _leave_all() -> None:
    # Types of nanobind, such as DuckDB's, say at length that they were not freed.
    if not any("nanobind" in repr(each) for each in type.__subclasses__(type)):
        gc.freeze()

"""Data in memory without importing pandas to find out that it is not pandas.

Kedro's `MemoryDataset` decides how to copy a value by importing pandas, numpy and ibis, whichever
are installed, and looks for a missing ibis again at every load and save. A value can be of a
library's class only where that library is imported already, so looking at what is imported gives
the same answer: a third of a second less for a small run, and nothing per node.
"""

from __future__ import annotations

import sys
from typing import Any

from kedro.io import memory_dataset

_RULE = "_infer_copy_mode"
_COPY = (("pandas", "DataFrame"), ("numpy", "ndarray"))
_ASSIGN = (("ibis", "Table"),)


def install() -> None:
    """Use `copy_mode` for every `MemoryDataset` of the process. Calling it again changes nothing.

    The name is private to Kedro: where a later one lacks it, Kedro's own rule stays.
    """
    if hasattr(memory_dataset, _RULE):
        setattr(memory_dataset, _RULE, copy_mode)


def copy_mode(data: Any) -> Any:
    """Kedro's own rule: `copy` for pandas and numpy, `assign` for other frames, else `deepcopy`."""
    if _is_one_of(data, _COPY):
        return "copy"
    if type(data).__name__ == "DataFrame" or _is_one_of(data, _ASSIGN):
        return "assign"
    return "deepcopy"


def _is_one_of(data: Any, classes: tuple[tuple[str, str], ...]) -> bool:
    for module, name in classes:
        # A half-imported library has no class yet, and nobody can have an instance of it.
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(data, kind):
            return True
    return False

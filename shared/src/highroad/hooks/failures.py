"""What a run was doing when it failed, as a note on the error."""

from __future__ import annotations

from typing import Any

from kedro.framework.hooks import hook_impl


class FailuresHook:
    """Add to the error of a run which node it was in, and which dataset that loaded or saved.

    Kedro's errors describe a dataset by its settings and leave out its name.
    """

    def __init__(self) -> None:
        self._last = ""

    @hook_impl
    def before_pipeline_run(self) -> None:
        self._last = ""

    @hook_impl
    def before_dataset_loaded(self, dataset_name: str, node: Any) -> None:
        self._last = f"node '{node.name}', loading '{dataset_name}'"

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        self._last = f"node '{node.name}'"

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, node: Any) -> None:
        self._last = f"node '{node.name}', saving '{dataset_name}'"

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self, error: Exception) -> None:
        if self._last and not getattr(error, "__notes__", None):
            error.add_note(self._last)


hook = FailuresHook()

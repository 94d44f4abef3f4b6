"""What a run was doing when it failed, as a note on the error."""

from __future__ import annotations

import os
from typing import Any

from kedro.framework.hooks import hook_impl

from highroad.hooks.run_events import RunEvents, spooled


class FailuresHook:
    """Add to the error of a run which node it was in, and which dataset that loaded or saved.

    Kedro's errors describe a dataset by its settings and leave out its name. What began and did
    not end is what failed: runners wait for the nodes that are at work before they give up.
    """

    def __init__(self) -> None:
        self._at_work: dict[str, None] = {}
        self._process: int | None = None

    @hook_impl
    def before_pipeline_run(self) -> None:
        self._at_work = {}
        self._process = os.getpid()

    @hook_impl
    def before_dataset_loaded(self, dataset_name: str, node: Any) -> None:
        self._begin(f"node '{node.name}', loading '{dataset_name}'")

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, node: Any) -> None:
        self._end(f"node '{node.name}', loading '{dataset_name}'")

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        self._begin(f"node '{node.name}'")

    @hook_impl
    def after_node_run(self, node: Any) -> None:
        self._end(f"node '{node.name}'")

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, node: Any) -> None:
        self._begin(f"node '{node.name}', saving '{dataset_name}'")

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Any) -> None:
        self._end(f"node '{node.name}', saving '{dataset_name}'")

    @hook_impl(tryfirst=True)  # the summary, which comes later, takes the children's events away
    def on_pipeline_error(self, error: Exception) -> None:
        for event in RunEvents().so_far():
            if "begun" in event:
                self._at_work[event["begun"]] = None
            elif "ended" in event:
                self._at_work.pop(event["ended"], None)
        if self._at_work and not getattr(error, "__notes__", None):
            error.add_note(" or ".join(self._at_work))

    def _begin(self, what: str) -> None:
        if self._process == os.getpid():
            self._at_work[what] = None
        else:
            spooled({"begun": what})

    def _end(self, what: str) -> None:
        if self._process == os.getpid():
            self._at_work.pop(what, None)
        else:
            spooled({"ended": what})


hook = FailuresHook()

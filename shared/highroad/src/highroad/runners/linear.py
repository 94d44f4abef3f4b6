"""A sequential runner whose time per node does not grow with the pipeline."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from kedro.runner import SequentialRunner

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline


class LinearRunner(SequentialRunner):
    """Kedro's `SequentialRunner`, linear in the number of nodes.

    After each node Kedro asks the pipeline for its free inputs and outputs, which walks all
    nodes: quadratic. A pipeline does not change while it runs, so the answers are kept.
    """

    @property
    def _logger(self) -> logging.Logger:
        """Kedro's own logger, so that its level is one setting for every runner."""
        return logging.getLogger("kedro.runner")

    def _run(self, pipeline: Pipeline, *rest: Any, **named: Any) -> None:
        super()._run(cast("Pipeline", _Remembering(pipeline)), *rest, **named)


class _Remembering:
    """A pipeline that answers `inputs()` and `outputs()` once; all else goes to the pipeline."""

    def __init__(self, pipeline: Pipeline):
        self._pipeline = pipeline

    @cached_property
    def _inputs(self) -> frozenset[str]:
        return frozenset(self._pipeline.inputs())

    @cached_property
    def _outputs(self) -> frozenset[str]:
        return frozenset(self._pipeline.outputs())

    @cached_property
    def nodes(self) -> list[Any]:
        return list(self._pipeline.nodes)

    def inputs(self) -> frozenset[str]:
        return self._inputs

    def outputs(self) -> frozenset[str]:
        return self._outputs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)

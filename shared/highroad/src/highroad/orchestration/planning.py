"""The tasks of a project's pipeline in an environment, by what its catalog keeps outside memory there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException

from highroad.config.entries import class_of
from highroad.config.explain import open_loader, resolver_of
from highroad.errors import ConfigError, DeploymentError
from highroad.orchestration.tasks import Plan, Step, Task, tasks_of
from highroad_workspace.metadata import meant

DEFAULT = "__default__"


def plan_in(project: Path, env: str, pipeline: str = DEFAULT) -> Plan:
    """The same as `tasks_in`, with what its tags ask for in vain as faults."""
    try:
        return Plan(tasks_in(project, env, pipeline))
    except DeploymentError as error:
        return Plan(faults=tuple(str(error).splitlines()))


def tasks_in(project: Path, env: str, pipeline: str = DEFAULT) -> tuple[Task, ...]:
    """The tasks of a pipeline, each after those that it needs; nothing of its data is looked at.

    Args:
        project: The project's folder, in whose own environment this runs.
        env: The environment, whose catalog counts.
        pipeline: One of the project's pipelines.

    Raises:
        ConfigError: There is no such pipeline, or its configuration cannot be read.
        DeploymentError: What its tags ask for cannot be, see `tasks_of`.
    """
    loader = open_loader(project, env)
    from kedro.framework.project import pipelines  # after open_loader has configured the project

    if pipeline not in pipelines:
        known = sorted(pipelines)
        raise ConfigError(
            f"{project.name} has no pipeline '{pipeline}'.{meant(pipeline, known)} Pipelines: {', '.join(known)}."
        )
    try:
        catalog = dict(loader["catalog"])
    except MissingConfigException:
        catalog = {}
    return tasks_of([_step(node) for node in pipelines[pipeline].nodes], _Memory(catalog))


def _step(node: Any) -> Step:
    return Step(node.name, _data(node.inputs), _data(node.outputs), tuple(sorted(node.tags)))


def _data(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(n for n in names if n != "parameters" and not n.startswith("params:"))


class _Memory:
    """Whether a dataset ends with its process, by the catalog's settings alone."""

    def __init__(self, catalog: Mapping[str, Any]):
        self._catalog = catalog
        self._resolver = resolver_of(catalog)

    def __call__(self, name: str) -> bool:
        settings = self._catalog.get(name)
        if settings is None:
            if self._resolver.match_dataset_pattern(name) not in self._catalog:
                return True
            settings = self._resolver.resolve_pattern(name)
        return _is_ephemeral(settings)


def _is_ephemeral(settings: Any) -> bool:
    kind = class_of(settings)
    if isinstance(settings, Mapping) and kind.__name__ == "CachedDataset":
        return _is_ephemeral(settings["dataset"])
    return bool(getattr(kind, "_EPHEMERAL", False))

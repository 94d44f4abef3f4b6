"""Facts about the merged catalog of one environment of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from kedro.config import MissingConfigException
from kedro.io import CatalogConfigResolver

from highroad.config.explain import place_of, resolver_of
from highroad.config.loader import PlatformConfigLoader
from highroad_workspace.projects import Project


class Entry(NamedTuple):
    """A dataset's name, the catalog key that answers for it (perhaps a pattern), its settings."""

    name: str
    key: str
    settings: Mapping[str, Any]


class Merged:
    """One environment of a project: its merged catalog and what its pipelines use.

    Args:
        project: The project, as the workspace knows it.
        env: The environment.
        loader: The project's configuration in it.
        pipelines: Every pipeline of the project.
        workspace: Every project of the repository.
    """

    def __init__(
        self,
        project: Project,
        env: str,
        loader: PlatformConfigLoader,
        pipelines: Sequence[Any],
        workspace: Sequence[Project],
    ):
        self.project = project
        self.env = env
        self.loader = loader
        self.workspace = workspace
        self.catalog = self._read("catalog")
        self.loaded = {
            name: f"{Path(project.path).name}, node '{node.name}', environment {env}"
            for pipeline in pipelines
            for node in pipeline.nodes
            for name in node.inputs
        }
        self.produced = frozenset(
            name for pipeline in pipelines for node in pipeline.nodes for name in node.outputs
        )

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The merged parameters."""
        return self._read("parameters")

    @property
    def used(self) -> frozenset[str]:
        """Every dataset that a node loads or saves."""
        return self.produced | self.loaded.keys()

    @cached_property
    def entries(self) -> list[Entry]:
        """Every entry, and every dataset of the pipelines that a pattern answers for."""
        found = [
            Entry(name, name, settings)
            for name, settings in self.catalog.items()
            if "{" not in name and isinstance(settings, Mapping)
        ]
        for name in sorted(self.used - self.catalog.keys()):
            if pattern := self.pattern_of(name):
                found.append(Entry(name, pattern, self._resolver.resolve_pattern(name)))
        return found

    def pattern_of(self, name: str) -> str | None:
        """The pattern of the catalog that answers for a name."""
        pattern = self._resolver.match_dataset_pattern(name)
        return pattern if pattern in self.catalog else None

    def where(self, *keys: str) -> str:
        """`file:line` of a catalog key in the strongest layer that has it, else the project."""
        place = place_of(self.loader, "catalog", keys) or place_of(self.loader, "catalog", keys[:1])
        return place or f"{self.project.name}, environment {self.env}"

    @cached_property
    def _resolver(self) -> CatalogConfigResolver:
        return resolver_of(self.catalog)

    def _read(self, kind: str) -> Mapping[str, Any]:
        try:
            return dict(self.loader[kind])
        except MissingConfigException:
            return {}

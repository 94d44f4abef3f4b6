"""A place that releases of a project are deployed to: an environment, and how releases come there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from highroad.config.platform import Platform
from highroad.releases.release import Release
from highroad_workspace.projects import Project

SCOPE = "highroad"


@dataclass(frozen=True)
class Place:
    """Where a project's releases go in an environment.

    Attributes:
        project: The project.
        environment: The environment.
        settings: How releases come there; of the class that its target reads `deploy` with.
        platform: The platform's settings.
        root: The repository.
        scope: What keeps them apart from those of others in the same place.
    """

    project: Project
    environment: str
    settings: Any
    platform: Platform
    root: Path
    scope: str = SCOPE

    @property
    def timeout_s(self) -> float:
        """How long a run may take."""
        return 60 * (self.project.timeout_min or self.platform.timeout_min)

    @property
    def memory(self) -> str:
        """How much a run may use, as engines write it."""
        return f"{self.project.memory_mib or self.platform.memory_mib}m"

    def variables(self, release: Release) -> dict[str, str]:
        """What a run of a release is told of where it is."""
        return {"HIGHROAD_RELEASE": release.id, "HIGHROAD_ENV": self.environment}

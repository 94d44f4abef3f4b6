"""A place that releases of a project are deployed to: an environment, and what runs them there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from highroad.config.platform import Deploy, Platform
from highroad.errors import ConfigError
from highroad.releases.engine import Engine
from highroad.releases.release import Release
from highroad.releases.running import options_here
from highroad_workspace.metadata import meant
from highroad_workspace.projects import Project

JOB, SERVICE, FRONT, PROOF, RUN = "job", "service", "front", "proof", "run"
"""What a container is for: to run on schedule, to serve, to stand before what serves, to run once before
a release is deployed, to run once on demand."""
SCOPE = "highroad"
_SHORT = 12


@dataclass(frozen=True)
class Place:
    """Where a project's releases go in an environment.

    Attributes:
        project: The project.
        environment: The environment.
        settings: How releases come there.
        platform: The platform's settings.
        root: The repository.
        scope: What keeps them apart from those of others in the same place.
    """

    project: Project
    environment: str
    settings: Deploy
    platform: Platform
    root: Path
    scope: str = SCOPE

    @property
    def timeout_s(self) -> float:
        """How long a run may take."""
        return 60 * (self.project.timeout_min or self.platform.timeout_min)

    @property
    def memory(self) -> str:
        """How much a container may use, as Docker writes it."""
        return f"{self.project.memory_mib or self.platform.memory_mib}m"

    def variables(self, release: Release) -> dict[str, str]:
        """What a container of a release is told of where it is."""
        return {"HIGHROAD_RELEASE": release.id, "HIGHROAD_ENV": self.environment}


@dataclass(frozen=True, kw_only=True)
class DockerPlace(Place):
    """One on an engine of Docker.

    Attributes:
        engine: The engine that runs them.
    """

    engine: Engine

    def name(self, role: str, release: str = "") -> str:
        """A container's name, the same whenever it is asked for."""
        words = [self.scope, self.environment, self.project.name, role, release[:_SHORT]]
        return "-".join(word for word in words if word)

    def labels(self, role: str, release: str) -> list[str]:
        """Options of `docker run` by which its containers are known."""
        told = self._known_by | {"role": role, "release": release}
        return [
            word for key, value in told.items() for word in ("--label", f"highroad.{key}={value}")
        ]

    @property
    def filters(self) -> list[str]:
        """Options of `docker ps` that find them."""
        return [
            word
            for key, value in self._known_by.items()
            for word in ("--filter", f"label=highroad.{key}={value}")
        ]

    @property
    def _known_by(self) -> dict[str, str]:
        return {
            "scope": self.scope,
            "project": self.project.name,
            "environment": self.environment,
        }

    def options(self, release: Release) -> list[str]:
        """Options of `docker run` for a release here: data, variables, and how much memory it may use.

        Raises:
            ImageError: The engine does not have the release's image.
        """
        facts = self.engine.facts(release.image)
        assert facts is not None, "pre-flight looks for it"
        words = ["--memory", self.memory, "--memory-swap", self.memory]
        words += [word for each in self.settings.passes for word in ("--env", each)]
        words += [
            word
            for name, value in self.variables(release).items()
            for word in ("--env", f"{name}={value}")
        ]
        return words + options_here(self.project, facts, self.platform, self.root, self.environment)


def settings_of(platform: Platform, environment: str) -> Deploy:
    """How releases come to an environment.

    Raises:
        ConfigError: There is no such environment, or nothing is deployed there.
    """
    places = [name for name, each in platform.environments.items() if each.deploy]
    found = platform.environments.get(environment)
    if found is not None and found.deploy is not None:
        return found.deploy
    ways = ", ".join(places) or "none; give one `deploy` in platform-conf/platform.yml"
    problem = "is a place that nothing is deployed to" if found else "is not there"
    raise ConfigError(
        f"Environment '{environment}' {problem}.{meant(environment, places)} Deploy to: {ways}."
    )

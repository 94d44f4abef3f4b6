"""A place on an engine of Docker: names, labels and options of its containers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from highroad.config.platform import Deploy
from highroad.deployments.place import Place
from highroad.releases.engine import Engine
from highroad.releases.release import Release
from highroad.releases.running import options_here

JOB, SERVICE, FRONT, PROOF, RUN = "job", "service", "front", "proof", "run"
"""What a container is for: to run on schedule, to serve, to stand before what serves, to run once before
a release is deployed, to run once on demand."""
_SHORT = 12
EngineURL = Annotated[str, Field(pattern=r"^(unix|tcp|ssh)://.+")]
Port = Annotated[int, Field(gt=0, lt=65536)]


class DockerSettings(Deploy):
    """`deploy` of an engine.

    `engine` is one as DOCKER_HOST names it (None: the one the client knows); `address` and `ports` are where
    services listen, by project (a port that is not named is the engine's choice).
    """

    engine: EngineURL | None = None
    address: str = "127.0.0.1"
    ports: dict[str, Port] = Field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DockerPlace(Place):
    """One on an engine of Docker.

    Attributes:
        engine: The engine that runs them.
    """

    settings: DockerSettings
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

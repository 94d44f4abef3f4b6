"""A place on the real engine for tests: the flights project, as if it had a service too."""

from __future__ import annotations

import os
from pathlib import Path

from highroad.config.platform import load_platform
from highroad.deployments.deploying import Route
from highroad.deployments.place import Place
from highroad.deployments.routes import ledger_database
from highroad.deployments.targets.docker.place import DockerSettings
from highroad.deployments.targets.docker.target import DockerTarget
from highroad.releases.engine import find_engine
from highroad_workspace.projects import find_projects, project_named

ROOT = Path(__file__).parents[6]
PLATFORM = load_platform(ROOT / "platform-conf")
FLIGHTS = project_named(find_projects(ROOT), "flights")._replace(
    serves={"port": 8080}, memory_mib=1000
)
NAME = f"highroad-test-flights-{os.getpid()}"


def stage(
    scope: str, after: str | None, host: str | None = None, well_within_s: float = 120
) -> Route:
    """Its store and records are where HIGHROAD_STORE says."""
    place = Place(FLIGHTS, "staging", DockerSettings(after=after), PLATFORM, ROOT, scope)
    target = DockerTarget(place, FLIGHTS.smoke, well_within_s, engine=find_engine(host))
    return Route(
        "flights",
        "staging",
        after,
        ledger_database(PLATFORM, ROOT),
        target,
        lambda kept: [],
        "tests",
        print,
    )

"""The way of a project to an environment, as platform.yml and pyproject.toml say it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from highroad.config.platform import Platform
from highroad.deployments import preflight
from highroad.deployments.deploying import Route, Target
from highroad.deployments.docker_target import DockerTarget
from highroad.deployments.place import SCOPE, DockerPlace, Place, settings_of
from highroad.deployments.service import WELL_WITHIN_S
from highroad.errors import ConfigError
from highroad.releases.engine import find_engine
from highroad.tracking.database import Database, database_of
from highroad_workspace.projects import Project

AIRFLOW = "airflow"
HOME = "base"
"""The environment whose record store has releases and their deployments, of all environments."""


SCOPE_VARIABLE = "HIGHROAD_SCOPE"
"""Keeps containers apart where several repositories share an engine."""


def ledger_database(platform: Platform, root: Path) -> Database:
    """The record store that has releases, the ledger and its locks."""
    return database_of(platform.records_url(HOME, root), root)


def place_of(project: Project, environment: str, platform: Platform, root: Path) -> Place:
    """Where a project's releases go in an environment.

    Raises:
        ConfigError: Nothing is deployed there, or HIGHROAD_SCOPE is no name.
        EngineError: Its engine does not answer.
    """
    settings = settings_of(platform, environment)
    scope = os.environ.get(SCOPE_VARIABLE, SCOPE)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", scope):
        raise ConfigError(
            f"{SCOPE_VARIABLE} is '{scope}'; expected a-z, 0-9 and -, such as {SCOPE}, at most 31 of them."
        )
    if settings.target == AIRFLOW:
        return Place(project, environment, settings, platform, root, scope)
    engine = find_engine(settings.engine, builds=False)
    return DockerPlace(project, environment, settings, platform, root, scope, engine=engine)


def target_of(place: Place, arguments: Sequence[str], well_within_s: float) -> Target:
    """What runs releases in a place; see `route_to`."""
    if isinstance(place, DockerPlace):
        return DockerTarget(place, arguments, well_within_s)
    from highroad.deployments.airflow_target import AirflowTarget

    return AirflowTarget(place, arguments)


def route_to(
    place: Place,
    projects: tuple[Project, ...],
    by: str,
    tell: Callable[[str], None],
    *,
    arguments: Sequence[str] = (),
    well_within_s: float = WELL_WITHIN_S,
) -> Route:
    """The route to a place.

    Args:
        place: Where to.
        projects: Every project.
        by: Who deploys.
        tell: Takes a line for each step.
        arguments: More of `kedro run`, for every run there.
        well_within_s: How long a release has until it is well.
    """
    return Route(
        place.project.name,
        place.environment,
        place.settings.after,
        ledger_database(place.platform, place.root),
        target_of(place, arguments, well_within_s),
        lambda kept: preflight.faults(place, kept, projects),
        by,
        tell,
    )

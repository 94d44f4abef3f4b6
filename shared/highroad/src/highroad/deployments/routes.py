"""The way of a project to an environment, as platform.yml and pyproject.toml say it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from highroad.config.platform import Platform
from highroad.deployments import preflight
from highroad.deployments.deploying import Route
from highroad.deployments.ledger import Ledger
from highroad.deployments.place import SCOPE, Place
from highroad.deployments.target import settings_of, target_class
from highroad.errors import ConfigError
from highroad.tracking.database import Database, database_of
from highroad_workspace.projects import Project

HOME = "base"
"""The environment whose record store has releases and their deployments, of all environments."""
SCOPE_VARIABLE = "HIGHROAD_SCOPE"
"""Keeps containers apart where several repositories share an engine."""


def ledger_database(platform: Platform, root: Path) -> Database:
    """The record store that has releases, the ledger and its locks."""
    return database_of(platform.records_url(HOME, root), root)


def ledger_of(platform: Platform, root: Path) -> Ledger:
    """The ledger of all deployments."""
    return Ledger(ledger_database(platform, root), witness_of(platform, root))


def witness_of(platform: Platform, root: Path) -> Path:
    """The file that keeps the newest row of the ledger that this machine saw, of each record store its own."""
    place = hashlib.sha256(ledger_database(platform, root).shown.encode()).hexdigest()
    return platform.runs_folder(HOME, root) / f"ledger-{place[:8]}.json"


def place_of(project: Project, environment: str, platform: Platform, root: Path) -> Place:
    """Where a project's releases go in an environment.

    Raises:
        ConfigError: Nothing is deployed there, or HIGHROAD_SCOPE is no name.
    """
    settings = settings_of(platform, environment, root / "platform-conf")
    scope = os.environ.get(SCOPE_VARIABLE, SCOPE)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", scope):
        raise ConfigError(
            f"{SCOPE_VARIABLE} is '{scope}'; expected a-z, 0-9 and -, such as {SCOPE}, at most 31 of them."
        )
    return Place(project, environment, settings, platform, root, scope)


def route_to(
    place: Place,
    projects: tuple[Project, ...],
    by: str,
    tell: Callable[[str], None],
    *,
    arguments: Sequence[str] = (),
    within_s: float | None = None,
) -> Route:
    """The route to a place.

    Args:
        place: Where to.
        projects: Every project.
        by: Who deploys.
        tell: Takes a line for each step.
        arguments: More of `kedro run`, for every run there.
        within_s: How long a release has until it is healthy; None: as its target has it.
    """
    return Route(
        place.project.name,
        place.environment,
        place.settings.after,
        ledger_database(place.platform, place.root),
        target_class(place.settings.target)(place, arguments, within_s),
        lambda kept: preflight.faults(place, kept, projects),
        by,
        tell,
        witness_of(place.platform, place.root),
    )

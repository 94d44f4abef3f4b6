"""A container of a project's image: what it is started with, wherever it is started."""

from __future__ import annotations

import os
from pathlib import Path

from highroad.config.platform import STORE_VARIABLE, Platform
from highroad.releases.engine import ImageFacts
from highroad.tracking.surroundings import IMAGE
from highroad.workspace.projects import Project

HOME = "/app"


def run_options(
    facts: ImageFacts, *, store: str | None = None, user: str | None = None, place: str = "store"
) -> list[str]:
    """Options of `docker run`: nothing but the store and /tmp is written.

    An image cannot hold its own digest, so it is told, and stands in the run's record.

    Args:
        facts: The image.
        store: The store's folder on this machine; None for one behind a URL.
        user: `uid:gid`; None is the image's own.
        place: The store's folder as platform.yml names it.
    """
    digest = facts.digests[0] if facts.digests else facts.id
    words = ["--read-only", "--tmpfs", "/tmp", "--env", f"{IMAGE}={digest}"]
    if store is not None:
        words += ["--volume", f"{store}:{HOME}/{place}"]
    return [*words, "--user", user] if user else words


def options_here(
    project: Project, facts: ImageFacts, platform: Platform, root: Path, env: str
) -> list[str]:
    """Options for a run on this machine, on this repository's store and as the one who owns it.

    Args:
        project: The project.
        facts: Its image.
        platform: The platform's settings.
        root: The repository.
        env: The environment whose store is meant.
    """
    local = Path(project.path) / "conf" / "local"
    place = f"{HOME}/projects/{project.name}/conf/local"
    words = ["--volume", f"{local}:{place}:ro"] if local.is_dir() else []
    where = platform.store_root(env, root)
    if "://" in where:
        return [*words, *run_options(facts)]
    store = Path(where)
    store.mkdir(parents=True, exist_ok=True)
    user = f"{store.stat().st_uid}:{store.stat().st_gid}" if hasattr(os, "getuid") else None
    # HIGHROAD_STORE says where it is here; inside, the image's own platform.yml counts.
    (place,) = [value for key, value in platform.store_choices(env) if key != STORE_VARIABLE][:1]
    return [*words, *run_options(facts, store=where, user=user, place=place)]

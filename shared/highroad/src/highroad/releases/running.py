"""A container of a project's image: what it is started with, wherever it is started."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from highroad.config.platform import STORE_VARIABLE, Platform
from highroad.releases.engine import ImageFacts
from highroad.tracking.surroundings import IMAGE
from highroad_workspace.projects import Project

HOME = "/app"


class Setup(NamedTuple):
    """What a container of a project gets, whatever starts it.

    Attributes:
        variables: By name.
        mounts: `source` on the engine's machine, `target` inside, and whether it is only read.
        user: `uid:gid`; None is the image's own.
    """

    variables: dict[str, str]
    mounts: tuple[tuple[str, str, bool], ...] = ()
    user: str | None = None

    def words(self) -> list[str]:
        """As options of `docker run`: nothing but what is mounted and /tmp is written."""
        words = ["--read-only", "--tmpfs", "/tmp"]
        for name, value in self.variables.items():
            words += ["--env", f"{name}={value}"]
        for source, target, is_read in self.mounts:
            words += ["--volume", f"{source}:{target}{':ro' if is_read else ''}"]
        return [*words, "--user", self.user] if self.user else words


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
    mounts = ((store, f"{HOME}/{place}", False),) if store is not None else ()
    return Setup({IMAGE: digest_of(facts)}, mounts, user).words()


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
    return setup_here(project, digest_of(facts), platform, root, env).words()


def setup_here(project: Project, image: str, platform: Platform, root: Path, env: str) -> Setup:
    """The same, whatever starts it.

    Args:
        project: The project.
        image: The image's digest.
        platform: The platform's settings.
        root: The repository.
        env: The environment whose store is meant.
    """
    local = Path(project.path) / "conf" / "local"
    place = f"{HOME}/projects/{project.name}/conf/local"
    mounts = ((str(local), place, True),) if local.is_dir() else ()
    where = platform.store_root(env, root)
    if "://" in where:
        return Setup({IMAGE: image}, mounts)
    store = Path(where)
    store.mkdir(parents=True, exist_ok=True)
    user = f"{store.stat().st_uid}:{store.stat().st_gid}" if hasattr(os, "getuid") else None
    # HIGHROAD_STORE says where it is here; inside, the image's own platform.yml counts.
    (place,) = [value for key, value in platform.store_choices(env) if key != STORE_VARIABLE][:1]
    return Setup({IMAGE: image}, (*mounts, (where, f"{HOME}/{place}", False)), user)


def digest_of(facts: ImageFacts) -> str:
    """What an image is called in records: its digest in a registry, or that of its configuration where it has none."""
    return facts.digests[0] if facts.digests else facts.id

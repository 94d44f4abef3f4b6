"""A run inside the finished image: no network, nothing written but the store, a user it never saw."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from highroad.errors import ImageError
from highroad.releases.engine import Engine
from highroad.releases.image import Image, build
from highroad.releases.running import digest_of, run_options
from highroad.tracking.database import Database
from highroad.tracking.reading import RecordReader
from highroad_workspace.leftovers import temporary_folder
from highroad_workspace.projects import Project, with_producers

_STRANGER = 20002


def smoke(
    project: Project,
    projects: tuple[Project, ...],
    root: Path,
    engine: Engine,
    tell: Callable[[str], None],
) -> None:
    """Run a project's image on the sample, after those whose products it reads, in an empty store.

    Args:
        project: The project.
        projects: Every project, producers first.
        root: The repository.
        engine: What has the images; those that it lacks are built.
        tell: Takes a line for each run.

    Raises:
        ImageError: A run failed, or its record does not know the image and the commit.
    """
    needed = with_producers(project, projects)
    with temporary_folder("smoke") as folder:
        Path(folder).chmod(0o1777)
        for each in (one for one in projects if one.name in needed):
            image = build(each, root, engine, lambda _: None)
            options = ["--rm", "--network", "none"]
            options += run_options(image.facts, store=folder, user=_somebody())
            try:
                engine.call("run", *options, image.name, "kedro", "run", *each.smoke)
                if each.uses_library:
                    tell(_recorded(each, image, folder))
            except ImageError as error:
                raise ImageError(
                    f"The image of '{each.name}' does not run on the sample: {error}\nTry it: "
                    f"docker run {' '.join(options)} {image.name} kedro run {' '.join(each.smoke)}"
                ) from None


def _somebody() -> str:
    """A user whom no image knows, whose files this process can read and remove."""
    user = getattr(os, "getuid", int)() or _STRANGER
    return f"{user}:{user}"


def _recorded(project: Project, image: Image, store: str) -> str:
    """The run in a line, once its record says which image it was and of which commit."""
    reader = RecordReader(Database("sqlite", f"{store}/runs/records.db"))
    (record,) = reader.recent(project.name, most=1)
    commit = image.facts.labels["org.opencontainers.image.revision"].rstrip("+")
    digest = digest_of(image.facts)
    if record.versions.get("image") != digest or record.code.get("commit") != commit:
        raise ImageError(
            f"its record says image {record.versions.get('image')} and commit "
            f"{record.code.get('commit')}; expected {digest} and {commit}"
        )
    return f"{project.name}: {record.status} in its image in {record.seconds:.1f} s, {len(record.nodes)} nodes"

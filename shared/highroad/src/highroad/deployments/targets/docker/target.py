"""Docker as what runs releases: a job for every project, and a service for one that serves."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from highroad.deployments.place import Place
from highroad.deployments.targets.docker.broken import drill_releases
from highroad.deployments.targets.docker.job import Job
from highroad.deployments.targets.docker.place import DockerPlace, DockerSettings
from highroad.deployments.targets.docker.service import WELL_WITHIN_S, Service
from highroad.errors import ImageError
from highroad.releases.engine import Engine, ImageFacts, find_engine
from highroad.releases.release import Release


class DockerTarget:
    """A project in an environment whose containers an engine runs.

    Args:
        place: Where.
        arguments: More of `kedro run`, for every run there.
        within_s: How long a release has until it is healthy.
        engine: Another than the place's settings name.
    """

    settings = DockerSettings

    def __init__(
        self,
        place: Place,
        arguments: Sequence[str] = (),
        within_s: float | None = None,
        *,
        engine: Engine | None = None,
    ):
        engine = engine or find_engine(place.settings.engine, builds=False)
        self._place = here = DockerPlace(**vars(place), engine=engine)
        within_s = WELL_WITHIN_S if within_s is None else within_s
        self._job = Job(here, arguments, within_s)
        self._service = Service(here, within_s) if place.project.serves else None

    def faults(self, release: Release) -> Iterator[str]:
        """What forbids a release here, before anything is touched."""
        engine, image = self._place.engine, release.image
        facts = engine.facts(image)
        if facts is None and "@" in image:
            try:
                engine.call("pull", "--quiet", image)
            except ImageError as error:
                yield f"image {image} is not here and cannot be pulled: {_last_line(error)}"
                return
            facts = engine.facts(image)
        if facts is None:
            yield (
                f"image {image[:19]} is not here, and was pushed nowhere it could be pulled from; name a "
                "`registry` in platform.yml and make the release again"
            )
            return
        yield from self._faults_of(facts, release)
        for name in self._place.settings.passes:
            if name not in os.environ:
                yield f"the variable {name}, which containers there get, is not set here"
        store = self._place.platform.store_root(self._place.environment, self._place.root)
        elsewhere = (self._place.settings.engine or "unix://").partition("://")[0] != "unix"
        if elsewhere and "://" not in store:
            yield f"the engine {self._place.settings.engine} is of another machine, and the store {store} is a folder of this one"

    def _faults_of(self, facts: ImageFacts, release: Release) -> Iterator[str]:
        if facts.architecture != (ours := self._place.engine.architecture()):
            yield f"the image is for {facts.architecture}, and the engine is {ours}"
        commit = facts.labels.get("org.opencontainers.image.revision", "")
        if commit != release.commit or facts.labels.get("highroad.lock", "") != release.lock:
            yield (
                f"the image says that it is of commit {commit[:12] or 'none'} and the release is of "
                f"{release.commit[:12]}: one of them was tampered with"
            )

    def is_active(self, release: Release) -> bool:
        """Is a release in place, and no other?"""
        return self._job.is_active(release) and (
            self._service is None or self._service.is_active(release)
        )

    def smoke_test(self, release: Release, tell: Callable[[str], None]) -> dict[str, Any]:
        """Run its job once; gives what the ledger keeps of it."""
        return self._job.smoke_test(release, tell)

    def run(self, release: Release, tell: Callable[[str], None]) -> dict[str, Any]:
        """Run its job once, now, beside its schedule."""
        return self._job.run(release, tell)

    def activate(self, release: Release) -> None:
        """Have it at work beside what is there, well; then have it asked."""
        self._both(lambda each: each.start(release))
        if self._service:
            self._service.switch(release)

    def retire_others(self, release: Release | None) -> None:
        """Let only one release be here, or none."""
        self._both(lambda each: each.retire_others(release))

    def _both(self, do: Callable[[Job | Service], None]) -> None:
        """The job and the service know nothing of each other, and neither waits for the other."""
        if self._service is None:
            do(self._job)
            return
        with ThreadPoolExecutor() as pool:
            for each in [pool.submit(do, part) for part in (self._job, self._service)]:
                each.result()

    def address(self) -> str | None:
        """Where its service is to be had; None for what has none."""
        return self._service.address() if self._service else None

    @classmethod
    def drill_place(cls, place: Place, folder: Path) -> Place:
        """On the engine here, and on ports that it chooses."""
        return replace(place, settings=DockerSettings(passes=place.settings.passes))

    def drill_releases(self) -> Generator[tuple[str, Release], None, None]:
        """The project as it is, in an image that is built here; then the same with each fault as one more layer."""
        return drill_releases(self._place)


def _last_line(error: ImageError) -> str:
    return str(error).strip().splitlines()[-1].strip()

"""A batch project on an engine: proved by a run, then run whenever its schedule says so, or on demand."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from highroad.deployments.schedule import READY
from highroad.deployments.targets.docker.containers import (
    Container,
    containers,
    remove,
    run_to_end,
    start,
    wait_for_line,
)
from highroad.deployments.targets.docker.place import JOB, PROOF, RUN, DockerPlace
from highroad.errors import DeploymentError
from highroad.releases.release import Release
from highroad.tracking.database import database_of
from highroad.tracking.reading import RecordReader

START_WITHIN_S = 60


class Job:
    """The job of a project in a place.

    Args:
        place: Where.
        arguments: More of `kedro run`, after the environment.
        start_within_s: How long a schedule has until it is at work.
    """

    def __init__(
        self,
        place: DockerPlace,
        arguments: Sequence[str] = (),
        start_within_s: float = START_WITHIN_S,
    ):
        self._place = place
        self._start_within_s = start_within_s
        self._command = ("kedro", "run", "--env", place.environment, *arguments)

    def is_active(self, release: Release) -> bool:
        """Is it scheduled, and nothing else?"""
        found = containers(self._place, JOB)
        if self._place.project.schedule is None:
            return not found
        return [each.release for each in found if each.is_running] == [release.id]

    def smoke_test(self, release: Release, tell: Callable[[str], None]) -> dict[str, Any]:
        """Run it once, before it is scheduled; gives which run on record that was.

        Raises:
            DeploymentError: As `run`.
        """
        return self._run(PROOF, self._place.name(PROOF, release.id), release, tell)

    def run(self, release: Release, tell: Callable[[str], None]) -> dict[str, Any]:
        """Run it once, now; gives which run on record that was.

        Raises:
            DeploymentError: It failed, or no record of it says that it was this release's.
        """
        name = f"{self._place.name(RUN, release.id)}-{secrets.token_hex(4)}"
        return self._run(RUN, name, release, tell)

    def _run(
        self, role: str, name: str, release: Release, tell: Callable[[str], None]
    ) -> dict[str, Any]:
        place = self._place
        options = [*place.labels(role, release.id), *place.options(release), "--no-healthcheck"]
        before = self._last_run()
        run_to_end(place, name, options, release.image, self._command, tell)
        if not place.project.uses_library:
            return {}
        run = self._last_run()
        if run is None or run == before:
            raise DeploymentError(
                f"`{' '.join(self._command)}` ended well and left no record; see `records` of platform.yml."
            )
        return {"run": run}

    def start(self, release: Release) -> None:
        """Have its schedule at work beside what is there.

        Raises:
            DeploymentError: It does not start.
        """
        place = self._place
        if place.project.schedule is None:
            return
        name = place.name(JOB, release.id)
        if any(each.name == name and each.is_running for each in containers(place, JOB)):
            return
        options = [*place.labels(JOB, release.id), *place.options(release), "--no-healthcheck"]
        words = ("python", "-m", "highroad.deployments.schedule", place.project.schedule)
        start(place, name, options, release.image, *words, place.project.name, *self._command)
        wait_for_line(place, name, READY, self._start_within_s)
        # From here on it outlives a restart of the engine; one that cannot start does not.
        place.engine.call("update", "--restart", "unless-stopped", name)

    def retire_others(self, release: Release | None) -> None:
        """End the schedules of other releases; a run of theirs that is at work is left to end."""
        engine = self._place.engine
        for each in containers(self._place):
            if each.role == PROOF or (each.role == RUN and not each.is_running):
                remove(engine, each.name)  # whoever started it was killed
            if each.role != JOB or (release is not None and each.release == release.id):
                continue
            if each.is_running and self._is_at_work(each):
                engine.call("update", "--restart", "no", each.name)
                engine.call("kill", "--signal", "INT", each.name)
            else:
                remove(engine, each.name)

    def _is_at_work(self, container: Container) -> bool:
        """Has it a run, beside the process that waits for the schedule?"""
        shown = self._place.engine.call("top", container.name, "-o", "pid")
        return len(shown.splitlines()) > 2

    def _last_run(self) -> str | None:
        place = self._place
        url = place.platform.records_url(place.environment, place.root)
        found = RecordReader(database_of(url, place.root)).recent(place.project.name, most=1)
        return found[0].id if found else None

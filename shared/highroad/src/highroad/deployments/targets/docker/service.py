"""A project's service on an engine: the new release beside the old one, then in its place."""

from __future__ import annotations

import time

from highroad.deployments.targets.docker.containers import (
    Container,
    containers,
    remove,
    start,
    state_of,
    tail,
)
from highroad.deployments.targets.docker.front import SLOTS, Front
from highroad.deployments.targets.docker.place import FRONT, SERVICE, DockerPlace
from highroad.errors import DeploymentError
from highroad.releases.release import Release
from highroad.serving import PATH
from highroad.waiting import wait_for

WELL_WITHIN_S = 60
DRAINED_WITHIN_S = 30
_POLL_S = 0.05


class Service:
    """The service of a project in a place.

    Args:
        place: Where.
        well_within_s: How long a release has until it answers its health check.
    """

    def __init__(self, place: DockerPlace, well_within_s: float = WELL_WITHIN_S):
        assert place.project.serves is not None
        self._place = place
        self._engine = place.engine
        self._port = str(place.project.serves["port"])
        self._well_within_s = well_within_s
        self._front = Front(place, PATH)

    def address(self) -> str:
        """Where it is to be had, `host:port`."""
        return self._front.address()

    def is_active(self, release: Release) -> bool:
        """Is it what answers, and nothing else?"""
        found = containers(self._place, SERVICE)
        if [(each.release, each.is_running) for each in found] != [(release.id, True)]:
            return False
        return self._front.is_running() and self._front.serves(found[0].slot)

    def start(self, release: Release) -> None:
        """Have it beside what is there, well, and not asked anything yet.

        Raises:
            DeploymentError: It ended, or was not well in time; its log's end is told.
        """
        self._front.ensure_running()
        found = containers(self._place, SERVICE)
        own = [each for each in found if each.release == release.id]
        if own and own[-1].is_running:
            self._wait_until_well(own[-1].name, own[-1].slot, release)
            return
        slot = self._free_slot(found)
        name = self._place.name(SERVICE, release.id)
        options = [*self._place.labels(SERVICE, release.id), "--label", f"highroad.slot={slot}"]
        options += ["--network", self._front.network, "--network-alias", slot]
        options += self._place.options(release)
        words = ("python", "-m", "highroad.serving", self._place.project.name, self._port)
        start(self._place, name, options, release.image, *words)
        self._wait_until_well(name, slot, release)
        self._engine.call("update", "--restart", "unless-stopped", name)

    def switch(self, release: Release) -> None:
        """Have it asked from now on.

        Raises:
            DeploymentError: The front does not do as it is told.
        """
        (own,) = (each for each in containers(self._place, SERVICE) if each.release == release.id)
        try:
            wait_for(lambda: self._front.switch(own.slot), self._well_within_s)
        except TimeoutError:
            raise DeploymentError(
                f"{self._front.name} did not send requests to {own.name} within {self._well_within_s:g} s, though "
                f"it was well:\n{tail(self._engine, own.name)}"
            ) from None

    def retire_others(self, release: Release | None) -> None:
        """Remove other releases once they have answered all they were asked; without one, the front too."""
        found = containers(self._place)
        has_front = any(each.role == FRONT and each.is_running for each in found)
        for each in found:
            if each.role != SERVICE or (release is not None and each.release == release.id):
                continue
            if each.is_running and has_front:
                self._front.drain(each.slot, DRAINED_WITHIN_S)
            remove(self._engine, each.name)
        if release is None:
            self._front.remove()

    def _free_slot(self, found: list[Container]) -> str:
        """The slot that nobody is sent to; what is left there of an attempt that was cut off goes.

        A front that the engine started again, as after a reboot, sends requests to whatever runs: then
        what has run there the longest is what is in place, for an attempt comes after it.
        """
        taken = self._front.chosen()
        in_place = taken or next((each.slot for each in found if each.is_running), None)
        slot = next(each for each in SLOTS if each != in_place)
        if taken is None:
            self._front.hold_back(slot)
        for each in found:
            if each.slot == slot:
                remove(self._engine, each.name)
        return slot

    def _wait_until_well(self, name: str, slot: str, release: Release) -> None:
        until = time.monotonic() + self._well_within_s
        while not self._front.is_well(slot, release.id):
            seen = state_of(self._engine, name)
            if not seen.is_running:
                problem = seen.why
            elif time.monotonic() > until:
                problem = f"was not well within {self._well_within_s:g} s"
            else:
                time.sleep(_POLL_S)
                continue
            raise DeploymentError(f"{name} {problem}:\n{tail(self._engine, name)}")

"""The drill: a good release, then broken ones; does the good one stay, and is the way back there?

It is done by the target itself, with a store and a record store that are thrown away.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from highroad.config.platform import STORE_VARIABLE, VARIABLES, Platform
from highroad.deployments.asking import Answers, asking
from highroad.deployments.deploying import deploy, roll_back
from highroad.deployments.place import Place
from highroad.deployments.routes import route_to
from highroad.deployments.target import settings_of, target_class
from highroad.errors import DeploymentError
from highroad.products.status import table_of
from highroad.releases.release import Release
from highroad_workspace.leftovers import temporary_folder
from highroad_workspace.projects import Project, with_producers

BREAKS_CONTRACT = "breaks its contract"
"""A fault that is held to more: nothing of such a release is published, and it is refused for that."""
_SCOPE = f"highroad-drill-{secrets.token_hex(4)}"
"""Nothing else in the same place is touched, nor what another drill has there."""
MEMORY_MIB = 1500
"""Enough for the samples, and soon used up."""
PATIENCE_S = 10
"""How long a release that is never well is waited for."""
_LONGEST = 200


@dataclass(frozen=True)
class DrillResult:
    """What became of one attempt.

    Attributes:
        what: The attempt.
        held: Whether all was as it should be.
        says: In words.
    """

    what: str
    held: bool
    says: str

    def __str__(self) -> str:
        return f"{'pass' if self.held else 'FAIL'}  {self.what}: {self.says}"


def drill(
    project: Project,
    projects: tuple[Project, ...],
    platform: Platform,
    root: Path,
    tell: Callable[[str], None],
) -> list[DrillResult]:
    """Deploy a good release of a project and each kind of broken one; what was found, in order.

    Args:
        project: The project.
        projects: Every project, producers first.
        platform: The platform's settings.
        root: The repository.
        tell: Takes a line for each step.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder("drill"))
        Path(folder).chmod(0o1777)
        stack.enter_context(_only_here(folder))
        first, *_ = (name for name, each in platform.environments.items() if each.deploy)
        needed = with_producers(project, projects)

        def stage_of(one: Project) -> _Stage:
            place = _place(one, first, platform, root, Path(folder))
            return stack.enter_context(closing(_Stage(place, projects, tell)))

        for each in (one for one in projects if one.name in needed and one.name != project.name):
            producer = stage_of(each)
            deploy(producer.route, producer.good.id, "the drill needs its products")
        return list(stage_of(project).results())


def _place(project: Project, env: str, platform: Platform, root: Path, folder: Path) -> Place:
    settings = settings_of(platform, env, root / "platform-conf")
    limited = project._replace(memory_mib=MEMORY_MIB)
    place = Place(limited, env, settings, platform, root, _SCOPE)
    return target_class(settings.target).drill_place(place, folder)


class _Stage:
    """One project in an environment of the drill."""

    def __init__(self, place: Place, projects: tuple[Project, ...], tell: Callable[[str], None]):
        self._place = place
        to_here = partial(route_to, place, projects, "drill", tell, arguments=place.project.smoke)
        self.route = to_here()
        self._impatient = to_here(within_s=PATIENCE_S)
        self._releases = self.route.target.drill_releases()
        _, self.good = next(self._releases)
        self.route.shelf.put(self.good)

    def close(self) -> None:
        """Leave nothing behind."""
        self._releases.close()
        self.route.target.retire_others(None)

    def results(self) -> Iterator[DrillResult]:
        deploy(self.route, self.good.id, "the good one")
        yield DrillResult("a good release", *self._stays(None))
        for fault, release in self._releases:
            self.route.shelf.put(release)
            yield DrillResult(f"one that {fault}", *self._refused(release, fault))
        better = replace(self.good, version=f"{self.good.version}-better")
        self.route.shelf.put(better)
        yield DrillResult("a better one, and back", *self._there_and_back(better))

    def _refused(self, release: Release, fault: str) -> tuple[bool, str]:
        with self._all_to_do(), self._asked() as answers:
            before = self._products()
            try:
                deploy(self._impatient, release.id, "a broken one")
            except DeploymentError as error:
                reason = str(error)
                first, *more = reason.splitlines()[1:]
                says = f"{first.rstrip(':')}: {more[-1].strip()}"[:_LONGEST] if more else first
            else:
                return False, "it was deployed"
            if fault == BREAKS_CONTRACT and self._products() != before:
                return False, "what breaks its contract was published"
            if fault == BREAKS_CONTRACT and fault not in reason:
                return False, f"it was refused for another reason: {says}"
        stays, how = self._stays(answers)
        return stays, f"{says} — {how}"

    def _there_and_back(self, better: Release) -> tuple[bool, str]:
        with self._asked() as answers:
            deploy(self.route, better.id, "a better one")
            roll_back(self.route, None, "the drill")
        return self._stays(answers)

    def _stays(self, answers: Answers | None) -> tuple[bool, str]:
        """Whether the good release is in place and no request was lost, as far as any was made."""
        there = self.route.standing().release == self.good.id
        if not (there and self.route.target.is_active(self.good)):
            return False, "the good one is not in place any more"
        if answers is None:
            return True, "the good one is in place"
        if answers.failed:
            return False, f"{len(answers.failed)} requests were lost: {answers.failed[0]}"
        return True, f"the good one is in place, {answers.well} requests and none lost"

    @contextmanager
    def _all_to_do(self) -> Iterator[None]:
        """A copy of the store without what the project made, so that no run finds its work done already."""
        store, name = os.environ[STORE_VARIABLE], self._place.project.name
        with temporary_folder("drill") as folder:
            left_out = shutil.ignore_patterns(name, f"{name}.*")
            shutil.copytree(store, folder, ignore=left_out, dirs_exist_ok=True)
            Path(folder).chmod(0o1777)
            os.environ[STORE_VARIABLE] = folder
            try:
                yield
            finally:
                os.environ[STORE_VARIABLE] = store

    @contextmanager
    def _asked(self) -> Iterator[Answers | None]:
        address = self.route.target.address()
        if address is None:
            yield None
            return
        with asking(address, clients=2) as answers:
            yield answers

    def _products(self) -> dict[str, int | None]:
        place = self._place
        tables = {
            each: table_of(each, place.platform, place.root, place.environment)
            for each in place.project.publishes
        }
        return {name: each.latest() for name, each in tables.items()}


@contextmanager
def _only_here(folder: str) -> Iterator[None]:
    """Have data and records in a folder that goes, whatever platform.yml and the machine say."""
    before = {name: os.environ.pop(name, None) for name in VARIABLES}
    os.environ[STORE_VARIABLE] = folder
    try:
        yield
    finally:
        os.environ.pop(STORE_VARIABLE)
        os.environ.update({name: value for name, value in before.items() if value is not None})

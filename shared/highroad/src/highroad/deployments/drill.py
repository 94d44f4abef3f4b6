"""The drill: a good release, then broken ones; does the good one stay, and is the way back there?

It is done on the engine, with real images, and with a store and a record store that are thrown away.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from highroad.config.platform import STORE_VARIABLE, VARIABLES, Platform
from highroad.deployments.asking import Answers, asking
from highroad.deployments.broken import BREAKS_CONTRACT, FAULTS, NEVER_WELL, broken
from highroad.deployments.deploying import deploy, roll_back
from highroad.deployments.docker_target import DockerTarget
from highroad.deployments.place import DockerPlace, settings_of
from highroad.deployments.routes import route_to
from highroad.errors import DeploymentError
from highroad.products.status import table_of
from highroad.releases.engine import Engine
from highroad.releases.image import build
from highroad.releases.making import release_of
from highroad.releases.release import Release
from highroad_workspace.projects import Project, with_producers

_ON_ITS_OWN: dict[str, object] = {"ports": {}, "target": "docker", "api": None, "dags": None}
"""Whatever the place is else: the drill is of images, on the engine that is here."""
_SCOPE = f"highroad-drill-{secrets.token_hex(4)}"
"""Nobody else's containers are touched, nor those of another drill."""
MEMORY_MIB = 1500
"""Enough for the samples, and soon used up."""
PATIENCE_S = 10
"""How long a release that is never well is waited for."""
_LONGEST = 200


@dataclass(frozen=True)
class Finding:
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
    engine: Engine,
    tell: Callable[[str], None],
) -> list[Finding]:
    """Deploy a good release of a project and each kind of broken one; what was found, in order.

    Args:
        project: The project.
        projects: Every project, producers first.
        platform: The platform's settings.
        root: The repository.
        engine: What builds and runs.
        tell: Takes a line for each step.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="highroad-drill-"))
        Path(folder).chmod(0o1777)
        stack.enter_context(_only_here(folder))
        first, *_ = (name for name, each in platform.environments.items() if each.deploy)
        needed = with_producers(project, projects)
        for each in (one for one in projects if one.name in needed and one.name != project.name):
            producer = _Stage(each, projects, platform, root, engine, first, tell)
            stack.callback(producer.clear)
            deploy(producer.route, producer.good.id, "the drill needs its products")
        stage = _Stage(project, projects, platform, root, engine, first, tell)
        stack.callback(stage.clear)
        return list(stage.findings())


class _Stage:
    """One project in an environment of the drill."""

    def __init__(
        self,
        project: Project,
        projects: tuple[Project, ...],
        platform: Platform,
        root: Path,
        engine: Engine,
        environment: str,
        tell: Callable[[str], None],
    ):
        settings = settings_of(platform, environment).model_copy(update=_ON_ITS_OWN)
        limited = project._replace(memory_mib=MEMORY_MIB)
        self._place = DockerPlace(
            limited, environment, settings, platform, root, _SCOPE, engine=engine
        )
        to_here = partial(route_to, self._place, projects, "drill", tell, arguments=project.smoke)
        self.route = to_here()
        self._impatient = to_here(well_within_s=PATIENCE_S)
        image = build(project, root, engine, lambda _: None)
        self.good = release_of(project, root, platform, image=image.facts.id)
        self.route.shelf.put(self.good)

    def clear(self) -> None:
        """Leave nothing behind on the engine."""
        self.route.target.retire_others(None)

    def findings(self) -> Iterator[Finding]:
        deploy(self.route, self.good.id, "the good one")
        yield Finding("a good release", *self._stays(None))
        for fault in FAULTS:
            with broken(self.good, fault, self._place.engine) as release:
                self.route.shelf.put(release)
                yield Finding(f"one that {fault}", *self._refused(release, fault))
        better = replace(self.good, version=f"{self.good.version}-better")
        self.route.shelf.put(better)
        yield Finding("a better one, and back", *self._there_and_back(better))

    def _refused(self, release: Release, fault: str) -> tuple[bool, str]:
        with self._all_to_do(), self._asked() as answers:
            before = self._products()
            route = self._impatient if fault == NEVER_WELL else self.route
            try:
                deploy(route, release.id, "a broken one")
            except DeploymentError as error:
                reason = str(error)
                first, *more = reason.splitlines()[1:]
                says = f"{first.rstrip(':')}: {more[-1].strip()}"[:_LONGEST] if more else first
            else:
                return False, "it was deployed"
            if fault == BREAKS_CONTRACT and self._products() != before:
                return False, "what breaks its contract was published"
            if fault == BREAKS_CONTRACT and "breaks its contract" not in reason:
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
        if not (there and self.route.target.holds(self.good)):
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
        with tempfile.TemporaryDirectory(prefix="highroad-drill-") as folder:
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
        address = self._address()
        if address is None:
            yield None
            return
        with asking(address, clients=2) as answers:
            yield answers

    def _address(self) -> str | None:
        target = self.route.target
        return target.address() if isinstance(target, DockerTarget) else None

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

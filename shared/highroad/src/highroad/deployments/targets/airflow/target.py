"""Airflow as what runs releases: a DAG for every project, whose tasks are containers of the release's image."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from highroad.config.platform import Deploy
from highroad.deployments.place import SCOPE, Place
from highroad.deployments.targets.airflow.client import Airflow, wait_patiently
from highroad.deployments.targets.airflow.dag import InImage, release_line, render
from highroad.deployments.targets.airflow.dag_folder import DagFolder
from highroad.deployments.targets.docker.place import EngineURL
from highroad.deployments.targets.docker.target import DockerTarget
from highroad.errors import DeploymentError, EngineError, RegistryError
from highroad.orchestration.tasks import Plan
from highroad.orchestration.workflow import Workflow, workflow_of
from highroad.releases.registry import Registry
from highroad.releases.release import Release
from highroad.releases.running import setup_here
from highroad.runs import run_id_of
from highroad.tracking.database import database_of
from highroad.tracking.reading import RecordReader

READ_WITHIN_S = 600
"""How long Airflow has to read a DAG: by default it looks for new files every five minutes."""


class AirflowSettings(Deploy):
    """`deploy` of an Airflow.

    `api` is its URL; `dags` the folder or fsspec URL that it reads; `engine` a Docker engine as DOCKER_HOST names
    it, where tasks run (None: the one its workers know).
    """

    api: Annotated[str, Field(pattern=r"^https?://[^/@\s?#]+(/[^@\s?#]*)?$")] = Field(
        description="Airflow's URL, such as https://airflow.example.org"
    )
    dags: str = Field(description="the folder or URL that Airflow reads DAGs from")
    engine: EngineURL | None = None


class AirflowTarget:
    """A project in an environment whose tasks Airflow starts.

    Args:
        place: Where; its settings name the API and where DAGs are read from.
        arguments: More of `kedro run`, for every task there.
        within_s: How long Airflow has until it has read a DAG.
    """

    settings = AirflowSettings

    def __init__(self, place: Place, arguments: Sequence[str] = (), within_s: float | None = None):
        self._place = place
        self._arguments = tuple(arguments)
        self._read_within_s = READ_WITHIN_S if within_s is None else within_s
        self._airflow = Airflow(place.settings.api)
        self._dags = DagFolder(place.settings.dags, place.root)
        name = f"{place.project.name}-{place.environment}"
        self._dag = name if place.scope == SCOPE else f"{place.scope}-{name}"
        self._proof = f"{self._dag}-proof"

    def faults(self, release: Release) -> Iterator[str]:
        """What forbids a release here, before anything is touched."""
        plan = self._plan(release)
        yield from plan.faults
        yield from _faults_of_image(release)
        try:
            if not self._airflow.is_well():
                yield f"the Airflow at {self._airflow.url} is not well: scheduler or dag-processor is not at work"
            for name in self._airflow.missing_variables(tuple(self._place.settings.passes)):
                yield (
                    f"the variable {name}, which containers there get, is none of Airflow's; set it there: "
                    f"airflow variables set {name} …"
                )
        except (EngineError, DeploymentError) as error:
            yield str(error)
        try:
            self._dags.check()
        except OSError as error:
            yield f"DAGs cannot be written to {self._dags.url}: {error}"
        if self._place.project.serves:
            yield (
                f"{self._place.project.name} serves, and Airflow runs no services; deploy it to an environment "
                "whose target is docker"
            )

    def is_active(self, release: Release) -> bool:
        """Is a release in place, and no other?"""
        return (
            self._dags.read(self._dag) == self._render(release)
            and self._has_read(self._dag, release)
            and not self._airflow.is_paused(self._dag)
        )

    def smoke_test(self, release: Release, tell: Callable[[str], None]) -> dict[str, Any]:
        """Run it once, by a DAG of its own that goes again; no run of the one in place is beside it.

        The history of the proof stays, to be looked at, until the next one.
        """
        self._remove(self._proof)  # whoever tried one before was killed
        if not self._airflow.forget(self._proof):
            tell(f"waiting until Airflow has seen that the last {self._proof} is gone")
            self._wait(
                lambda: self._airflow.forget(self._proof),
                self._read_within_s,
                f"{self._airflow.url} still had {self._proof}, whose file is gone",
                self._proof,
            )
        if self._airflow.documentation(self._dag) is not None:
            self._quieten()
        try:
            self._write(self._proof, self._render(release, self._proof), release)
            return self._run(self._proof, tell)
        finally:
            self._remove(self._proof)

    def _quieten(self) -> None:
        """Have no run of the DAG in place at work, and none begin; one that is at work ends first."""

        def is_quiet() -> bool:
            if self._airflow.is_busy(self._dag):
                return False
            self._airflow.pause(self._dag, paused=True)
            if not self._airflow.is_busy(self._dag):
                return True
            # One began meanwhile, and would never end while the DAG is paused.
            self._airflow.pause(self._dag, paused=False)
            return False

        late = f"a run of {self._dag} was still at work; end it in Airflow, or raise timeout_min"
        self._wait(is_quiet, self._place.timeout_s, late)

    def run(self, release: Release, tell: Callable[[str], None]) -> dict[str, Any]:
        """Run the release in place once, now."""
        return self._run(self._dag, tell)

    def activate(self, release: Release) -> None:
        """Have its DAG in place of the one that is there, read, and at work."""
        self._write(self._dag, self._render(release), release)
        if self._airflow.is_paused(self._dag):
            self._airflow.pause(self._dag, paused=False)

    def retire_others(self, release: Release | None) -> None:
        """Let only one release be here, or none. A run of another that is at work is left to end."""
        self._remove(self._proof)  # whoever tried it was killed
        if release is None:
            self._remove(self._dag)

    def address(self) -> None:
        """Airflow runs no services."""

    @classmethod
    def drill_place(cls, place: Place, folder: Path) -> Place:
        """On the engine here: tasks are containers of the release's image, and an Airflow is shared."""
        return DockerTarget.drill_place(place, folder)

    def drill_releases(self) -> Generator[tuple[str, Release], None, None]:
        """None: a drill is on the engine, see `drill_place`."""
        yield from ()

    def _run(self, dag: str, tell: Callable[[str], None]) -> dict[str, Any]:
        run, began = self._airflow.run(dag, self._place.timeout_s, tell)
        if not self._place.project.uses_library:
            return {"dag_run": run}
        place = self._place
        id_ = run_id_of(f"{dag}/{run}", began)
        database = database_of(
            place.platform.records_url(place.environment, place.root), place.root
        )
        found = RecordReader(database).find(id_)
        if found.status != "finished":
            raise DeploymentError(
                f"{dag}, run {run}, ended well, and run {id_} on record is {found.status}; see "
                f"`highroad runs show {id_} --env {place.environment}`."
            )
        return {"run": id_, "dag_run": run}

    def _render(self, release: Release, dag: str = "") -> str:
        place = self._place
        setup = setup_here(
            place.project, release.image, place.platform, place.root, place.environment
        )
        way = InImage(
            release.image,
            place.settings.engine,
            {**setup.variables, **place.variables(release)},
            tuple(place.settings.passes),
            setup.mounts,
            setup.user,
            place.memory,
            self._arguments,
        )
        return render(self._workflow(release), way, dag_id=dag or self._dag, on_demand=bool(dag))

    def _workflow(self, release: Release) -> Workflow:
        place = self._place
        return workflow_of(
            place.project,
            place.environment,
            self._plan(release).tasks,
            place.platform,
            place.root / "platform-conf",
            release=release.id,
            commit=release.commit,
        )

    def _plan(self, release: Release) -> Plan:
        return Plan.from_dict(release.tasks.get(self._place.environment, {}))

    def _write(self, dag: str, text: str, release: Release) -> None:
        self._dags.write(dag, text)
        self._wait(
            lambda: self._has_read(dag, release),
            self._read_within_s,
            f"{self._airflow.url} had not read {self._dags.place(dag)}",
            dag,
        )

    def _has_read(self, dag: str, release: Release) -> bool:
        return release_line(release.id) in (self._airflow.documentation(dag) or "")

    def _remove(self, dag: str) -> None:
        """Its file, and its runs that are at work. Airflow hides a DAG whose file is gone, and keeps its history."""
        self._dags.remove(dag)
        self._airflow.stop(dag)

    def _wait(
        self, is_so: Callable[[], bool], within_s: float, otherwise: str, read: str = ""
    ) -> None:
        """Wait until it is so; what became of the DAG `read` is told where it is not."""
        try:
            wait_patiently(is_so, within_s)
        except TimeoutError:
            told = f" {self._airflow.reading(read)}" if read else ""
            raise DeploymentError(f"After {within_s:g} s {otherwise}.{told}") from None


def _faults_of_image(release: Release) -> Iterator[str]:
    """The image is where Airflow's engine can pull it, and is what the release says."""
    registry = Registry.of(release.image)
    if registry is None:
        yield (
            f"image {release.image[:19]} was pushed nowhere that Airflow's engine could pull it from; name a "
            "`registry` in platform.yml and make the release again"
        )
        return
    try:
        if not registry.has(release.image):
            yield f"image {release.image} is not in its registry"
    except RegistryError as error:
        yield str(error)

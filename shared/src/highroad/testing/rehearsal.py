"""A project on a real Airflow: are its outputs those of `kedro run`, in its own environment and in its image?

`nox -s "airflow(project='flights')"` runs it as `python -m highroad.testing.rehearsal flights`; the store, the
records, the registry and Airflow itself are in a folder that goes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from highroad.config.platform import (
    REGISTRY_VARIABLE,
    STORE_VARIABLE,
    VARIABLES,
    Deploy,
    load_platform,
)
from highroad.deployments.deploying import Route, deploy, roll_back, settle
from highroad.deployments.place import Place
from highroad.deployments.routes import route_to
from highroad.errors import DeploymentError, EngineError, HighroadError, WorkspaceError
from highroad.orchestration.airflow_client import Airflow, wait_for
from highroad.releases.engine import Engine, find_engine
from highroad.releases.image import build, name_of, push
from highroad.releases.making import release_of
from highroad.releases.release import Release
from highroad.releases.running import HOME
from highroad.testing import airflow, postgresql, registry
from highroad.tracking.database import Database, database_of
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import FINISHED, Record
from highroad.tracking.reproducing import DIFFERS, compare_outputs
from highroad.workspace.projects import Project, find_projects, project_named, with_producers

_WITHIN_S = 1800
_READ_WITHIN_S = 120
_ENVIRONMENT = "staging"


@dataclass
class Setting:
    """A project, and a folder that holds all that its rehearsal makes."""

    root: Path
    project: Project
    projects: tuple[Project, ...]
    folder: Path

    @property
    def store(self) -> Path:
        """Where the run is at work just now."""
        return Path(os.environ[STORE_VARIABLE])

    def records(self) -> Database:
        """The records beside it."""
        return database_of("sqlite:///runs/records.db", self.store)

    def last(self) -> Record:
        """The last run on record."""
        return RecordReader(self.records()).find(self.project.name)

    def program(self, project: Project, name: str) -> str:
        """A program of a project's environment."""
        return str(Path(project.path, ".venv", "bin", name))


def rehearse(root: Path, name: str, database: str) -> Iterator[str]:
    """Run a project as one process, as a DAG in its own environment, and as one in its image.

    Args:
        root: The repository.
        name: The project.
        database: What Airflow keeps its own state in: `sqlite` or `postgresql`.

    Yields:
        What was found, a line each.

    Raises:
        WorkspaceError: Outputs differ, or there is no Airflow.
        DeploymentError: A run failed.
    """
    projects = find_projects(root)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="highroad-airflow-")))
        folder.chmod(0o755)
        for variable in VARIABLES:
            stack.callback(_put_back, variable, os.environ.pop(variable, None))
        project = _without_service(project_named(projects, name))
        here = Setting(root, project, projects, folder)
        plain = _run_plain(here)
        yield f"kedro run: {len(plain.nodes)} nodes in {plain.seconds:.1f} s"
        url = stack.enter_context(postgresql.server()) if database == "postgresql" else ""
        served = stack.enter_context(
            airflow.serving(folder / "airflow", url.replace("://", "+psycopg2://", 1))
        )
        yield f"Airflow with {database} is at work"
        yield from _in_project(here, served, plain)
        if (engine := _engine()) is None or not registry.is_installed():
            yield "NO CONTAINER IS RUN: no Docker engine answers, or no registry is installed"
            return
        os.environ[REGISTRY_VARIABLE] = stack.enter_context(registry.serving(folder / "registry"))
        yield from _in_image(here, served, plain, engine)


def _run_plain(here: Setting) -> Record:
    """One process, on products that its producers made; three copies of these are there then."""
    os.environ[STORE_VARIABLE] = str(here.folder / "plain")
    needed = with_producers(here.project, here.projects) - {here.project.name}
    for producer in (each for each in here.projects if each.name in needed):
        _kedro(here, producer)
    here.store.mkdir(exist_ok=True)
    for name in ("tasks", "containers"):
        shutil.copytree(here.store, here.folder / name)
    _kedro(here, here.project)
    return here.last()


def _kedro(here: Setting, project: Project) -> None:
    _must([here.program(project, "kedro"), "run", *project.smoke], Path(project.path))


def _in_project(here: Setting, served: airflow.Served, plain: Record) -> Iterator[str]:
    """The DAG of the working tree."""
    os.environ[STORE_VARIABLE] = str(here.folder / "tasks")
    words = [here.program(here.project, "highroad"), "workflow", "dag", "--to", str(served.dags)]
    smoke = ["--", *here.project.smoke] if here.project.smoke else []
    _must([*words, *smoke], Path(here.project.path))
    dag, asked = f"{here.project.name}-base", Airflow(served.url)
    try:
        wait_for(lambda: not asked.is_paused(dag), _READ_WITHIN_S)
    except TimeoutError:
        problem = asked.import_error(f"{dag}.py") or "it says nothing"
        raise DeploymentError(f"Airflow did not read the DAG {dag}: {problem}") from None
    asked.run(dag, _WITHIN_S, lambda line: print(f"  {line}", file=sys.stderr))
    yield _same(plain, here.last(), "as tasks in its own environment")
    yield f"its DAG was read in {1000 * (asked.read_in_s(dag) or 0):.0f} ms"


def _in_image(
    here: Setting, served: airflow.Served, plain: Record, engine: Engine
) -> Iterator[str]:
    """A release deployed to Airflow, one that fails its proof, a better one, and back."""
    os.environ[STORE_VARIABLE] = str(here.folder / "containers")
    platform = load_platform(here.root / "platform-conf")
    try:
        good = _release(here, engine)
        yield from _deployments(here, served, plain, good)
    finally:
        with suppress(HighroadError):
            engine.call("image", "rm", "--force", name_of(here.project, platform))


def _deployments(
    here: Setting, served: airflow.Served, plain: Record, good: Release
) -> Iterator[str]:
    platform = load_platform(here.root / "platform-conf")
    settings = Deploy(target="airflow", api=served.url, dags=str(served.dags))
    route = _route(here.root, here.project.name, settings)
    route.shelf.put(good)
    deploy(route, good.id, "the rehearsal")
    yield f"release {good.id[:12]} holds: {_stands(route, good)}"
    inside, outside = f"{HOME}/{platform.environments[_ENVIRONMENT].store}/", f"{here.store}/"
    yield _same(plain, _seen_from(here.last(), inside, outside), "as tasks in its image")
    task = {"name": "run", "nodes": ["there_is_no_such_node"]}
    bad = replace(good, tasks={_ENVIRONMENT: {"tasks": [task]}})
    route.shelf.put(bad)
    try:
        deploy(route, bad.id, "one that fails its proof")
    except DeploymentError:
        yield f"one that fails its proof is refused: {_stands(route, good)}"
    else:
        raise WorkspaceError("A release that fails its proof was deployed.")
    killed = replace(good, version=f"{good.version}-killed")
    route.shelf.put(killed)
    _kill_within_proof(here, settings, killed)
    settle(route)
    left = sorted(path.name for path in served.dags.glob("*-proof.py"))
    if left or route.standing().release != good.id:
        raise WorkspaceError(
            f"A deployment that was killed left {', '.join(left) or 'its release'}."
        )
    yield f"one whose deployment is killed, and settled: {_stands(route, good)}"
    better = replace(good, version=f"{good.version}-better")
    route.shelf.put(better)
    deploy(route, better.id, "a better one")
    roll_back(route, None, "the rehearsal")
    yield f"a better one, and back: {_stands(route, good)}"
    route.target.retire_others(None)


def _route(root: Path, name: str, settings: Deploy) -> Route:
    projects, platform = find_projects(root), load_platform(root / "platform-conf")
    project = _without_service(project_named(projects, name))
    return route_to(
        Place(project, _ENVIRONMENT, settings, platform, root),
        projects,
        "rehearsal",
        lambda line: print(f"  {line}", file=sys.stderr),
        arguments=project.smoke,
    )


def _without_service(project: Project) -> Project:
    """Airflow runs no services."""
    return project._replace(serves=None)


def _kill_within_proof(here: Setting, settings: Deploy, release: Release) -> None:
    """Kill whoever deploys a release, once Airflow has something to do with it."""
    # Started afresh: the store's client, which pre-flight uses, does not work in a fork.
    deploying = multiprocessing.get_context("spawn").Process(
        target=_deploy, args=(here.root, here.project.name, settings, release.id)
    )
    deploying.start()
    proof = Path(str(settings.dags), f"{here.project.name}-{_ENVIRONMENT}-proof.py")
    wait_for(lambda: proof.exists() or not deploying.is_alive(), _READ_WITHIN_S)
    if not deploying.is_alive():
        raise WorkspaceError("It ended before it could be killed.")
    deploying.kill()
    deploying.join()


def _deploy(root: Path, name: str, settings: Deploy, release: str) -> None:
    deploy(_route(root, name, settings), release, "one that is killed")


def _release(here: Setting, engine: Engine) -> Release:
    from highroad.cli.workflows import tasks_in_image

    platform = load_platform(here.root / "platform-conf")
    image = build(here.project, here.root, engine, lambda _: None)
    return release_of(
        here.project,
        here.root,
        platform,
        image=push(image, engine),
        tasks=tasks_in_image(here.project, engine, image),
    )


def _stands(route: Route, good: Release) -> str:
    if route.standing().release != good.id or not route.target.holds(good):
        raise WorkspaceError(f"Release {good.id[:12]} is not in place.")
    return "the good one is in place"


def _same(plain: Record, found: Record, how: str) -> str:
    outcomes = compare_outputs(plain, found)
    wrong = [
        f"{each.name} {each.verdict}: {each.says}" for each in outcomes if each.verdict == DIFFERS
    ]
    ran = sorted(str(node["name"]) for node in found.nodes)
    if found.status != FINISHED or ran != sorted(str(node["name"]) for node in plain.nodes):
        wrong.append(f"the run on record is {found.status}, with the nodes {', '.join(ran)}")
    if wrong:
        raise WorkspaceError(
            f"{how}, it is not the same:\n" + "\n".join(f"  {each}" for each in wrong)
        )
    alike: dict[str, int] = {}
    for each in outcomes:
        alike[each.verdict] = alike.get(each.verdict, 0) + 1
    told = ", ".join(f"{count} {verdict}" for verdict, count in alike.items())
    return f"{how}: {len(found.tasks)} tasks, one record, {found.seconds:.1f} s; outputs and metrics: {told}"


def _seen_from(record: Record, inside: str, outside: str) -> Record:
    """A container's record with the places of this machine."""
    outputs = (
        replace(use, place=str(use.place).replace(inside, outside, 1)) for use in record.outputs
    )
    return replace(record, outputs=tuple(outputs))


def _engine() -> Engine | None:
    try:
        return find_engine()
    except EngineError:
        return None


def _must(words: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        [*words], cwd=folder, capture_output=True, text=True, check=False, env=os.environ.copy()
    )
    if done.returncode:
        raise WorkspaceError(f"`{' '.join(words)}` failed:\n{done.stderr[-2000:]}")


def _put_back(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def main() -> int:
    """`PROJECT [--database sqlite|postgresql]`."""
    parser = argparse.ArgumentParser(prog="nox -s \"airflow(project='…')\" --")
    parser.add_argument("project")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    try:
        for line in rehearse(Path.cwd(), given.project, given.database):
            print(f"{given.project}: {line}", flush=True)
    except HighroadError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

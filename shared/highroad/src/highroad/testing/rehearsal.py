"""A project on a real Airflow: are its outputs those of `kedro run`, in its own environment and in its image?

`nox -s "airflow(project='flights')"` runs it as `python -m highroad.testing.rehearsal flights`; the store, the
records, the registry and Airflow itself are in a folder that goes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from highroad.config.platform import REGISTRY_VARIABLE, STORE_VARIABLE, VARIABLES
from highroad.deployments.targets.airflow.client import Airflow
from highroad.errors import DeploymentError, EngineError, HighroadError, WorkspaceError
from highroad.releases.engine import Engine, find_engine
from highroad.testing import airflow, postgresql, registry
from highroad.testing.compared import Setting, same
from highroad.testing.rehearsed_releases import rehearse_releases, without_service
from highroad.tracking.record import Record
from highroad.waiting import wait_for
from highroad_workspace.projects import Project, find_projects, project_named, with_producers

_WITHIN_S = 1800
_READ_WITHIN_S = 300


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
        project = without_service(project_named(projects, name))
        here = Setting(root, project, projects, folder)
        plain = _run_plain(here)
        yield f"kedro run: {len(plain.nodes)} nodes in {plain.seconds:.1f} s"
        url = stack.enter_context(postgresql.server()) if database == "postgresql" else ""
        served = stack.enter_context(
            airflow.serving(
                folder / "airflow",
                url.replace("://", "+psycopg2://", 1),
                # What its workers have of their own; the DAG says nothing of it.
                **{STORE_VARIABLE: str(folder / "tasks")},
            )
        )
        yield f"Airflow with {database} is at work"
        yield from _in_project(here, served, plain)
        if (engine := _engine()) is None or not registry.is_installed():
            yield "NO CONTAINER IS RUN: no Docker engine answers, or no registry is installed"
            return
        os.environ[REGISTRY_VARIABLE] = stack.enter_context(registry.serving(folder / "registry"))
        yield from rehearse_releases(here, served, plain, engine)


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
        raise DeploymentError(
            f"After {_READ_WITHIN_S} s {served.url} had not read {served.dags / dag}.py. {asked.reading(dag)}"
        ) from None
    asked.run(dag, _WITHIN_S, lambda line: print(f"  {line}", file=sys.stderr))
    yield same(plain, here.last(), "as tasks in its own environment")
    yield f"its DAG was read in {1000 * (asked.read_in_s(dag) or 0):.0f} ms"


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
    # What was started ends with this process, also where that is told to end.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        for line in rehearse(Path.cwd(), given.project, given.database):
            print(f"{given.project}: {line}", flush=True)
    except HighroadError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

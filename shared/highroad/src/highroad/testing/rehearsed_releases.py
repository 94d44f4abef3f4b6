"""Releases of a project on a real Airflow: one that holds, one that does not, one killed, and back."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from highroad.config.platform import STORE_VARIABLE, Deploy, load_platform
from highroad.deployments.deploying import Route, deploy, reconcile, roll_back
from highroad.deployments.place import Place
from highroad.deployments.routes import route_to
from highroad.deployments.targets.airflow.target import AirflowSettings
from highroad.errors import DeploymentError, HighroadError, WorkspaceError
from highroad.releases.engine import Engine
from highroad.releases.image import build, name_of, push
from highroad.releases.making import release_of, tasks_in
from highroad.releases.release import Release
from highroad.releases.running import HOME
from highroad.testing.airflow import Served
from highroad.testing.compared import Setting, same, seen_from
from highroad.tracking.record import Record
from highroad.waiting import wait_for
from highroad_workspace.projects import Project, find_projects, project_named

_PROOF_WITHIN_S = 300
_ENVIRONMENT = "staging"


def rehearse_releases(
    here: Setting, served: Served, plain: Record, engine: Engine
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


def _deployments(here: Setting, served: Served, plain: Record, good: Release) -> Iterator[str]:
    platform = load_platform(here.root / "platform-conf")
    settings = AirflowSettings(target="airflow", api=served.url, dags=str(served.dags))
    route = _route(here.root, here.project.name, settings)
    route.shelf.put(good)
    deploy(route, good.id, "the rehearsal")
    yield f"release {good.id[:12]} holds: {_stands(route, good)}"
    inside, outside = f"{HOME}/{platform.environments[_ENVIRONMENT].store}/", f"{here.store}/"
    yield same(plain, seen_from(here.last(), inside, outside), "as tasks in its image")
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
    reconcile(route)
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
    project = without_service(project_named(projects, name))
    return route_to(
        Place(project, _ENVIRONMENT, settings, platform, root),
        projects,
        "rehearsal",
        lambda line: print(f"  {line}", file=sys.stderr),
        arguments=project.smoke,
    )


def _kill_within_proof(here: Setting, settings: AirflowSettings, release: Release) -> None:
    """Kill whoever deploys a release, once Airflow has something to do with it."""
    # Started afresh: the store's client, which pre-flight uses, does not work in a fork.
    deploying = multiprocessing.get_context("spawn").Process(
        target=_deploy, args=(here.root, here.project.name, settings, release.id)
    )
    deploying.start()
    proof = Path(settings.dags, f"{here.project.name}-{_ENVIRONMENT}-proof.py")
    try:
        wait_for(lambda: proof.exists() or not deploying.is_alive(), _PROOF_WITHIN_S)
        if not deploying.is_alive():
            raise WorkspaceError(
                f"The deployment that was to be killed ended by itself with {deploying.exitcode}."
            )
    except TimeoutError:
        raise WorkspaceError(
            f"After {_PROOF_WITHIN_S} s the deployment that was to be killed had not written {proof}."
        ) from None
    finally:
        deploying.kill()
        deploying.join()


def _deploy(root: Path, name: str, settings: Deploy, release: str) -> None:
    deploy(_route(root, name, settings), release, "one that is killed")


def _release(here: Setting, engine: Engine) -> Release:
    platform = load_platform(here.root / "platform-conf")
    image = build(here.project, here.root, engine, lambda _: None)
    return release_of(
        here.project,
        here.root,
        platform,
        image=push(image, engine),
        tasks=tasks_in(here.project, engine, image.facts.id),
    )


def _stands(route: Route, good: Release) -> str:
    if route.standing().release != good.id or not route.target.is_active(good):
        raise WorkspaceError(f"Release {good.id[:12]} is not in place.")
    return "the good one is in place"


def without_service(project: Project) -> Project:
    """Airflow runs no services."""
    return project._replace(serves=None)

"""Bring a release to a place, and back: pre-flight, lock, ledger, and what runs it there."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from highroad.deployments import tags
from highroad.deployments.ledger import (
    ABANDONED,
    BEGAN,
    DONE,
    FAILED,
    ROLLBACK,
    Deployment,
    DeploymentState,
    Ledger,
)
from highroad.deployments.lock import Lock
from highroad.deployments.promotion import kind_of, require_promotable
from highroad.deployments.target import Target
from highroad.errors import DeploymentError, EngineError, HighroadError, RegistryError
from highroad.releases.release import Release
from highroad.releases.shelf import Kept, Shelf
from highroad.secrets.redaction import redact
from highroad.tracking.database import Database


@dataclass(frozen=True)
class Route:
    """How a project's releases come to an environment.

    Attributes:
        project: The project.
        environment: Where to.
        after: The environment a release has to be in first; None for the first one.
        database: The record store, which has releases, ledger and locks.
        target: What runs them there.
        preflight: What else forbids a release there.
        by: Who deploys.
        tell: Takes a line for each step.
        witness: What this machine keeps of the ledger, see `Ledger`.
    """

    project: str
    environment: str
    after: str | None
    database: Database
    target: Target
    preflight: Callable[[Kept], Iterable[str]]
    by: str
    tell: Callable[[str], None]
    witness: Path | None = None

    @property
    def ledger(self) -> Ledger:
        """What was deployed."""
        return Ledger(self.database, self.witness)

    @property
    def shelf(self) -> Shelf:
        """What was released."""
        return Shelf(self.database)

    def standing(self) -> DeploymentState:
        """What is in place."""
        return self.ledger.standing(self.project, self.environment)


def deploy(route: Route, wanted: str | None, why: str) -> Release:
    """Bring a release to its place; what is there already stays as it is.

    Args:
        route: Which project, where to.
        wanted: The release; None is the newest, or what is in the environment before.
        why: In words, for the ledger.

    Raises:
        DeploymentError: It must not go there; or it did not hold, and what was there stays.
        DataError: The ledger was rewritten.
        BusyError: Somebody else deploys there.
    """
    kept = _release(route, wanted)
    require_promotable(kept, route.after, route.ledger, route.shelf)
    _require_faultless(route, kept)
    with _alone(route) as lock:
        state = _recovered(route, lock)
        if state.release == kept.release.id and route.target.is_active(kept.release):
            route.tell(f"{_named(kept.release)} is in {route.environment} already")
            return kept.release
        kind = kind_of(kept, route.after, state, route.shelf, why)
        proved = route.after is None and state.release != kept.release.id
        _move(route, lock, kept.release, kind, why, state, prove=proved)
    return kept.release


def roll_back(route: Route, wanted: str | None, why: str) -> Release:
    """Return to the good release before the one in place, or to an earlier one; nothing is built.

    Raises:
        DeploymentError: There is none, or it did not hold.
        BusyError: Somebody else deploys there.
    """
    with _alone(route) as lock:
        state = _recovered(route, lock)
        kept = _before(route, state, wanted)
        _require_faultless(route, kept, only_target=True)
        _move(route, lock, kept.release, ROLLBACK, why, state, prove=False)
    return kept.release


def reconcile(route: Route) -> Release | None:
    """Have exactly that running which the ledger says, as after a machine was lost."""
    with _alone(route) as lock:
        current = _current(route, _recovered(route, lock))
        if current is not None and not route.target.is_active(current):
            route.target.activate(current)
        route.target.retire_others(current)
        if current is not None:
            tags.point(route.environment, current, route.tell)
    return current


def _move(
    route: Route,
    lock: Lock,
    release: Release,
    kind: str,
    why: str,
    state: DeploymentState,
    *,
    prove: bool,
) -> None:
    deployment = Deployment(
        secrets.token_hex(8), route.project, route.environment, release.id, kind, route.by, why
    )
    ledger, detail = route.ledger, dict[str, Any]()
    ledger.write(lock, deployment, BEGAN)
    try:
        if prove:
            route.tell(f"running {_named(release)} in {route.environment}, which must hold first")
            detail = route.target.smoke_test(release, route.tell)
        route.target.activate(release)
    except BaseException as error:
        is_ours = isinstance(error, HighroadError)
        reason = str(error) if is_ours else f"{type(error).__name__}: {error}"
        left = _back(route, state)
        ledger.write(lock, deployment, FAILED, {"reason": redact(reason), "left": redact(left)})
        if isinstance(error, EngineError) or not isinstance(error, Exception):
            raise
        stays = f"release {state.release[:12]} stays" if state.release else "nothing is there"
        raise DeploymentError(
            f"{_named(release)} did not hold in {route.environment}, and {stays}.\n{reason}"
            + (f"\n{left}" if left else "")
        ) from error
    ledger.write(lock, deployment, DONE, detail)
    with ThreadPoolExecutor() as pool:
        pointed = pool.submit(tags.point, route.environment, release, route.tell)
        route.target.retire_others(release)
        pointed.result()


def _back(route: Route, state: DeploymentState) -> str:
    """Undo what an attempt did to the target; gives what could not be undone, in words."""
    try:
        current = _current(route, state)
        if current is not None and not route.target.is_active(current):
            route.target.activate(current)
        route.target.retire_others(current)
    except Exception as error:  # whatever a target raises
        return f"What it had started may be there still: {error} `highroad deployments reconcile` removes it."
    return ""


def _recovered(route: Route, lock: Lock) -> DeploymentState:
    """What is in place, once an attempt that was cut off is on record as such."""
    state = route.standing()
    if state.unsettled is not None:
        cut_off = state.unsettled.deployment
        route.tell(
            f"an attempt to {cut_off.kind} {cut_off.release[:12]} was cut off; its traces go"
        )
        route.ledger.write(lock, cut_off, ABANDONED)
    return state._replace(unsettled=None)


def _release(route: Route, wanted: str | None) -> Kept:
    if wanted is None and route.after is not None:
        wanted = route.ledger.standing(route.project, route.after).release
        if wanted is None:
            raise DeploymentError(
                f"No release of {route.project} is in {route.after}, where one has to be before it goes to "
                f"{route.environment}: highroad deploy --project {route.project} --env {route.after}"
            )
    kept = route.shelf.find(wanted or route.project)
    if kept.release.project != route.project:
        raise DeploymentError(
            f"Release {kept.release.id[:12]} is of {kept.release.project}, not of {route.project}."
        )
    return kept


def _before(route: Route, state: DeploymentState, wanted: str | None) -> Kept:
    earlier = state.good[:-1]
    if wanted is None:
        if not earlier:
            there = "the only one that was ever there" if state.good else "nothing"
            raise DeploymentError(
                f"{there.capitalize()} is what {route.environment} has of {route.project}; there is nothing to go back to."
            )
        return route.shelf.find(earlier[-1])
    kept = route.shelf.find(wanted)
    if kept.release.id not in earlier:
        listed = ", ".join(each[:12] for each in reversed(earlier)) or "none"
        raise DeploymentError(
            f"Release {kept.release.id[:12]} was not in {route.environment} before; go back to one that was: {listed}."
        )
    return kept


def _require_faultless(route: Route, kept: Kept, *, only_target: bool = False) -> None:
    """All faults at once; a release that was good there needs only what runs it."""
    looks: list[Callable[[], Iterable[str]]] = [lambda: route.target.faults(kept.release)]
    if not only_target:
        looks += [lambda: route.preflight(kept), lambda: _tag_faults(route)]
    # Engine, record store and registry are asked at once: each only waits for its own.
    with ThreadPoolExecutor() as pool:
        found = [fault for each in pool.map(lambda look: list(look()), looks) for fault in each]
    if found:
        listed = "\n".join(f"  {each}" for each in found)
        raise DeploymentError(
            f"{_named(kept.release)} cannot go to {route.environment}; nothing was touched.\n{listed}"
        )


def _tag_faults(route: Route) -> Iterator[str]:
    """Of the environment before: what is promoted is what everyone can see there."""
    there = route.ledger.standing(route.project, route.after).release if route.after else None
    if route.after and there:
        try:
            if problem := tags.tag_mismatch(route.after, route.shelf.find(there).release):
                yield problem
        except RegistryError as error:
            route.tell(f"tags are not looked at: {error}")


def _current(route: Route, state: DeploymentState) -> Release | None:
    return route.shelf.find(state.release).release if state.release else None


@contextmanager
def _alone(route: Route) -> Iterator[Lock]:
    with Lock(route.database, route.project, route.environment, route.by).held() as lock:
        route.ledger.verify()
        yield lock


def _named(release: Release) -> str:
    return f"{release.project} {release.version}, release {release.id[:12]}"

"""What may go to an environment that comes after another one: what is there, and nothing older than it has."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

from highroad.deployments.ledger import DEPLOY, ROLLBACK, DeploymentState, Ledger
from highroad.errors import DeploymentError
from highroad.releases.release import differences, only_models_differ
from highroad.releases.shelf import Kept, Shelf


def require_promotable(kept: Kept, after: str | None, ledger: Ledger, shelf: Shelf) -> None:
    """Refuse a release that is not what holds in the environment before.

    Where they differ in nothing but models, which production trains on its own data, it may go.

    Args:
        kept: The release.
        after: The environment before; None where there is none.
        ledger: What was deployed.
        shelf: What was released.

    Raises:
        DeploymentError: It is of no commit, nothing is there, or it differs; says in what.
    """
    if after is None:
        return
    release = kept.release
    named = f"{release.project} {release.version}, release {release.id[:12]},"
    if release.is_dirty:
        raise DeploymentError(
            f"{named} is of a tree that no commit has; commit, and make the release again."
        )
    there = ledger.standing(release.project, after).release
    if there is None:
        raise DeploymentError(
            f"{named} never passed {after}: highroad deploy --project {release.project} --env {after}"
        )
    if there == release.id:
        return
    proved = shelf.find(there).release
    if only_models_differ(proved, release):
        return
    listed = "\n".join(f"  {each}" for each in differences(proved, release))
    raise DeploymentError(
        f"{named} is not what holds in {after}, release {there[:12]}; they differ:\n{listed}"
    )


def kind_of(kept: Kept, after: str | None, state: DeploymentState, shelf: Shelf, why: str) -> str:
    """Whether a deployment is one on record, or a rollback: an older release in place of a newer one.

    The first environment takes any, for there it is tried.

    Args:
        kept: The release.
        after: The environment before; None where there is none.
        state: What is in the environment.
        shelf: What was released.
        why: In words; a rollback needs it.

    Raises:
        DeploymentError: It is older, and nobody says why, or it never was there.
    """
    if after is None or state.release is None or state.release == kept.release.id:
        return DEPLOY
    there = shelf.find(state.release)
    if not _is_older(kept, there):
        return DEPLOY
    named = f"Release {kept.release.id[:12]} is older than {state.release[:12]}, which is in place"
    if kept.release.id not in state.good:
        raise DeploymentError(
            f"{named}, and never was there; a rollback goes to one that was. Make a new release of that code instead."
        )
    if not why:
        raise DeploymentError(f"{named}: that is a rollback. Say why, for the ledger: --why TEXT")
    return ROLLBACK


def _is_older(kept: Kept, there: Kept) -> bool:
    """By its version, which is part of what is signed, or by when it was recorded here."""
    try:
        if Version(kept.release.version) < Version(there.release.version):
            return True
    except InvalidVersion:  # by the record alone
        pass
    return kept.number < there.number

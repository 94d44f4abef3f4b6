"""What may go to an environment that comes after another one: what is there, and nothing else."""

from __future__ import annotations

from highroad.deployments.ledger import Ledger
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

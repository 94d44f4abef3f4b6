"""Tags of environments in the registry: `flights:staging` names the image that is there.

The ledger says what is in an environment, and deployments go by digest; a tag is for those who look at the
registry alone. So it is moved once a deployment holds, and one that somebody else moved is told of.
"""

from __future__ import annotations

from collections.abc import Callable

from highroad.errors import RegistryError
from highroad.releases.registry import Registry
from highroad.releases.release import Release


def point(environment: str, release: Release, tell: Callable[[str], None]) -> None:
    """Have an environment's tag name a release's image; a registry that is away is told of."""
    registry = Registry.of(release.image)
    if registry is None:
        return
    try:
        registry.point(environment, _digest(release))
    except RegistryError as error:
        tell(
            f"{registry.repository}:{environment} does not name release {release.id[:12]} yet: {error} "
            f"`highroad deployments reconcile --project {release.project} --env {environment}` moves it"
        )


def tag_mismatch(environment: str, release: Release) -> str:
    """What is wrong with an environment's tag where a release is in place, in words; empty if nothing is.

    Raises:
        RegistryError: The registry does not answer.
    """
    registry = Registry.of(release.image)
    if registry is None or (named := registry.digest_of(environment)) == _digest(release):
        return ""
    told = f"names {named[:19]}" if named else "is not there"
    return (
        f"the tag {registry.repository}:{environment} {told}, and release {release.id[:12]} with image "
        f"{_digest(release)[:19]} is in {environment}: it was moved by hand. `highroad deployments reconcile "
        f"--project {release.project} --env {environment}` puts it back"
    )


def _digest(release: Release) -> str:
    return release.image.partition("@")[2]

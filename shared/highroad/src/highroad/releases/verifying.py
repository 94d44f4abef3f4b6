"""Hold a release that is on record against the one in the registry, and the other way round."""

from __future__ import annotations

from highroad.errors import ConfigError, DataError, RegistryError
from highroad.releases.registry import Found, Registry
from highroad.releases.release import Release
from highroad.releases.shelf import LENGTH_OF_ID, Kept


def in_registry(kept: Kept) -> str:
    """What the registry has of a release, in words.

    Raises:
        RegistryError: It does not answer, or what it has is not what is on record.
    """
    release = kept.release
    registry = Registry.of(release.image)
    if registry is None:
        return "none; the image is on the machine that built it"
    _require_image(registry, release)
    found = registry.find(release.id)
    if found is None:
        raise RegistryError(
            f"{registry.repository} has the image and no release {release.id[:12]}; make the release again."
        )
    if kept.signature and found.signature != kept.signature:
        raise RegistryError(
            f"{registry.repository} has release {release.id[:12]} with another signature than the one on record. "
            "Make the release again, with HIGHROAD_SIGNING_KEY set."
        )
    return f"{registry.repository} has it and its image, both as they were put there"


def fetched(release_id: str, repository: str | None) -> Found:
    """A release as a registry has it.

    Args:
        release_id: All 64 signs of it.
        repository: Of the project's images; None where the platform has no registry.

    Raises:
        ConfigError: There is no registry.
        DataError: It is no id, or the registry has none of this id.
        RegistryError: It does not answer, or has something else there.
    """
    if repository is None:
        raise ConfigError(
            "releases are fetched from a registry: name it as `registry` in platform-conf/platform.yml, or in "
            "HIGHROAD_REGISTRY."
        )
    if len(release_id) != LENGTH_OF_ID or not set(release_id) <= set("0123456789abcdef"):
        raise DataError(
            f"'{release_id}' is no whole id; expected {LENGTH_OF_ID} signs of 0-9 and a-f, as `highroad releases "
            "show` gives it where the release was made."
        )
    registry = Registry(repository)
    found = registry.find(release_id)
    if found is None:
        raise DataError(f"{repository} has no release {release_id[:12]}.")
    own = Registry.of(found.release.image)
    _require_image(own or registry, found.release)
    return found


def _require_image(registry: Registry, release: Release) -> None:
    if not registry.has(release.image):
        raise RegistryError(
            f"{registry.repository} does not have the image of release {release.id[:12]}, "
            f"{release.image.partition('@')[2][:19]}: it was removed there. Make the release again."
        )

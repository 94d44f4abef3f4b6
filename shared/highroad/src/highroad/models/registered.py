"""The files of a registered version, only as they were registered."""

from __future__ import annotations

from typing import Any, NamedTuple

from highroad.errors import DataError
from highroad.models import folder
from highroad.models.folder import Manifest
from highroad.models.registry import ModelVersion


class Files(NamedTuple):
    """Where a version's files are, and what vouches for them."""

    fs: Any
    place: str
    manifest: Manifest

    def read(self, name: str) -> bytes:
        """A file's bytes.

        Raises:
            DataError: It is not what was registered.
        """
        return folder.read(self.fs, self.place, self.manifest, name)


def files_of(version: ModelVersion) -> Files:
    """The files of a version, whose manifest is the one that was registered.

    Whoever can write to the store can make a manifest that fits other files, but not one with the
    digest that the registry keeps.

    Raises:
        DataError: They are gone, or others lie there now.
    """
    from fsspec.core import url_to_fs

    fs, place = url_to_fs(version.folder)
    manifest = folder.read_manifest(fs, place)
    if manifest.digest != version.digest:
        raise DataError(
            f"{place}: its manifest is not the one that was registered: SHA-256 "
            f"{manifest.digest[:12]}, expected {version.digest[:12]}."
        )
    return Files(fs, str(place), manifest)

"""A table's folder as Arrow reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow.fs


def filesystem_of(uri: str, options: Mapping[str, str]) -> pyarrow.fs.FileSystem:
    """A table's folder, as Arrow reads it.

    Args:
        uri: The table.
        options: For the object store.
    """
    import pyarrow.fs as fs

    if "://" not in uri:
        return fs.SubTreeFileSystem(Path(uri).absolute().as_posix(), fs.LocalFileSystem())
    from deltalake.fs import DeltaStorageHandler

    return fs.PyFileSystem(DeltaStorageHandler(uri, dict(options) or None))

"""What is in an image, layer by layer, as the engine hands it out."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from highroad.releases.engine import Engine
from highroad_workspace.leftovers import temporary_folder

_GONE = ".wh."
_ALL_GONE = ".wh..wh..opq"


class Entry(NamedTuple):
    """A file of a layer: its path without the leading `/`, its bytes, and a way to read them."""

    path: str
    size: int
    layer: int
    archive: tarfile.TarFile
    member: tarfile.TarInfo

    def read(self) -> bytes:
        """The content."""
        file = self.archive.extractfile(self.member)
        return file.read() if file else b""


class Content:
    """An image that was saved: its configuration and its layers, lowest first.

    Args:
        config: The image's configuration, as OCI has it.
        layers: An open archive for each layer.
    """

    def __init__(self, config: Mapping[str, Any], layers: list[tarfile.TarFile]):
        self.config = config
        self._layers = layers

    def entries(self) -> Iterator[Entry]:
        """Every file of every layer, those that a higher one removes or replaces too.

        A second name of a file is one of its own, of no bytes, which reads as the first.
        """
        for number, archive in enumerate(self._layers):
            for member in archive:
                if _is_file(member) and not Path(member.name).name.startswith(_GONE):
                    yield Entry(_plain(member.name), member.size, number, archive, member)

    def visible(self) -> dict[str, Entry]:
        """What a container sees: the files by path."""
        found: dict[str, Entry] = {}
        for number, archive in enumerate(self._layers):
            gone = [_removed(_plain(each.name)) for each in archive if _GONE in each.name]
            if paths := tuple(filter(None, gone)):
                below = tuple(f"{path}/" for path in paths)
                found = {
                    path: entry
                    for path, entry in found.items()
                    if path not in paths and not path.startswith(below)
                }
            for member in archive:
                path = _plain(member.name)
                if _is_file(member) and _GONE not in path:
                    found[path] = Entry(path, member.size, number, archive, member)
        return found

    def sizes(self) -> list[int]:
        """The bytes of each layer's files."""
        return [sum(each.size for each in archive) for archive in self._layers]


@contextmanager
def saved(engine: Engine, image: str) -> Iterator[Content]:
    """The content of an image, in a temporary file for as long as it is looked at.

    Raises:
        ImageError: There is no such image, or no room to save it.
    """
    with temporary_folder("layers") as folder:
        path = Path(folder) / "image.tar"
        engine.call("save", "--output", str(path), image)
        with tarfile.open(path) as archive:
            (manifest,) = json.load(_file(archive, "manifest.json"))
            config = json.load(_file(archive, manifest["Config"]))
            with ExitStack() as open_layers:
                layers = [
                    open_layers.enter_context(tarfile.open(fileobj=_file(archive, name)))
                    for name in manifest["Layers"]
                ]
                yield Content(config, layers)


def _file(archive: tarfile.TarFile, name: str) -> Any:
    found = archive.extractfile(name)
    assert found is not None, name
    return found


def _is_file(member: tarfile.TarInfo) -> bool:
    return member.isreg() or member.islnk()


def _plain(name: str) -> str:
    return name.removeprefix("./").strip("/")


def _removed(path: str) -> str:
    """What a trace of a removal is about; empty where it is no such trace."""
    folder, _, name = path.rpartition("/")
    if name == _ALL_GONE:
        return folder
    if not name.startswith(_GONE):
        return ""
    return f"{folder}/{name.removeprefix(_GONE)}".strip("/")

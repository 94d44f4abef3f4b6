"""The files behind a configuration: which layers there are, and what each file says.

Kedro merges and forgets where a value stood. Errors and `highroad config explain` need the
place, so they read the files again, by the loader's own patterns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import fsspec

if TYPE_CHECKING:
    from highroad.config.loader import PlatformConfigLoader

SUFFIXES = (".yml", ".yaml", ".json")


class Source(NamedTuple):
    """One file of a layer: the layer's name, the file and its bytes."""

    layer: str
    path: Path
    content: bytes

    @property
    def text(self) -> str:
        """The content as text; what is not UTF-8 shows as replacement marks."""
        return self.content.decode("utf-8", errors="replace")


def layers(loader: PlatformConfigLoader) -> list[tuple[str, str]]:
    """The layers, weakest first, as (name, folder); an environment equal to base adds none.

    The project's folders are paths within its conf archive where it has one.
    """
    platform = loader.platform_conf
    found = [("platform base", platform.joinpath("base").as_posix())]
    if loader.platform_env != "base":
        found.append(
            (f"platform {loader.platform_env}", (platform / loader.platform_env).as_posix())
        )
    run_env = loader.env or loader.default_run_env
    for env in dict.fromkeys((loader.base_env, run_env)):
        found.append((f"project {env}", Path(loader._get_conf_env_path(env)).as_posix()))
    return found


def sources(loader: PlatformConfigLoader, kind: str) -> Iterator[Source]:
    """Every file of a kind (`catalog`, `parameters`, …), weakest layer first."""
    for layer, folder in layers(loader):
        files = fsspec.filesystem("file") if layer.startswith("platform") else loader._fs
        found = {
            str(path)
            for each in loader.config_patterns[kind]
            for path in files.glob(f"{folder}/{each}")
        }
        for name in sorted(found):
            hidden = any(part.startswith(".") for part in name.removeprefix(folder).split("/"))
            if Path(name).suffix in SUFFIXES and not hidden and files.isfile(name):
                yield Source(layer, Path(name), files.cat_file(name))

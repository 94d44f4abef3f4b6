"""Ways past a data product's gate: what no catalog entry may say, and no dataset of a run may be.

A product is read and published through `DataProductDataset` alone, with the settings that the platform's
configuration gives. The same rules look at entries (`highroad catalog check`) and at the datasets of a run.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from highroad.access.grants import FOLDER as GRANTS
from highroad.config.entries import class_of, stem
from highroad.config.loader import PlatformConfigLoader
from highroad.products.contract import find_contracts

_FOLDER_KEYS = frozenset(
    [
        "filepath",
        "filename",
        "path",
        "product_path",
        "ledger",
        "also_files",
        "uri",
        "url",
        "table",
        "folder",
        "directory",
        "location",
        "table_path",
        "table_uri",
    ]
)
"""Settings whose value may be a folder that is read with all that lies in it."""
_SKIPPED = frozenset(("metadata", "validator"))
_SAME_SCHEME = {
    "s3a": "s3",
    "s3n": "s3",
    "gcs": "gs",
    "abfss": "abfs",
    "az": "abfs",
    "local": "file",
}
_GLOB = re.compile(r"[*?\[{]")
_PRODUCT_PATH = re.compile(r"(?:^|/)products/+([a-z]\w*\.[a-z]\w*)(?![\w.])", re.ASCII)
_DEEPEST = 12


class Breach(NamedTuple):
    """One way past a gate: the keys of the setting and what is wrong, with the way out."""

    keys: tuple[str, ...]
    what: str


@dataclass(frozen=True)
class Boundary:
    """What a project's catalog may say of products, in one environment.

    Attributes:
        loader: The project's configuration.
        project: The package that runs.
        folders: What relative paths may be relative to.
    """

    loader: PlatformConfigLoader
    project: str
    folders: tuple[Path, ...]

    @cached_property
    def managed(self) -> dict[str, str]:
        """The settings of a product that are the platform's."""
        store, conf = self.loader.platform_value("store"), self.loader.platform_value("conf")
        managed = {"project": self.project, "store": store, "platform_conf": conf}
        if (self.loader.platform_conf / GRANTS).is_dir():
            managed["principal"] = self.loader.platform_value("principal")
        return managed

    @cached_property
    def contracts(self) -> frozenset[str]:
        """Every product that has a contract."""
        return frozenset(find_contracts(self.loader.platform_conf))

    @cached_property
    def roots(self) -> frozenset[str]:
        """The folder of products in each environment's store, in every spelling."""
        platform = self.loader.platform
        named = [platform.store, *(each.store for each in platform.environments.values())]
        home = self.loader.platform_conf.parent
        stores = {self.managed["store"], *(each for each in named if each)}
        return frozenset(
            spelling for each in stores for spelling in _spellings(f"{each}/products", (home,))
        )

    def breaches(self, name: str, settings: Any) -> Iterator[Breach]:
        """Ways past a gate in one dataset.

        Args:
            name: The dataset's name.
            settings: The settings of its entry, or the dataset itself.
        """
        if is_product(settings):
            yield from self._foreign(name, settings)
            return
        told = set()
        for keys, value in _parts(settings):
            if keys and is_product(value):
                breach = Breach(
                    keys,
                    f"'{name}' holds a data product within another dataset, which would pass by its age, its "
                    "version and its contract; name <project>.<product>@<kind> in the node instead.",
                )
            elif isinstance(value, str) and self._reaches_products(settings, keys, value):
                breach = Breach(
                    keys,
                    f"'{name}' reaches '{value}', where data products lie, without their contract; name "
                    "<project>.<product>@<kind> in the node instead.",
                )
            else:
                continue
            if breach.what not in told:
                told.add(breach.what)
                yield breach

    def _foreign(self, name: str, settings: Any) -> Iterator[Breach]:
        given = settings if isinstance(settings, Mapping) else settings.managed_settings()
        for key, expected in self.managed.items():
            if given.get(key) != expected:
                yield Breach(
                    (key,),
                    f"'{name}': {key} '{given.get(key)}' is not the one of this project and environment, "
                    f"'{expected}'; leave the setting to the platform's pattern.",
                )
        product = given.get("product")
        if product != stem(name):
            yield Breach(
                ("product",),
                f"'{name}' is the product '{product}' under another name; call it '{product}@<kind>'.",
            )
        if given.get("versioned"):
            yield Breach(
                ("versioned",),
                f"'{name}': a data product has versions of its own; take `versioned` out.",
            )

    def _reaches_products(self, settings: Any, keys: tuple[str, ...], value: str) -> bool:
        key = next((each for each in reversed(keys) if not each.isdigit()), "").lstrip("_")
        if key == "product_path" and self._is_own_source(settings, value):
            return False
        may_hold = key in _FOLDER_KEYS
        if not value or not (may_hold or re.search(r"[/\\]|^file:", value)):
            return False
        if self._is_of_products(value, may_hold):
            return True
        glob = _GLOB.search(value)
        folder = value[: glob.start()].rpartition("/")[0] if glob is not None else ""
        return bool(folder) and self._is_of_products(folder, True)

    def _is_of_products(self, location: str, may_hold: bool) -> bool:
        """Does a location lie among products, or are they beneath it and would be read with it?"""
        for place in _spellings(location, self.folders):
            if self.contracts.intersection(_PRODUCT_PATH.findall(place)):
                return True
            if any(_lies_in(place, root) for root in self.roots):
                return True
            if may_hold and any(_lies_in(root, place) for root in self.roots):
                return True
        return False

    def _is_own_source(self, settings: Any, value: str) -> bool:
        """Does a dataset of changed partitions ask what its own project has published?"""
        own = f"{self.managed['store']}/products/{self.project}."
        return _is_called(_kind(settings), "ChangedPartitionsDataset") and (
            value.startswith(own) and "/" not in value.removeprefix(own)
        )


def is_product(settings: Any) -> bool:
    """Whether settings, a class or a dataset are a data product's."""
    return _is_called(_kind(settings), "DataProductDataset")


def _is_called(kind: type | None, name: str) -> bool:
    # By name: to import the class would import the store's client for projects without products.
    return kind is not None and any(
        each.__name__ == name and each.__module__.startswith("highroad.") for each in kind.__mro__
    )


def _kind(value: Any) -> type | None:
    """The dataset class of settings, a class or a dataset; None for what is none."""
    if isinstance(value, type):
        return value
    if isinstance(value, Mapping):
        if "type" not in value:
            return None
        try:
            return class_of(value)
        except Exception:  # whatever a module raises on import; another check says so
            return None
    return type(value) if _is_dataset(value) else None


def _is_dataset(value: Any) -> bool:
    from kedro.io import AbstractDataset

    return isinstance(value, AbstractDataset)


def _parts(value: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(keys, value) of settings or of a dataset, and of all within them; classes named by text too."""
    yield keys, value
    if len(keys) > _DEEPEST:
        return
    if _is_dataset(value):
        value = vars(value)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _SKIPPED:
                yield from _parts(inner, (*keys, str(key)))
                if str(key).endswith("dataset") and isinstance(inner, str):
                    yield (*keys, str(key)), {"type": inner}
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _parts(inner, (*keys, str(index)))
    elif isinstance(value, os.PathLike):
        yield keys, os.fspath(value)


def _spellings(text: str, folders: tuple[Path, ...]) -> Iterator[str]:
    """A location as `scheme:/path`, without `.`, `..`, doubled slashes and links, in each sense that it has."""
    for part in text.split("::"):  # chained protocols of fsspec
        scheme, separator, rest = part.partition("://")
        if not separator and part.lower().startswith("file:"):
            scheme, rest = "file", part[5:]
        elif not separator:
            scheme, rest = "file", part
        scheme = _SAME_SCHEME.get(scheme.lower(), scheme.lower())
        for path in dict.fromkeys((rest, unquote(rest))):
            if scheme != "file":
                container, at, tail = path.partition("@")  # abfs://container@account/…
                path = f"{container}/{tail.partition('/')[2]}" if at else path
                yield f"{scheme}:{posixpath.normpath('/' + path.lstrip('/'))}"
                continue
            for folder in folders:
                local = _absolute(path.removeprefix("localhost"), folder)
                yield f"file:{Path(os.path.normpath(local)).as_posix()}"
                try:
                    yield f"file:{Path(os.path.realpath(local)).as_posix()}"
                except (OSError, ValueError):  # a NUL, or a text that is no path
                    continue


def _absolute(path: str, folder: Path) -> Path:
    try:
        return folder / Path(path).expanduser()
    except RuntimeError:  # the home of somebody who is not known here
        return folder / path


def _lies_in(place: str, folder: str) -> bool:
    return place == folder or place.startswith(folder.rstrip("/") + "/")

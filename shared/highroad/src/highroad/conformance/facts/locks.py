"""What a `uv.lock` says, read in a few milliseconds.

The file is TOML of half a megabyte, nearly all of it addresses of wheels; parsed whole it takes a
hundred times what is looked for here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

_PACKAGE = '\n[[package]]\nname = "'
_REQUIRES_PYTHON = re.compile(r'^requires-python = "([^"]*)"', re.MULTILINE)


class Requirement(NamedTuple):
    """A requirement as far as a lock and a pyproject.toml can be compared; all normalized."""

    name: str
    extras: frozenset[str]
    versions: SpecifierSet


class Lock:
    """A lock.

    Args:
        text: The file's.
    """

    def __init__(self, text: str):
        self._text = text

    @property
    def requires_python(self) -> str:
        """The Pythons that it holds for."""
        found = _REQUIRES_PYTHON.search(self._text)
        return found[1] if found else ""

    def versions(self) -> Iterator[tuple[str, str]]:
        """Each package and version; a package may have several, for several platforms."""
        for package in self._text.split(_PACKAGE)[1:]:
            name, _, rest = package.partition('"\nversion = "')
            if (
                rest and "\n" not in name
            ):  # what has no version is on disk, and counts as what it is there
                yield canonicalize_name(name), rest[: rest.index('"')]

    def requirements_of(self, package: str) -> Mapping[str, frozenset[Requirement]] | None:
        """What a package on disk required when it was locked, by group; None where it is not in the lock.

        The group `""` are its dependencies.
        """
        start = self._text.find(f'\n[[package]]\nname = "{package}"\n')
        if start < 0:
            return None
        end = self._text.find("\n[[package]]\n", start + 1)
        block = self._text[start : end if end > 0 else len(self._text)]
        _, _, metadata = block.partition("\n[package.metadata]\n")
        return _groups(metadata)


@cache
def _groups(metadata: str) -> Mapping[str, frozenset[Requirement]] | None:
    """The requirements of a `[package.metadata]`, which is the same for the library in every lock."""
    try:
        told = tomllib.loads(metadata.replace("[package.metadata.requires-dev]", "[requires-dev]"))
    except tomllib.TOMLDecodeError:
        return None
    groups = {"": told.get("requires-dist", ()), **told.get("requires-dev", {})}
    return {name: frozenset(map(_locked, each)) for name, each in groups.items()}


def requirements(texts: Iterable[Any]) -> frozenset[Requirement]:
    """Requirements of a pyproject.toml; what is none is left out."""
    found = set()
    for text in texts:
        try:
            parsed = Parsed(text)
        except (InvalidRequirement, TypeError):
            continue
        found.add(_requirement(parsed.name, parsed.extras, parsed.specifier))
    return frozenset(found)


def _locked(told: Mapping[str, Any]) -> Requirement:
    versions = SpecifierSet(told.get("specifier", ""))
    return _requirement(told.get("name", ""), told.get("extras", ()), versions)


def _requirement(name: str, extras: Iterable[str], versions: SpecifierSet) -> Requirement:
    return Requirement(canonicalize_name(name), frozenset(map(canonicalize_name, extras)), versions)

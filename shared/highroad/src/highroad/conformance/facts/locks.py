"""What a `uv.lock` says, read in a few milliseconds.

The file is TOML of half a megabyte, nearly all of it addresses of wheels; parsed whole it takes a
hundred times what is looked for here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from highroad.conformance.facts.constraints import normal

_PACKAGE = '\n[[package]]\nname = "'
_REQUIRES_PYTHON = re.compile(r'^requires-python = "([^"]*)"', re.MULTILINE)
_REQUIREMENT = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[(?P<extras>[^\]]*)\])?\s*(?P<rest>[^;@]*)"
)


class Requirement(NamedTuple):
    """A requirement as far as a lock and a pyproject.toml can be compared; all normalized and sorted."""

    name: str
    extras: tuple[str, ...]
    specifiers: tuple[str, ...]


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
                yield normal(name), rest[: rest.index('"')]

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


def requirements(texts: Sequence[Any]) -> frozenset[Requirement]:
    """Requirements of a pyproject.toml; what is none is left out."""
    found = set()
    for text in texts:
        match = _REQUIREMENT.match(text.strip()) if isinstance(text, str) else None
        if match:
            extras = sorted(
                normal(each.strip()) for each in (match["extras"] or "").split(",") if each.strip()
            )
            found.add(Requirement(normal(match["name"]), tuple(extras), _specifiers(match["rest"])))
    return frozenset(found)


def _locked(told: Mapping[str, Any]) -> Requirement:
    return Requirement(
        normal(str(told.get("name", ""))),
        tuple(sorted(map(normal, told.get("extras", ())))),
        _specifiers(str(told.get("specifier", ""))),
    )


def _specifiers(text: str) -> tuple[str, ...]:
    return tuple(
        sorted(each.replace(" ", "") for each in text.strip(" ()").split(",") if each.strip())
    )

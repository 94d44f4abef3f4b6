"""Licences of installed packages, as their own metadata gives them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from highroad.errors import HighroadError

if TYPE_CHECKING:
    from license_expression import Licensing

_CLASSIFIER = "License :: OSI Approved :: "
_FILLER = re.compile(r"\((?=[^)]*\)).*|\b(?:the|licen[cs]e|version)\b|\bv(?=\d)|[-_,\s]+", re.I)
_SPELLINGS = {
    "apache software": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apachev2": "Apache-2.0",
    "3 clause bsd": "BSD-3-Clause",
    "bsd 3 clause": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "2 clause bsd": "BSD-2-Clause",
    "bsd 2 clause": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause",
    "bsd": "BSD",
    "cc0": "CC0-1.0",
    "mit": "MIT",
    "expat": "MIT",
    "mozilla public 2.0": "MPL-2.0",
    "mpl 2.0": "MPL-2.0",
    "python software foundation": "PSF-2.0",
    "psf": "PSF-2.0",
    "isc": "ISC",
    "unlicense": "Unlicense",
    "gnu general public 2": "GPL-2.0-only",
    "gplv2": "GPL-2.0-only",
    "gnu general public 3": "GPL-3.0-only",
    "gplv3": "GPL-3.0-only",
    "gnu general public 3 or later": "GPL-3.0-or-later",
    "gnu lesser general public 3": "LGPL-3.0-only",
    "lgplv3": "LGPL-3.0-only",
    "gnu lesser general public 3 or later": "LGPL-3.0-or-later",
    "gnu affero general public 3": "AGPL-3.0-only",
}
"""SPDX identifiers by how classifiers and people write them, in lower case and without filler words. `BSD`
leaves the number of clauses open."""


class Licences:
    """Licences by package and version, each read once however many projects have it."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def installed(self, environment: Path) -> Mapping[str, str] | None:
        """The licence of each package in an environment, an SPDX expression where there is one.

        Args:
            environment: The folder of a virtual environment.

        Returns:
            Licences by package, empty where the metadata gives none; None without the environment.
        """
        folders = [
            *environment.glob("lib/python*/site-packages"),
            *environment.glob("Lib/site-packages"),
        ]
        if not folders:
            return None
        found = {}
        for path in folders[0].glob("*.dist-info"):
            if path.name not in self._known:
                self._known[path.name] = _licence_of(PathDistribution(path))
            found[str(canonicalize_name(path.name.split("-")[0]))] = self._known[path.name]
        return found


def is_allowed(expression: str, allowed: Collection[str]) -> bool:
    """Whether a package under an SPDX expression can be used under allowed licences only.

    Of licences joined by OR one has to be allowed, of those joined by AND each. `GPL-3.0-only WITH …` is a
    licence of its own.

    Args:
        expression: The expression; what is none is not allowed.
        allowed: Licences that are allowed.
    """
    licensing = _licensing()
    parsed = _parsed(expression)
    names = {(_spdx(each) or each).lower() for each in allowed}

    def holds(part: Any) -> bool:
        if isinstance(part, licensing.OR):
            return any(map(holds, part.args))
        if isinstance(part, licensing.AND):
            return all(map(holds, part.args))
        return str(part).lower() in names

    return parsed is not None and holds(parsed)


def _licence_of(package: PathDistribution) -> str:
    """What METADATA says; empty where it says nothing.

    Classifiers do not say whether a package is under all of them or under any, so all of them count.
    """
    metadata = package.metadata
    expressions: list[str] = metadata.get_all("License-Expression", [])
    free: list[str] = metadata.get_all("License", [])
    for text in [*expressions, *(_spdx(" ".join(each.split())) for each in free)]:
        if text:
            return text
    classified = {
        _spdx(name) or name
        for value in metadata.get_all("Classifier", [])
        if (name := value.removeprefix(_CLASSIFIER)) != value
    }
    return " AND ".join(sorted(classified))


def _spdx(text: str) -> str:
    """The SPDX expression that a text is or stands for; empty for other texts."""
    parsed = _parsed(text)
    if parsed is not None and not _licensing().unknown_license_keys(parsed):
        return str(parsed)
    return _SPELLINGS.get(" ".join(_FILLER.sub(" ", text).lower().split()), "")


def _parsed(expression: str) -> Any:
    """The tree of an SPDX expression; None for other texts."""
    licensing = _licensing()
    from license_expression import ExpressionError

    try:
        return licensing.parse(expression)
    except ExpressionError:
        return None


@cache
def _licensing() -> Licensing:
    try:
        from license_expression import get_spdx_licensing
    except ImportError as error:
        raise HighroadError(
            "licences are read with license-expression, which is not installed here: depend on highroad[conformance]."
        ) from error
    return get_spdx_licensing()

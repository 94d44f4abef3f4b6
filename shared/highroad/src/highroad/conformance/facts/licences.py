"""Licences of installed packages, as their own metadata says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from highroad.conformance.facts.constraints import normal

_HEADER = re.compile(r"^([A-Za-z-]+): (.*)$")
_CLASSIFIER = "License :: OSI Approved :: "
_SPDX = {
    "Apache Software License": "Apache-2.0",
    "Apache Software License (Apache 2.0)": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "BSD License": "BSD",
    "CC0": "CC0-1.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
    "The Unlicense (Unlicense)": "Unlicense",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
}
"""Classifiers of the index, and what people write in their place, by SPDX's names; `BSD` is of a number of clauses that nobody said."""
_LONGEST = 60


class Licences:
    """Licences by package and version, each read once however many projects have it."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def installed(self, environment: Path) -> Mapping[str, str] | None:
        """The licence of each package in an environment, an SPDX expression where it says one; None where
        there is no such environment."""
        folders = [
            *environment.glob("lib/python*/site-packages"),
            *environment.glob("Lib/site-packages"),
        ]
        if not folders:
            return None
        found = {}
        for path in folders[0].glob("*.dist-info"):
            if path.name not in self._known:
                self._known[path.name] = _licence_of(path / "METADATA")
            found[normal(path.name.split("-")[0])] = self._known[path.name]
        return found


def _licence_of(path: Path) -> str:
    """What METADATA says; empty where it says nothing."""
    headers = list(_headers(path))
    by_name = {name.lower(): value for name, value in headers}
    if expression := by_name.get("license-expression"):
        return expression
    classified = [
        _SPDX.get(name := value.removeprefix(_CLASSIFIER), name)
        for key, value in headers
        if key == "Classifier" and value.startswith(_CLASSIFIER)
    ]
    if classified:
        return " OR ".join(dict.fromkeys(classified))
    free = by_name.get("license", "").strip()
    is_text = len(free) > _LONGEST or free.lower().startswith("copyright")
    return "" if is_text else _SPDX.get(free, free)


def _headers(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if not line.rstrip(
                    "\r\n"
                ):  # a licence's whole text may stand in a header, with indented blank lines
                    return
                if match := _HEADER.match(line.rstrip("\n")):
                    yield match[1], match[2]
    except OSError:
        return

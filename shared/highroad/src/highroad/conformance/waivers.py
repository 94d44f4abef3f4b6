"""Waivers: a check that a project may fail, until a day, for a reason, by somebody's word."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from highroad.conformance.facts.files import read_yaml_file
from highroad.errors import ConfigError
from highroad_workspace.metadata import meant

FILE = "waivers.yml"
_KEYS = ("check", "project", "owner", "reason", "until")


class Waiver(NamedTuple):
    """One waiver; it holds through the day `until`."""

    check: str
    project: str
    owner: str
    reason: str
    until: date
    where: str

    def holds(self, today: date) -> bool:
        """Is it still good?"""
        return today <= self.until


def read_waivers(
    conf: Path, checks: Collection[str], projects: Collection[str]
) -> tuple[Waiver, ...]:
    """The waivers of `platform-conf/waivers.yml`.

    Args:
        conf: The folder platform-conf.
        checks: The checks there are.
        projects: The projects there are.

    Raises:
        ConfigError: One of them is none, or about a check or a project that is not there.
    """
    path = conf / FILE
    if not path.is_file():
        return ()
    content = read_yaml_file(path)
    if content is None:
        return ()
    if not isinstance(content, list):
        raise ConfigError(
            f"platform-conf/{FILE}: expected a list of waivers, each with {', '.join(_KEYS)}."
        )
    return tuple(_waiver(each, number, checks, projects) for number, each in enumerate(content, 1))


def waiver_of(
    waivers: Sequence[Waiver], check: str, project: str, today: date
) -> tuple[Waiver | None, Waiver | None]:
    """The waiver that holds for a check of a project, and else the one that ran out last."""
    own = [each for each in waivers if (each.check, each.project) == (check, project)]
    good = [each for each in own if each.holds(today)]
    if good:
        return max(good, key=lambda each: each.until), None
    return None, max(own, key=lambda each: each.until, default=None)


def _waiver(told: Any, number: int, checks: Collection[str], projects: Collection[str]) -> Waiver:
    where = f"platform-conf/{FILE}, waiver {number}"
    if not isinstance(told, dict) or set(told) != set(_KEYS):
        found = ", ".join(map(str, told)) if isinstance(told, dict) else repr(told)
        raise ConfigError(f"{where}: found {found or 'nothing'}; expected {', '.join(_KEYS)}.")
    for key in ("owner", "reason"):
        if not isinstance(told[key], str) or not told[key].strip():
            raise ConfigError(
                f"{where}: {key} is {told[key]!r}; expected a text that is not empty."
            )
    for key, known in (("check", checks), ("project", projects)):
        if told[key] not in known:
            raise ConfigError(
                f"{where}: no {key} '{told[key]}'.{meant(str(told[key]), sorted(known))} ({key}s: {', '.join(sorted(known))})"
            )
    if type(told["until"]) is not date:
        raise ConfigError(
            f"{where}: until is {told['until']!r}; expected a day such as 2027-03-31."
        )
    return Waiver(**told, where=where)

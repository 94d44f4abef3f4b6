"""Conventions that end: announced first, then warned of, and from a day on no longer taken."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from highroad.conformance.facts.files import read_yaml_file
from highroad.errors import ConfigError

FILE = "deprecations.yml"
KEY, PATH = "key", "path"
_KEYS = ("what", "instead", "warned", "enforced")


class Deprecation(NamedTuple):
    """A convention that ends.

    Attributes:
        what: The convention, as a sentence's subject.
        instead: What to do in its place, a sentence.
        warned: From this day on whoever keeps it is told.
        enforced: From this day on it is a failure.
        key: The dotted key of pyproject.toml by which it is found; empty where by a path.
        path: The files of a project by which it is found, as a pattern; empty where by a key.
    """

    what: str
    instead: str
    warned: date
    enforced: date
    key: str = ""
    path: str = ""


def read_deprecations(conf: Path) -> tuple[Deprecation, ...]:
    """What `platform-conf/deprecations.yml` announces.

    Args:
        conf: The folder platform-conf; without the file nothing is announced.

    Raises:
        ConfigError: An entry is none; says which and what was expected.
    """
    path = conf / FILE
    content = read_yaml_file(path) if path.is_file() else None
    if content is None:
        return ()
    if not isinstance(content, list):
        raise ConfigError(f"platform-conf/{FILE}: expected a list of deprecations.")
    return tuple(_deprecation(each, number) for number, each in enumerate(content, 1))


def _deprecation(told: Any, number: int) -> Deprecation:
    where = f"platform-conf/{FILE}, deprecation {number}"
    expected = f"{', '.join(_KEYS)}, and either {KEY} or {PATH}"
    if not isinstance(told, dict) or set(told) - {KEY, PATH} != set(_KEYS) or len(told) != 5:
        found = ", ".join(map(str, told)) if isinstance(told, dict) else repr(told)
        raise ConfigError(f"{where}: found {found or 'nothing'}; expected {expected}.")
    for name, value in told.items():
        if name in ("warned", "enforced"):
            if type(value) is not date:
                raise ConfigError(
                    f"{where}: {name} is {value!r}; expected a day such as 2027-03-31."
                )
        elif not isinstance(value, str) or not value.strip():
            raise ConfigError(f"{where}: {name} is {value!r}; expected a text that is not empty.")
    if told["warned"] > told["enforced"]:
        raise ConfigError(
            f"{where}: warned is {told['warned']}, after enforced, {told['enforced']}; nobody would be told before."
        )
    return Deprecation(**told)

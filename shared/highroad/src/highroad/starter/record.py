"""What a project remembers of its template: what was chosen, what it was given, where it may differ.

`.highroad.toml` is the team's: its answers, and `[[accepted]]` divergences. `.highroad.lock` is the commands':
the managed files as the template last gave them, which is what a merge begins from.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from itertools import starmap
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from highroad.errors import UpgradeError
from highroad_workspace.metadata import meant

CHOSEN = ".highroad.toml"
GIVEN = ".highroad.lock"
_ACCEPTED = ("file", "key", "reason", "owner")


class Accepted(NamedTuple):
    """A divergence that somebody answers for; `key` is empty where the whole file is meant."""

    file: str
    key: str
    reason: str
    owner: str


class Chosen(NamedTuple):
    """What a team says in `.highroad.toml`: answers by the names of the choices, accepted divergences."""

    answers: dict[str, str]
    accepted: tuple[Accepted, ...] = ()


class Given(NamedTuple):
    """What a project was last given.

    Attributes:
        name: The project's name then.
        version: The template's.
        files: The managed files as they were rendered, by their path in the project; lines end in LF.
    """

    name: str
    version: str
    files: dict[str, str]


def read_chosen(folder: Path, fields: tuple[str, ...]) -> Chosen:
    """What a team chose.

    Args:
        folder: The project.
        fields: The names of the choices.

    Raises:
        UpgradeError: The file is missing or says something else; all of it at once.
    """
    where = f"projects/{folder.name}/{CHOSEN}"
    way = f"git checkout HEAD -- {where} finds it; what was not made from the template has none to come to"
    told = _read(folder / CHOSEN, where, way)
    answers, accepted = told.get("answers"), told.get("accepted", [])
    faults = []
    if not isinstance(answers, dict):
        raise UpgradeError(f"{where}: has no table [answers]; expected {', '.join(fields)} in it.")
    for name, value in answers.items():
        if name not in fields:
            faults.append(
                f"{where}: no choice '{name}'.{meant(name, fields)} (choices: {', '.join(fields)})"
            )
        elif not isinstance(value, str):
            faults.append(f"{where}: {name} is {value!r}; expected a text.")
    faults += _faults_of(accepted, where)
    if faults:
        raise UpgradeError("\n".join(faults))
    return Chosen(answers, tuple(Accepted(**{"key": "", **each}) for each in accepted))


def _faults_of(accepted: Any, where: str) -> Iterator[str]:
    if not isinstance(accepted, list):
        yield f"{where}: accepted is {accepted!r}; expected tables [[accepted]]."
        return
    for number, each in enumerate(accepted, 1):
        expected = "file, reason, owner, and key where not all of the file is meant"
        keys = set(each) if isinstance(each, dict) else set()
        if not {"file", "reason", "owner"} <= keys <= set(_ACCEPTED):
            yield f"{where}: accepted divergence {number} has {', '.join(keys) or 'nothing'}; expected {expected}."
        elif any(not isinstance(value, str) or not value.strip() for value in each.values()):
            yield f"{where}: accepted divergence {number} has something that is no text, or an empty one."


def read_given(folder: Path) -> Given:
    """What a project was last given.

    Raises:
        UpgradeError: The file is missing, or was edited such that it cannot be read.
    """
    is_platform = (folder / "platform-conf").is_dir()
    where = GIVEN if is_platform else f"projects/{folder.name}/{GIVEN}"
    way = f"git checkout HEAD -- {where}, or git log -- {where}, finds it"
    told = _read(folder / GIVEN, where, way)
    name, version, files = (told.get(each) for each in ("name", "version", "files"))
    good = isinstance(name, str) and isinstance(version, str) and version.isdigit()
    if not good or not isinstance(files, dict) or not all(starmap(_is_file, files.items())):
        raise UpgradeError(f"{where}: has not what a command wrote; {way}.")
    return Given(str(name), str(version), files)


def _is_file(name: str, text: Any) -> bool:
    """Whether it is a text of a file inside the project."""
    path = PurePosixPath(name)
    return isinstance(text, str) and not path.is_absolute() and ".." not in path.parts


def written(given: Given) -> str:
    """`.highroad.lock` of what a project was given."""
    texts = "".join(f"{_text(name)} = {_text(given.files[name])}\n" for name in sorted(given.files))
    return (
        "# The managed files as the template last gave them; written by `highroad new` and `highroad upgrade`.\n"
        f"name = {_text(given.name)}\nversion = {_text(given.version)}\n\n[files]\n{texts}"
    )


def _text(value: str) -> str:
    """A TOML string; over several lines, for people who compare, where the text allows it."""
    if (
        "\n" in value
        and "'''" not in value
        and all(each.isprintable() or each == "\n" for each in value)
    ):
        return f"'''\n{value}'''"
    # JSON's escapes are TOML's, but for one character that JSON takes as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read(path: Path, where: str, way: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8").replace("\r\n", "\n"))
    except FileNotFoundError:
        raise UpgradeError(f"{where}: is missing; {way}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UpgradeError(f"{where}: cannot be read as TOML: {error}; {way}.") from None

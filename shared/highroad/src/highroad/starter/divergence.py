"""How each managed file of a project stands to today's template, whatever was merged before.

A merge looks at what changed since the last one, so a file that once diverged would never be spoken of again.
This looks at the files as they are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from highroad.starter.merging import has_conflicts
from highroad.starter.record import Accepted

TEAMS = (
    "project.version",
    "project.description",
    "project.dependencies",
    "tool.highroad",
    "tool.kedro.kedro_init_version",
)
"""Keys of pyproject.toml that are the team's from the first day; checks of their own look at them."""


class State(Enum):
    """How a file stands to the template."""

    PRISTINE = "pristine"
    ACCEPTED = "accepted"
    STALE = "stale"
    MISSING = "missing"
    CONFLICTING = "conflicting"


class Divergence(NamedTuple):
    """How a managed file stands, or a key of one.

    Attributes:
        file: Its path in the project.
        key: The dotted key, where only that differs; else empty.
        state: How it stands.
        what: What differs, a sentence without its subject; empty where nothing does.
    """

    file: str
    key: str
    state: State
    what: str = ""


def divergences(
    folder: Path,
    files: Mapping[str, str],
    accepted: Sequence[Accepted],
    pyproject: Mapping[str, Any] | None = None,
) -> list[Divergence]:
    """How each managed file stands: one entry of it, or one for each key that differs.

    Args:
        folder: The project.
        files: What today's template gives, by path in the project.
        accepted: Divergences that somebody answers for.
        pyproject: What pyproject.toml says, where it has been read already.
    """
    found: list[Divergence] = []
    for name, expected in files.items():
        found += _accepted(list(_of(folder / name, name, expected, pyproject)), accepted) or [
            Divergence(name, "", State.PRISTINE)
        ]
    return found


def needless(found: Sequence[Divergence], accepted: Sequence[Accepted]) -> list[Accepted]:
    """What is accepted, and does not differ."""
    differing = [each for each in found if each.state is State.ACCEPTED]
    return [one for one in accepted if not any(_is_of(one, each) for each in differing)]


def _accepted(found: Sequence[Divergence], accepted: Sequence[Accepted]) -> list[Divergence]:
    told = []
    for each in found:
        by = next((one for one in accepted if _is_of(one, each)), None)
        # Conflict markers are nothing to keep, and accepting a file does not accept them.
        if by is not None and each.state is not State.CONFLICTING:
            each = each._replace(
                state=State.ACCEPTED, what=f"{each.what}: {by.reason} ({by.owner})"
            )
        told.append(each)
    return told


def _is_of(one: Accepted, each: Divergence) -> bool:
    return one.file == each.file and one.key in ("", each.key)


def _of(
    path: Path, name: str, expected: str, pyproject: Mapping[str, Any] | None
) -> Iterator[Divergence]:
    if not path.is_file():
        yield Divergence(name, "", State.MISSING, "is missing")
        return
    text = path.read_bytes().decode(errors="replace").replace("\r\n", "\n")
    if text == expected:
        return
    if has_conflicts(text):
        yield Divergence(name, "", State.CONFLICTING, "has conflict markers")
    elif name.endswith(".toml"):
        try:
            content = (name == "pyproject.toml" and pyproject) or tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            yield Divergence(name, "", State.CONFLICTING, f"cannot be read as TOML: {error}")
        else:
            yield from _keys(name, content, tomllib.loads(expected), "")
    else:
        yield Divergence(name, "", State.STALE, "is not as the template has it")


def _keys(name: str, content: Any, expected: Mapping[str, Any], above: str) -> Iterator[Divergence]:
    for part, value in expected.items():
        key = f"{above}{part}"
        if key in TEAMS:
            continue
        own = content.get(part) if isinstance(content, Mapping) else None
        if isinstance(value, Mapping):
            yield from _keys(name, own, value, f"{key}.")
        elif isinstance(value, list) and isinstance(own, list):
            # A team may have more: of a list, what the template has must be in it.
            if lacking := [each for each in value if each not in own]:
                yield Divergence(name, key, State.STALE, f"{key} lacks {_shown(lacking)}")
        elif own != value:
            has = "is not there" if own is None else f"is {_shown(own)}"
            yield Divergence(
                name, key, State.STALE, f"{key} {has}; the template has {_shown(value)}"
            )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)

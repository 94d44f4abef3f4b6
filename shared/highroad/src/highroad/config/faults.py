"""From whatever Kedro, OmegaConf and PyYAML raise to one error with file, line and key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations, groupby
from typing import Any

import yaml

from highroad.config.positions import duplicates, line_of, yaml_fault
from highroad.config.sources import Source
from highroad.errors import ConfigError

_REFERENCE = re.compile(r"\$\{(\.*)([^${}:]+)\}")


def explained(kind: str, found: list[Source], error: Exception, where: str) -> ConfigError | None:
    """What a user can do about an error that reading a kind of configuration raised.

    Args:
        kind: What was read: `catalog`, `parameters`, …
        found: The files it was read from.
        error: What was raised.
        where: The folders and the environment, for a fault whose file cannot be found.

    Returns:
        An error that names file, line and key where they can be found, else what was read;
        None where the error is not about configuration.
    """
    unreadable = [fault for source in found for fault in file_faults(source)]
    if unreadable:
        return ConfigError("\n".join(unreadable))
    if faults := [*_duplicates_across(kind, found), *_cycles(found)]:
        return ConfigError("\n".join(faults))
    if isinstance(error, AttributeError | OSError):
        return None
    place = _place_of(str(getattr(error, "full_key", None) or ""), found)
    what = str(error).strip().splitlines()[0].rstrip(".")
    own = what.partition("ConfigError raised while resolving interpolation: ")[2]
    if own:
        return ConfigError(f"{own} (wanted by {place})." if place else own)
    return ConfigError(
        f"{place or kind}: {what} ({where}). Correct the value there, or write a plain one."
    )


def file_faults(source: Source) -> Iterator[str]:
    """Why a file is no mapping of keys, each once, to values; nothing where it is one."""
    try:
        text = source.content.decode("utf-8")
        value = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        line = source.content.count(b"\n", 0, error.start) + 1
        yield f"{source.path}:{line}: not UTF-8; expected text in UTF-8. Save the file as such."
        return
    except yaml.YAMLError as error:
        yield f"{yaml_fault(str(source.path), error)}"
        return
    if value is not None and not isinstance(value, dict):
        yield (
            f"{source.path}:1: a {type(value).__name__}; expected keys with values, `key: value`. "
            "Give each value a key."
        )
        return
    for key, line, first in duplicates(text):
        yield (
            f"{source.path}:{line}: '{key}' stands here and on line {first}; expected each key "
            "once. Delete one of them, or rename it."
        )


def _duplicates_across(kind: str, found: list[Source]) -> Iterator[str]:
    """Keys that two files of one layer have; of parameters the leaves, as Kedro compares them."""
    for _, group in groupby(found, key=lambda source: source.layer):
        keyed = [
            (source, dict(_keys(_content(source), deep=kind == "parameters"))) for source in group
        ]
        for (one, ones), (other, others) in combinations(keyed, 2):
            for key in sorted(ones.keys() & others.keys()):
                if not key.startswith("_"):
                    first, second = line_of(one.text, ones[key]), line_of(other.text, others[key])
                    yield (
                        f"{other.path}:{second}: '{key}' stands also in {one.path}:{first}; expected "
                        "each key in one file of a layer. Delete one of them, or move the "
                        "difference to an environment."
                    )


def _content(source: Source) -> Mapping[Any, Any]:
    value = yaml.safe_load(source.text)
    return value if isinstance(value, Mapping) else {}


def _keys(
    value: Mapping[Any, Any], *, deep: bool, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, inner in value.items():
        here = (*path, str(key))
        if deep and isinstance(inner, Mapping):
            yield from _keys(inner, deep=deep, path=here)
        else:
            yield ".".join(here), here


def _cycles(found: list[Source]) -> Iterator[str]:
    """The first circle of `${key}` references in each layer, each key with its place."""
    for _, group in groupby(found, key=lambda source: source.layer):
        files = list(group)
        links = {
            key: targets for source in files for key, targets in _references(_content(source), ())
        }
        for start in links:
            if circle := _circle(start, links):
                named = " → ".join(f"'{'.'.join(key)}'" for key in circle)
                places = ", ".join(
                    dict.fromkeys(_place_of(".".join(key), files) or "" for key in circle)
                )
                yield (
                    f"{places}: {named}: these values refer to each other in a circle; expected "
                    "one of them to hold a plain value. Write it in place of one ${…}."
                )
                break


def _references(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """(key, the keys its value refers to) for every value that is a text with `${key}`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _references(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _references(inner, (*path, str(index)))
    elif isinstance(value, str) and (matches := _REFERENCE.findall(value)):
        yield (
            path,
            [
                (*(path[: len(path) - len(dots)] if dots else ()), *_split(key))
                for dots, key in matches
            ],
        )


def _split(key: str) -> tuple[str, ...]:
    """An OmegaConf key, `a.b[0].c`, as its parts."""
    return tuple(part for part in re.split(r"[.\[\]]+", key.strip()) if part)


def _circle(
    start: tuple[str, ...], links: Mapping[tuple[str, ...], list[tuple[str, ...]]]
) -> list[tuple[str, ...]] | None:
    """The way from a key back to itself; a reference to a mapping refers to all within it."""
    ways: list[list[tuple[str, ...]]] = [[start]]
    seen = set()
    while ways:
        way = ways.pop()
        for target in links[way[-1]]:
            for key in links:
                if key[: len(target)] != target and target[: len(key)] != key:
                    continue
                if key == start:
                    return [*way, start]
                if key not in seen:
                    seen.add(key)
                    ways.append([*way, key])
    return None


def _place_of(key: str, found: list[Source]) -> str | None:
    """`file:line: 'key'` in the strongest file that has the key or what holds it."""
    parts = _split(key)
    for length in range(len(parts), 0, -1):
        for source in reversed(found):
            # A dataset's name may hold dots and is one key.
            for head in range(1, length + 1):
                keys = (".".join(parts[:head]), *parts[head:length])
                if line := line_of(source.text, keys):
                    return f"{source.path}:{line}: '{key}'"
    return None

"""Where a configuration value comes from: file, line, and what it overrode."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from kedro.config import MissingConfigException
from kedro.io import CatalogConfigResolver

from highroad.config.environments import LOCAL
from highroad.config.loader import PlatformConfigLoader
from highroad.config.platform import FILE, STORE_VARIABLE
from highroad.config.positions import line_of
from highroad.errors import ConfigError
from highroad_workspace.metadata import meant
from highroad_workspace.threads import settings

KINDS = ("catalog", "parameters", "globals")
THREADS = "threads"


class Place(NamedTuple):
    """Who says a key: the layer's name, `file:line` or a variable's name, and the written value."""

    layer: str
    where: str
    value: Any


def explain(project: Path, env: str, key: str) -> str:
    """The value of a key, where it was written, and what that overrode, as text.

    Args:
        project: The project's folder.
        env: The environment.
        key: `<kind>.<key>`; kind is catalog, parameters, globals or platform.

    Raises:
        ConfigError: No such kind or key; names the closest.
    """
    loader = open_loader(project, env)
    kind, _, rest = key.partition(".")
    if kind == "platform" and rest:
        return _render(key, loader.platform_value(rest), _platform_places(loader, rest))
    if kind not in KINDS or not rest:
        raise ConfigError(
            f"'{key}': expected a key that starts with {', '.join(KINDS)} or platform, then a dot, or "
            f"{THREADS}."
        )
    try:
        values = loader[kind]
    except MissingConfigException:
        values = {}
    name, value, keys = _find(values, rest, kind)
    places = list(_places(loader, kind, keys))
    note = f"  (pattern '{keys[0]}')" if kind == "catalog" and keys[0] not in rest else ""
    return _render(f"{kind}.{name}{note}", value, places[::-1])


def explain_threads(name: str = "") -> str:
    """What a process that starts here gets for its native threads, and why, as text.

    Args:
        name: One variable; without it all.

    Raises:
        ConfigError: No such variable.
    """
    found = {each.name: each for each in settings(os.environ)}
    if name and name not in found:
        raise ConfigError(
            f"No key '{name}' in {THREADS}.{meant(name, list(found))} Known: {', '.join(found)}."
        )
    lines = []
    for each in [found[name]] if name else found.values():
        lines.append(f"{THREADS}.{each.name} = {'not set' if each.value is None else each.value}")
        who = "the platform" if each.is_ours else "the user"
        lines.append(f"  from {who} ({each.reason})")
    return "\n".join(lines)


def check(project: Path) -> Iterator[str]:
    """Read every kind of configuration in every environment; a line for each environment.

    Raises:
        ConfigError: The first fault found.
    """
    declared = open_loader(project, LOCAL).platform.environments
    for env in (LOCAL, *(name for name in declared if name != "base")):
        loader = open_loader(project, env)
        for kind in KINDS:
            try:
                loader[kind]
            except MissingConfigException:
                continue
        yield f"{project.name}, {env}: configuration is sound"


def open_loader(project: Path, env: str) -> PlatformConfigLoader:
    """The project's loader for one environment, with its package configured for `${project:name}`."""
    from kedro.framework.startup import bootstrap_project

    bootstrap_project(project)
    return PlatformConfigLoader(project / "conf", env)


def _find(values: Mapping[str, Any], rest: str, kind: str) -> tuple[str, Any, list[str]]:
    """Split a dotted key against nested values whose keys may hold dots; longest key first."""
    for name in sorted(values, key=len, reverse=True):
        if rest == name:
            return rest, values[name], [name]
        if rest.startswith(f"{name}.") and isinstance(values[name], Mapping):
            _, value, keys = _find(values[name], rest[len(name) + 1 :], kind)
            return rest, value, [name, *keys]
    if kind == "catalog":
        resolver = resolver_of(values)
        if pattern := resolver.match_dataset_pattern(rest):
            return rest, resolver.resolve_pattern(rest), [pattern]
    known = sorted(values)
    raise ConfigError(
        f"No key '{rest}' in {kind}.{meant(rest, known)} Known: {', '.join(known) or 'none'}."
    )


def resolver_of(catalog: Mapping[str, Any]) -> CatalogConfigResolver:
    """Kedro's own answer to which pattern a dataset's name matches and what that comes to."""
    return CatalogConfigResolver(
        {name: dict(entry) for name, entry in catalog.items() if isinstance(entry, Mapping)},
        # What Kedro itself uses for names nothing answers; said here it need not warn.
        default_runtime_patterns={"{default}": {"type": "kedro.io.MemoryDataset"}},
    )


def place_of(loader: PlatformConfigLoader, kind: str, keys: Sequence[str]) -> str | None:
    """`file:line` of a key in the strongest layer that has it."""
    found = [place.where for place in _places(loader, kind, keys)]
    return found[-1] if found else None


def _places(loader: PlatformConfigLoader, kind: str, keys: Sequence[str]) -> Iterator[Place]:
    """Everybody who says a key, weakest first."""
    for source in loader.sources(kind):
        line = line_of(source.text, keys)
        if line is not None:
            value: Any = yaml.safe_load(source.text)
            for part in keys:
                value = value[int(part)] if isinstance(value, list) else value[part]
            yield Place(source.layer, f"{_shown(loader, source.path)}:{line}", value)


def _platform_places(loader: PlatformConfigLoader, key: str) -> list[Place]:
    """Everybody who says a key of platform.yml, strongest first."""
    path = loader.platform_conf / FILE
    text = path.read_text(encoding="utf-8")

    def place(name: str, value: Any) -> Place:
        line = line_of(text, name.split("."))
        if name == STORE_VARIABLE:
            return Place("the variable", name, value)
        if line is None:
            return Place("the default", "highroad", value)
        return Place(name, f"{_shown(loader, path)}:{line}", value)

    if key == "store":
        return [place(*choice) for choice in loader.platform.store_choices(loader.platform_env)]
    return [place(key, loader.platform_value(key))]


def _shown(loader: PlatformConfigLoader, path: Path) -> str:
    """A path relative to the folder that holds platform-conf, where it lies within it."""
    home = loader.platform_conf.parent
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else path.as_posix()


def _render(key: str, value: Any, places: list[Place]) -> str:
    shown = (
        yaml.safe_dump(value, sort_keys=False, default_flow_style=None)
        .strip()
        .removesuffix("\n...")
    )
    lines = [
        f"{key} = {shown}"
        if "\n" not in shown
        else f"{key} =\n" + "\n".join(f"    {each}" for each in shown.splitlines())
    ]
    for index, (layer, where, said) in enumerate(places):
        verb = "from" if index == 0 else "overrides"
        lines.append(f"  {verb} {where} ({layer})" + (f", which says {said!r}" if index else ""))
    return "\n".join(lines)

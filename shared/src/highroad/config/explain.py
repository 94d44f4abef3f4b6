"""Where a configuration value comes from: file, line, and what it overrode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from kedro.config import MissingConfigException

from highroad.config.loader import LOCAL, PlatformConfigLoader
from highroad.config.platform import FILE
from highroad.config.positions import line_of
from highroad.errors import ConfigError

KINDS = ("catalog", "parameters", "globals")


class Place(NamedTuple):
    """A key as one file has it: the layer's name, the file, the 1-based line, the written value."""

    layer: str
    path: Path
    line: int
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
        path = loader.platform_conf / FILE
        line = line_of(path.read_text(encoding="utf-8"), rest.split("."))
        if rest == "store" or line is not None:
            return _render(
                key,
                loader._platform_value(rest),
                [Place("platform", path, line or 0, None)],
                project,
            )
        raise ConfigError(f"No key '{rest}' in {path}.")
    if kind not in KINDS or not rest:
        raise ConfigError(
            f"'{key}': expected a key that starts with {', '.join(KINDS)} or platform, then a dot."
        )
    try:
        values = loader[kind]
    except MissingConfigException:
        values = {}
    name, value, keys = _find(values, rest, kind)
    places = list(_places(loader, project, kind, keys))
    note = f"  (pattern '{keys[0]}')" if kind == "catalog" and keys[0] not in rest else ""
    return _render(f"{kind}.{name}{note}", value, places[::-1], project)


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
        from kedro.io import CatalogConfigResolver

        resolver = CatalogConfigResolver(
            {name: dict(value) for name, value in values.items()},
            default_runtime_patterns={"{default}": {"type": "kedro.io.MemoryDataset"}},
        )
        if pattern := resolver.match_dataset_pattern(rest):
            return rest, resolver.resolve_pattern(rest), [pattern]
    close = get_close_matches(rest, list(values), n=1, cutoff=0.4)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    raise ConfigError(
        f"No key '{rest}' in {kind}.{hint} Known: {', '.join(sorted(values)) or 'none'}."
    )


def layers(loader: PlatformConfigLoader, project: Path) -> list[tuple[str, Path]]:
    """The four layers, weakest first, as (name, folder); an environment equal to base adds none."""
    conf = project / "conf"
    found = [("platform base", loader.platform_conf / "base")]
    if loader.platform_env != "base":
        found.append(
            (f"platform {loader.platform_env}", loader.platform_conf / loader.platform_env)
        )
    found.append(("project base", conf / "base"))
    run_env = loader.env or loader.default_run_env
    if run_env != "base":
        found.append((f"project {run_env}", conf / run_env))
    return found


def files_of(loader: PlatformConfigLoader, folder: Path, kind: str) -> list[Path]:
    """The files of a kind in one layer, by the loader's own patterns."""
    if not folder.is_dir():
        return []
    found = {path for pattern in loader.config_patterns[kind] for path in folder.glob(pattern)}
    return sorted(path for path in found if path.suffix in (".yml", ".yaml", ".json"))


def _places(
    loader: PlatformConfigLoader, project: Path, kind: str, keys: list[str]
) -> Iterator[Place]:
    for layer, folder in layers(loader, project):
        for path in files_of(loader, folder, kind):
            text = path.read_text(encoding="utf-8")
            line = line_of(text, keys)
            if line is not None:
                value: Any = yaml.safe_load(text)
                for part in keys:
                    value = value[part]
                yield Place(layer, path, line, value)


def _render(key: str, value: Any, places: list[Place], project: Path) -> str:
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
    root = next(
        (each for each in (project, *project.parents) if (each / "platform-conf").is_dir()), project
    )
    for index, place in enumerate(places):
        path = (
            place.path.relative_to(root).as_posix()
            if place.path.is_relative_to(root)
            else str(place.path)
        )
        verb = "from" if index == 0 else "overrides"
        lines.append(
            f"  {verb} {path}:{place.line} ({place.layer})"
            + (f", which says {place.value!r}" if index else "")
        )
    return "\n".join(lines)

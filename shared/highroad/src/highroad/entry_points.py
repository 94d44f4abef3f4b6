"""What packages add to the platform, found by their entry points; the library's own are registered alike."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from highroad.errors import ConfigError
from highroad_workspace.metadata import meant


def load(group: str, name: str) -> Any:
    """The one object of a name in a group of entry points.

    Args:
        group: Such as `highroad.targets`.
        name: The entry point's name.

    Raises:
        ConfigError: There is none of this name, there are two, or it cannot be imported.
    """
    points = entry_points(group=group)
    matching = [point for point in points if point.name == name]
    if not matching:
        known = sorted(points.names)
        raise ConfigError(
            f"No entry point of {group} is named '{name}'.{meant(name, known)} Installed here: "
            f"{', '.join(known) or 'none'}."
        )
    if len(matching) > 1:
        places = " and ".join(f"{point.value}{_package(point)}" for point in matching)
        raise ConfigError(
            f"Two entry points of {group} are named '{name}': {places}; rename one of them."
        )
    return _loaded(matching[0])


def registered(group: str, base: type[Any]) -> tuple[Any, ...]:
    """An instance of each class that is registered, in the order of the entry points' names.

    Args:
        group: The group, such as `highroad.checks`.
        base: What each class inherits; it has a `name`.

    Raises:
        ConfigError: An entry point cannot be imported, names no such class, or has the name of another one.
    """
    instances: dict[str, Any] = {}
    for point in sorted(entry_points(group=group), key=lambda point: (point.name, point.value)):
        loaded, where = _loaded(point), _place(point)
        if not (isinstance(loaded, type) and issubclass(loaded, base)):
            raise ConfigError(f"{where} is no class that inherits {base.__name__}.")
        try:
            instance = loaded()
            name = instance.name
        except Exception as error:
            raise ConfigError(
                f"{where} cannot be made: {type(error).__name__}: {error}; expected a class without "
                "arguments that implements all of its base."
            ) from error
        if other := instances.get(name):
            kind = type(other)
            raise ConfigError(
                f"{where} is named '{name}', as {kind.__module__}:{kind.__name__} is; expected two "
                "names. Rename one."
            )
        instances[name] = instance
    return tuple(instances.values())


def _loaded(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:  # whatever a foreign module raises on import
        raise ConfigError(
            f"{_place(point)} cannot be imported: {type(error).__name__}: {error}. Correct its path, or "
            "uninstall the package."
        ) from error


def _place(point: EntryPoint) -> str:
    return f"Entry point '{point.name}' of {point.group}, {point.value}{_package(point)},"


def _package(point: EntryPoint) -> str:
    return f" of the package {point.dist.name}" if point.dist else ""

"""The classes that packages register under an entry-point group of the library; its own are registered alike."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from highroad.errors import ConfigError


def registered(group: str, base: type[Any]) -> tuple[Any, ...]:
    """An instance of each class that is registered, in the order of the entry points' names.

    Args:
        group: The group, such as `highroad.checks`.
        base: What each class inherits; it has a `name`.

    Raises:
        ConfigError: An entry point cannot be imported, names no such class, or has the name of another one.
    """
    instances: dict[str, Any] = {}
    for point in sorted(entry_points(group=group), key=lambda each: (each.name, each.value)):
        where = f"entry point '{point.name}' of {group}, {point.value}{_package(point)},"
        try:
            loaded = point.load()
        except Exception as error:  # whatever a foreign module raises on import
            raise ConfigError(
                f"{where} cannot be imported: {type(error).__name__}: {error}. Correct the class's path, or "
                "uninstall the package."
            ) from error
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


def _package(point: EntryPoint) -> str:
    return f" of the package {point.dist.name}" if point.dist else ""

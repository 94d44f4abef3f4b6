"""What distributions add to the platform, found by their entry points."""

from __future__ import annotations

from importlib.metadata import entry_points
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
        places = " and ".join(
            f"{point.value} of {point.dist.name if point.dist else 'an unknown distribution'}"
            for point in matching
        )
        raise ConfigError(
            f"Two entry points of {group} are named '{name}': {places}; rename one of them."
        )
    try:
        return matching[0].load()
    except Exception as error:  # whatever a foreign module raises on import
        raise ConfigError(
            f"Entry point '{name}' of {group}, {matching[0].value}, cannot be imported: "
            f"{type(error).__name__}: {error}"
        ) from error

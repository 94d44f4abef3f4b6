"""Which environments there are; every layer must mean the same ones."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from highroad.config.platform import FILE, LOCAL
from highroad.errors import ConfigError
from highroad_workspace.metadata import meant

__all__ = ["LOCAL", "check_environments"]


def check_environments(
    platform_conf: Path, conf_source: Path, env: str, declared: Collection[str]
) -> None:
    """Compare the folders of both layers with the platform's list, which is the one that counts.

    Raises:
        ConfigError: The environment is unknown, a declared one has no folder, or a layer has a
            folder for one that is not declared.
    """
    known = f"Known: {', '.join(sorted(declared))} and {LOCAL}."
    if env not in {*declared, LOCAL}:
        raise ConfigError(f"No environment '{env}'.{meant(env, [*declared, LOCAL])} {known}")
    faults = []
    for name in sorted(set(declared) - set(_folders(platform_conf))):
        faults.append(
            f"{platform_conf / FILE}: environment '{name}' has no folder {platform_conf / name}; "
            "make it, or take the environment out."
        )
    for layer, allowed in (
        (platform_conf, {*declared, "contracts", "access"}),
        (conf_source, {*declared, "base", LOCAL}),
    ):
        for name in sorted(set(_folders(layer)) - allowed):
            faults.append(
                f"{layer / name}: no environment '{name}' in {platform_conf / FILE}; "
                f"declare it there, or rename the folder.{meant(name, sorted(declared))} {known}"
            )
    if faults:
        raise ConfigError("\n".join(faults))


def _folders(layer: Path) -> list[str]:
    if not layer.is_dir():
        return []
    return [
        each.name
        for each in layer.iterdir()
        if each.is_dir() and not each.name.startswith((".", "_"))
    ]

"""Whether contracts may be switched off here: an environment that is `enforced` does not allow it."""

from __future__ import annotations

import os
from pathlib import Path

from highroad.config.platform import Platform, load_platform
from highroad.errors import ConfigError
from highroad.runs import current_run

SWITCH = "KEDRO_DATASET_VALIDATION"
"""Kedro's own variable; Kedro reads it at each load and save."""
_OFF = ("0", "false", "off")


def is_switched_off() -> bool:
    """Whether Kedro's variable switches validation off."""
    return os.environ.get(SWITCH, "").strip().lower() in _OFF


def require_switchable(platform: Platform, env: str) -> None:
    """Refuse a variable that switches contracts off where the environment enforces them.

    Raises:
        ConfigError: It does.
    """
    if is_switched_off() and platform.is_enforced(env):
        raise ConfigError(
            f"{SWITCH}={os.environ[SWITCH]} switches contracts off, which environment '{env}' does not "
            f"allow; unset it, or run in an environment that platform.yml has with `enforced: false`."
        )


def are_off(platform_conf: Path, store: str) -> bool:
    """Whether contracts are switched off for a store, where that is allowed.

    A run knows its environment. Outside of runs it is the one whose store this is; a store that belongs to
    none, or to several, is enforced where any of these is.

    Args:
        platform_conf: The platform's folder.
        store: The store's root.

    Raises:
        ConfigError: They are switched off and the environment enforces them.
    """
    if not is_switched_off():
        return False
    platform, run, home = load_platform(platform_conf), current_run(), platform_conf.parent
    if run is not None:
        require_switchable(platform, run.environment)
        return True
    root = store if "://" in store else Path(store).resolve().as_posix()
    envs = [env for env in platform.environments if platform.store_root(env, home) == root]
    for env in envs or [f"of the store {root}"]:
        require_switchable(platform, env)
    return True

"""What time it is for the platform: the system's, or the one its sample data lives in."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from highroad.config.platform import load_platform
from highroad.errors import ConfigError

VARIABLE = "HIGHROAD_CLOCK"


def now(platform_conf: Path) -> datetime:
    """HIGHROAD_CLOCK, else `clock` in platform.yml, else the system's time; with UTC.

    Raises:
        ConfigError: The variable is no ISO 8601 time.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        try:
            moment = datetime.fromisoformat(chosen)
        except ValueError:
            raise ConfigError(
                f"{VARIABLE} is '{chosen}'; expected a time such as 2014-01-01T06:00:00Z."
            ) from None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    clock: datetime | None = getattr(load_platform(platform_conf), "clock", None)
    return clock.astimezone(UTC) if clock is not None else datetime.now(UTC)

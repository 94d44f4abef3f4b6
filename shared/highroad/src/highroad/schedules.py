"""Schedules as cron writes them: five fields in UTC, or one of cron's names."""

from __future__ import annotations

from datetime import UTC, datetime

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


def cron_fields(schedule: str) -> str:
    """A schedule as five fields.

    Raises:
        ValueError: It is none; says what was expected.
    """
    from cronsim import CronSim, CronSimError

    fields = _NAMED.get(schedule.strip(), schedule)
    try:
        if len(fields.split()) != 5:
            raise CronSimError(f"{len(fields.split())} fields")
        next(CronSim(fields, datetime(2024, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        names = ", ".join(_NAMED)
        raise ValueError(
            f"'{schedule}' is no schedule ({error or 'it never comes'}); expected five cron fields such as "
            f'"0 6 * * *", in UTC, or one of {names}'
        ) from None
    return fields


def next_after(fields: str, moment: datetime) -> datetime:
    """When a schedule is due next.

    Args:
        fields: From `cron_fields`.
        moment: With a time zone.
    """
    from cronsim import CronSim

    return next(CronSim(fields, moment)).replace(microsecond=0)

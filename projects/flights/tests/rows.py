"""Hand-made drops, as text, the way a source delivers them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

ZONES = {
    "EWR": "America/New_York",
    "JFK": "America/New_York",
    "LGA": "America/New_York",
    "ORD": "America/Chicago",
    "LAX": "America/Los_Angeles",
    "HNL": "Pacific/Honolulu",
    "PHX": "America/Phoenix",
    "SJU": "America/Puerto_Rico",
}
MILES = {
    "ORD": 733,
    "LAX": 2475,
    "HNL": 4983,
    "PHX": 2153,
    "SJU": 1598,
    "EWR": 0,
    "JFK": 11,
    "LGA": 17,
}
READ = {"dtype": str, "keep_default_na": False}  # as in conf/base/catalog.yml


def departure(
    day: str, leaves: int, lands: int, dest: str = "ORD", **other: object
) -> dict[str, str]:
    """One row: a flight from JFK that left and arrived in time; `other` replaces columns."""
    date = datetime.fromisoformat(day)
    hour = pd.Timestamp(date) + pd.Timedelta(hours=leaves // 100)
    utc = (
        hour.to_pydatetime()
        .replace(tzinfo=ZoneInfo("America/New_York"))
        .astimezone(ZoneInfo("UTC"))
    )
    row = {
        "year": date.year,
        "month": date.month,
        "day": date.day,
        "dep_time": leaves,
        "sched_dep_time": leaves,
        "dep_delay": 0,
        "arr_time": lands,
        "sched_arr_time": lands,
        "arr_delay": 0,
        "carrier": "UA",
        "flight": 1,
        "tailnum": "N1",
        "origin": "JFK",
        "dest": dest,
        "air_time": 100,
        "distance": MILES[dest],
        "hour": leaves // 100,
        "minute": leaves % 100,
        "time_hour": f"{utc:%Y-%m-%dT%H:%M:%SZ}",
    }
    return {column: str(value) for column, value in (row | other).items()}


def drop(*rows: dict[str, str]) -> pd.DataFrame:
    """A drop of these rows."""
    return pd.DataFrame(list(rows), dtype=str)


def csv(*rows: dict[str, str]) -> str:
    """A drop of these rows as the text of a file."""
    return drop(*rows).to_csv(index=False, lineterminator="\n")


def read(path: Path) -> pd.DataFrame:
    """Read a landed file as the catalog does."""
    return pd.read_csv(path, **READ)

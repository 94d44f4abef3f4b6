"""Deliver the sample the way a source system would: one drop a month."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class LandingOptions:
    """How much of the sample lands: every `keep_every`-th row of a month, at least 1."""

    keep_every: int = 1

    def __post_init__(self) -> None:
        if type(self.keep_every) is not int or self.keep_every < 1:
            raise ValueError(
                f"landing.keep_every: expected a whole number >= 1, found {self.keep_every!r}."
            )

    @classmethod
    def of(cls, options: dict[str, Any]) -> LandingOptions:
        """The options of a parameter file.

        Raises:
            ValueError: A key is unknown or a value is bad; names both.
        """
        known = [field.name for field in fields(cls)]
        for key in options:
            if key not in known:
                raise ValueError(f"landing.{key}: no such option; expected {', '.join(known)}.")
        return cls(**options)


def deliver_by_month(source: pd.DataFrame, options: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Split a source table into monthly drops.

    Args:
        source: Text columns as delivered, shape (n, >= 2), with `year` and `month` in New York
            local time.
        options: The fields of `LandingOptions`.

    Returns:
        A table for each month, named like "2013-01", rows in the source's order, numbered from 0.

    Raises:
        ValueError: A bad option, or no such columns in the source.
    """
    every = LandingOptions.of(options).keep_every
    if absent := [column for column in ("year", "month") if column not in source]:
        raise ValueError(f"source: missing column(s) {', '.join(absent)}, by which drops are cut.")
    names = source["year"] + "-" + source["month"].str.zfill(2)
    return {
        str(name): rows.iloc[::every].reset_index(drop=True)
        for name, rows in source.groupby(names, sort=True)
    }


def deliver_fleet(source: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """One drop, `fleet`, with the whole register of aircraft, as delivered."""
    return {"fleet": source}


def deliver_airports(source: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """One drop, `airports`, with the whole list of airports, as delivered."""
    return {"airports": source}

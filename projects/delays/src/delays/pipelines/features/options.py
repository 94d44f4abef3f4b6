"""What the features pipeline can be told."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class FeatureOptions:
    """When the prediction is made, how far back it looks, and what late means.

    Attributes:
        horizon_min: Minutes from the cutoff to the scheduled departure.
        recent_min: Length of "the last hours" before the cutoff, minutes.
        history_days: Length of "the last weeks" before the cutoff, days.
        late_from_min: A flight is late from this arrival delay on, minutes.

    Raises:
        ValueError: A value is not a whole number above 0.
    """

    horizon_min: int
    recent_min: int
    history_days: int
    late_from_min: int

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise ValueError(
                    f"features.{field.name}: expected a whole number above 0, found {value!r}."
                )

    @classmethod
    def of(cls, options: dict[str, Any]) -> FeatureOptions:
        """From `params:features`; ValueError names keys that are unknown or missing."""
        expected = [field.name for field in fields(cls)]
        if wrong := sorted(set(options) ^ set(expected)):
            raise ValueError(
                f"features: unknown or missing {', '.join(wrong)}; expected {', '.join(expected)}."
            )
        return cls(**options)

    @property
    def horizon(self) -> pd.Timedelta:
        """From the cutoff to the scheduled departure."""
        return pd.Timedelta(minutes=self.horizon_min)

    @property
    def recent(self) -> pd.Timedelta:
        """The last hours."""
        return pd.Timedelta(minutes=self.recent_min)

    @property
    def history(self) -> pd.Timedelta:
        """The last weeks."""
        return pd.Timedelta(days=self.history_days)

"""What the features pipeline can be told."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pandas as pd

from delays.options import Options


@dataclass(frozen=True)
class FeatureOptions(Options):
    """When the prediction is made, how far back it looks, and what late means.

    Attributes:
        horizon_min: Minutes from the cutoff to the scheduled departure.
        recent_min: Length of "the last hours" before the cutoff, minutes.
        history_days: Length of "the last weeks" before the cutoff, days.
        late_from_min: A flight is late from this arrival delay on, minutes.

    Raises:
        ValueError: A value is not a whole number above 0.
    """

    section = "features"
    horizon_min: int
    recent_min: int
    history_days: int
    late_from_min: int

    def __post_init__(self) -> None:
        for field in fields(self):
            self.number(field.name, whole=True)

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

"""What the train pipeline can be told."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from delays.options import Options


@dataclass(frozen=True)
class SplitOptions(Options):
    """First New York dates of validation and test; everything earlier trains.

    Raises:
        ValueError: Not an ISO date, or the two in the wrong order.
    """

    section = "split"
    validate_from: str
    test_from: str

    def __post_init__(self) -> None:
        for name in ("validate_from", "test_from"):
            try:
                pd.Timestamp(getattr(self, name)).strftime("%Y-%m-%d")
            except (ValueError, TypeError):
                self.refuse(name, "a date such as '2013-10-01'")
        if not pd.Timestamp(self.validate_from) < pd.Timestamp(self.test_from):
            self.refuse("validate_from", f"a date before split.test_from, {self.test_from!r}")


@dataclass(frozen=True)
class TrainOptions(Options):
    """How the boosted trees are fitted and calibrated.

    Attributes:
        seed: Of everything random.
        max_iter: Number of trees.
        learning_rate: Weight of each tree, above 0.
        max_leaf_nodes: Leaves of a tree, 2 or more.
        l2_regularization: 0 or more.
        calibration: `sigmoid` or `isotonic`, fitted on the validation part.

    Raises:
        ValueError: Names the option, its value and what is expected.
    """

    section = "train"
    seed: int
    max_iter: int
    learning_rate: float
    max_leaf_nodes: int
    l2_regularization: float
    calibration: str

    def __post_init__(self) -> None:
        self.number("seed", whole=True, least=0)
        self.number("max_iter", whole=True)
        self.number("learning_rate")
        self.number("max_leaf_nodes", whole=True, least=2)
        self.number("l2_regularization", least=0)
        if self.calibration not in ("sigmoid", "isotonic"):
            self.refuse("calibration", "'sigmoid' or 'isotonic'")


@dataclass(frozen=True)
class CostOptions(Options):
    """What mistakes cost, in USD a flight.

    Attributes:
        missed_usd: A flight arrives late and nobody was warned.
        false_alarm_usd: A warning, and the flight is not late.

    Raises:
        ValueError: A cost is not a number above 0.
    """

    section = "costs"
    missed_usd: float
    false_alarm_usd: float

    def __post_init__(self) -> None:
        self.number("missed_usd")
        self.number("false_alarm_usd")

    @property
    def break_even(self) -> float:
        """The probability at which a warning and none cost the same, if it is a true one."""
        return self.false_alarm_usd / (self.false_alarm_usd + self.missed_usd)

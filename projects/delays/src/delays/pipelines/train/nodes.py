"""Fit, calibrate and measure the model against a base rate and a simple baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from delays.pipelines.features.nodes import CATEGORIES, FEATURES, NUMBERS

NEW_YORK = "America/New_York"
Model = dict[str, Any]


@dataclass(frozen=True)
class Split:
    """First New York dates of validation and test; everything earlier trains."""

    validate_from: str
    test_from: str

    def __post_init__(self) -> None:
        if not pd.Timestamp(self.validate_from) < pd.Timestamp(self.test_from):
            raise ValueError(
                f"split: validate_from '{self.validate_from}' must be before test_from '{self.test_from}'."
            )


@dataclass(frozen=True)
class TrainOptions:
    """How to fit, what late means in minutes, and what mistakes cost in USD a passenger."""

    late_from_min: int
    seed: int
    max_iter: int
    learning_rate: float
    max_leaf_nodes: int
    missed_cost_usd: float
    false_alarm_cost_usd: float

    def __post_init__(self) -> None:
        for name in (
            "max_iter",
            "learning_rate",
            "max_leaf_nodes",
            "missed_cost_usd",
            "false_alarm_cost_usd",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(
                    f"train.{name}: expected a number above 0, found {getattr(self, name)!r}."
                )

    @property
    def threshold(self) -> float:
        """Warn from this probability: where the expected costs of both mistakes are equal."""
        return self.false_alarm_cost_usd / (self.false_alarm_cost_usd + self.missed_cost_usd)


def split_examples(examples: pd.DataFrame, split: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Chronological parts of the examples whose outcome is known.

    Cancelled and diverted flights have no arrival delay, so no label: they are left out here
    and still scored.

    Returns:
        `train`, `validate` and `test`, none of which overlap in time.
    """
    options = Split(**split)
    labelled = examples[examples["arr_delay_min"].notna()]
    local = labelled["scheduled_departure_at"].dt.tz_convert(NEW_YORK).dt.tz_localize(None)
    validate, test = pd.Timestamp(options.validate_from), pd.Timestamp(options.test_from)
    parts = {
        "train": labelled[local < validate],
        "validate": labelled[(local >= validate) & (local < test)],
        "test": labelled[local >= test],
    }
    if empty := [name for name, part in parts.items() if part.empty]:
        raise ValueError(
            f"split: no flights to {', '.join(empty)}; check the dates against the data's."
        )
    return parts


def fit_model(parts: dict[str, pd.DataFrame], options: dict[str, Any]) -> Model:
    """Fit on the training part, calibrate on the validation part.

    Returns:
        `model` (calibrated boosted trees), `baseline` (logistic regression on carrier, origin
        and hour) and `base_rate` (share of late flights in training), `threshold`.
    """
    chosen = TrainOptions(**options)
    train, validate = parts["train"], parts["validate"]
    encode = make_column_transformer(
        (
            OrdinalEncoder(
                handle_unknown="use_encoded_value", unknown_value=-1, max_categories=250
            ),
            CATEGORIES,
        ),
        (
            "passthrough",
            NUMBERS,
        ),
    )
    boosted = HistGradientBoostingClassifier(
        max_iter=chosen.max_iter,
        learning_rate=chosen.learning_rate,
        max_leaf_nodes=chosen.max_leaf_nodes,
        l2_regularization=1.0,
        categorical_features=list(range(len(CATEGORIES))),
        early_stopping=False,
        random_state=chosen.seed,
    )
    fitted = make_pipeline(encode, boosted).fit(train[FEATURES], is_late(train, chosen))
    calibrated = CalibratedClassifierCV(FrozenEstimator(fitted), method="sigmoid")
    calibrated.fit(validate[FEATURES], is_late(validate, chosen))
    return {
        "model": calibrated,
        "baseline": _baseline().fit(train[FEATURES], is_late(train, chosen)),
        "base_rate": float(is_late(train, chosen).mean()),
        "threshold": chosen.threshold,
    }


def evaluate_model(
    model: Model, parts: dict[str, pd.DataFrame], options: dict[str, Any]
) -> dict[str, Any]:
    """AUC, Brier score and log loss of model, baseline and base rate, and what warnings cost.

    Returns:
        For `validate` and `test`: flights, late share, per method the three scores, and
        `cost_usd_per_flight` when warning by the model, never, and always.
    """
    chosen = TrainOptions(**options)
    metrics: dict[str, Any] = {"threshold": chosen.threshold}
    for name in ("validate", "test"):
        part = parts[name]
        late = is_late(part, chosen)
        predicted = {
            "model": probabilities(model["model"], part),
            "baseline": probabilities(model["baseline"], part),
            "base_rate": np.full(len(part), model["base_rate"]),
        }
        warn = predicted["model"] >= chosen.threshold
        metrics[name] = {
            "flights": len(part),
            "late_share": float(late.mean()),
            **{method: _scores(late, each) for method, each in predicted.items()},
            "cost_usd_per_flight": {
                "model": cost_of(late, warn, chosen),
                "never_warn": cost_of(late, np.zeros(len(part), bool), chosen),
                "always_warn": cost_of(late, np.ones(len(part), bool), chosen),
            },
        }
    return metrics


def is_late(part: pd.DataFrame, options: TrainOptions) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each flight arrived `late_from_min` minutes late or more."""
    return part["arr_delay_min"].to_numpy("float64") >= options.late_from_min


def probabilities(model: Any, part: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Probability of being late, shape (n,)."""
    return np.asarray(model.predict_proba(part[FEATURES])[:, 1], dtype="float64")


def cost_of(late: Any, warn: Any, options: TrainOptions) -> float:
    """Mean cost in USD a flight: late and not warned, or warned and not late."""
    missed, false_alarm = late & ~warn, ~late & warn
    return float(
        (missed * options.missed_cost_usd + false_alarm * options.false_alarm_cost_usd).mean()
    )


def _scores(late: Any, probability: Any) -> dict[str, float]:
    return {
        "auc": float(roc_auc_score(late, probability)),
        "brier": float(brier_score_loss(late, probability)),
        "log_loss": float(log_loss(late, probability)),
    }


def _baseline() -> Pipeline:
    few = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["carrier", "origin"]),
        (make_pipeline(SimpleImputer(), StandardScaler()), ["local_hour"]),
    )
    return make_pipeline(few, LogisticRegression(max_iter=500))

"""Fit, calibrate and measure the model against a base rate and a simple baseline."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

from delays.pipelines.features.columns import CATEGORIES, FEATURES, NUMBERS
from delays.pipelines.train.costs import Bools, Floats, choose_threshold, cost_of
from delays.pipelines.train.options import CostOptions, SplitOptions, TrainOptions

NEW_YORK = "America/New_York"
DIGITS = 6
MOST_CATEGORIES = 250
"""The trees take 255 at most; rarer destinations beyond share one."""

Model = dict[str, Any]
Parts = dict[str, pd.DataFrame]


def split_examples(examples: pd.DataFrame, split: dict[str, Any]) -> Parts:
    """Chronological parts of the flights whose outcome is known.

    Cancelled and diverted flights have no arrival delay, so no label: they are left out here
    and still scored.

    Args:
        examples: From `build_examples`, shape (n, …).
        split: `params:split`, New York dates of the scheduled departure.

    Returns:
        `train`, `validate` and `test`, none of which overlap in time; `late` is bool.

    Raises:
        ValueError: A bad option, or a part without a late and a punctual flight.
    """
    options = SplitOptions.of(split)
    labelled = examples[examples["late"].notna()].astype({"late": bool})
    local = labelled["scheduled_departure_at"].dt.tz_convert(NEW_YORK).dt.tz_localize(None)
    validate, test = pd.Timestamp(options.validate_from), pd.Timestamp(options.test_from)
    parts = {
        "train": labelled[local < validate],
        "validate": labelled[(local >= validate) & (local < test)],
        "test": labelled[local >= test],
    }
    if poor := [name for name, part in parts.items() if part["late"].nunique() < 2]:
        raise ValueError(
            f"split: {', '.join(poor)} without late or without punctual flights; "
            f"expected both from {local.min():%Y-%m-%d} to {local.max():%Y-%m-%d} "
            f"at validate_from {options.validate_from}, test_from {options.test_from}."
        )
    return parts


def fit_model(parts: Parts, train: dict[str, Any], costs: dict[str, Any]) -> Model:
    """Fit on the training part; calibrate, and choose the threshold, on the validation part.

    Args:
        parts: From `split_examples`.
        train: `params:train`.
        costs: `params:costs`.

    Returns:
        `model` (calibrated boosted trees) and `baseline` (logistic regression on airline,
        airport and hour), both fed `FEATURES`; `base_rate`, the late share in training;
        `threshold`, the probability from which to warn.

    Raises:
        ValueError: A bad option.
    """
    options, price = TrainOptions.of(train), CostOptions.of(costs)
    fitted, validate = parts["train"], parts["validate"]
    trees = make_trees(options).fit(fitted[FEATURES], fitted["late"])
    classifier = CalibratedClassifierCV(FrozenEstimator(trees), method=options.calibration)
    classifier.fit(validate[FEATURES], validate["late"])
    baseline = make_baseline().fit(fitted[FEATURES], fitted["late"])
    threshold = choose_threshold(
        validate["late"].to_numpy(), probabilities(classifier, validate), price
    )
    return {
        "model": classifier,
        "baseline": baseline,
        "base_rate": float(fitted["late"].mean()),
        "threshold": threshold,
    }


def document_model(model: Model, parts: Parts, metrics: dict[str, Any]) -> Model:
    """The model with what a reader of it has to know: what it learned from, and how it was measured.

    Args:
        model: From `fit_model`.
        parts: From `split_examples`.
        metrics: From `evaluate_model`.

    Returns:
        `model` as it came; `training_data` and `test_data` (`FEATURES` of either part),
        `test_target` (bool, as many as test data), `metrics`.
    """
    return {
        **model,
        "training_data": parts["train"][FEATURES],
        "test_data": parts["test"][FEATURES],
        "test_target": parts["test"]["late"],
        "metrics": metrics,
    }


def make_trees(options: TrainOptions) -> Pipeline:
    """Boosted trees that take the categories as such and missing numbers as they are."""
    encode = make_column_transformer(
        (
            OrdinalEncoder(
                handle_unknown="use_encoded_value",
                unknown_value=np.nan,
                encoded_missing_value=np.nan,
                max_categories=MOST_CATEGORIES,
            ),
            CATEGORIES,
        ),
        ("passthrough", NUMBERS),
    )
    trees = HistGradientBoostingClassifier(
        max_iter=options.max_iter,
        learning_rate=options.learning_rate,
        max_leaf_nodes=options.max_leaf_nodes,
        l2_regularization=options.l2_regularization,
        categorical_features=list(range(len(CATEGORIES))),
        early_stopping=False,
        random_state=options.seed,
    )
    return make_pipeline(encode, trees)


def make_baseline() -> Pipeline:
    """Logistic regression on airline, airport and whole hour of the scheduled departure."""
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["carrier", "origin"]),
        (
            make_pipeline(FunctionTransformer(np.floor), OneHotEncoder(handle_unknown="ignore")),
            ["local_hour"],
        ),
    )
    return make_pipeline(encode, LogisticRegression(max_iter=500))


def probabilities(classifier: Any, rows: pd.DataFrame) -> Floats:
    """Probability of arriving late, float64, shape (n,)."""
    return np.asarray(classifier.predict_proba(rows[FEATURES])[:, 1], dtype="float64")


def predict_parts(model: Model, parts: Parts) -> dict[str, pd.DataFrame]:
    """What each method says of the validation and the test part.

    Returns:
        For `validate` and `test` a frame, shape (n, 4): `late` (bool), and the probabilities
        `model`, `baseline` and `base_rate` (float64); the index is the part's.
    """
    return {
        name: pd.DataFrame(
            {
                "late": part["late"],
                "model": probabilities(model["model"], part),
                "baseline": probabilities(model["baseline"], part),
                "base_rate": model["base_rate"],
            },
            index=part.index,
        )
        for name, part in parts.items()
        if name != "train"
    }


def evaluate_model(
    model: Model, predictions: dict[str, pd.DataFrame], costs: dict[str, Any]
) -> dict[str, Any]:
    """AUC, Brier score and log loss of model, baseline and base rate, and what warnings cost.

    Args:
        model: From `fit_model`.
        predictions: From `predict_parts`.
        costs: `params:costs`.

    Returns:
        `threshold`, `break_even`, and for `validate` and `test` the model's scores, `flights`,
        `late_share`, `predicted_share`, `warned_share`, of the warnings `precision`, of the late
        flights `recall`, the scores of `baseline` and `base_rate`, and `cost_usd_per_flight`
        when warning by the model, never, and always. Numbers have 6 decimals. The model was
        calibrated and its threshold chosen on `validate`, so only `test` is a fair measure.

    Raises:
        ValueError: A bad option.
    """
    price = CostOptions.of(costs)
    metrics: dict[str, Any] = {
        "threshold": model["threshold"],
        "break_even": round(price.break_even, DIGITS),
    }
    for name, predicted in predictions.items():
        late = predicted["late"].to_numpy(bool)
        probability = predicted["model"].to_numpy()
        warn = probability >= model["threshold"]
        metrics[name] = {
            "flights": len(late),
            **_rounded(
                {
                    **_scores(late, probability),
                    "late_share": late.mean(),
                    "predicted_share": probability.mean(),
                    "warned_share": warn.mean(),
                    "precision": late[warn].mean() if warn.any() else 0.0,
                    "recall": warn[late].mean(),
                }
            ),
            "baseline": _rounded(_scores(late, predicted["baseline"].to_numpy())),
            "base_rate": _rounded(_scores(late, predicted["base_rate"].to_numpy())),
            "cost_usd_per_flight": _rounded(
                {
                    "model": cost_of(late, warn, price),
                    "never_warn": cost_of(late, np.zeros_like(late), price),
                    "always_warn": cost_of(late, np.ones_like(late), price),
                }
            ),
        }
    return metrics


def _scores(late: Bools, probability: Floats) -> dict[str, float]:
    return {
        "auc": roc_auc_score(late, probability),
        "brier": brier_score_loss(late, probability),
        "log_loss": log_loss(late, probability),
    }


def _rounded(numbers: dict[str, float]) -> dict[str, float]:
    return {name: round(float(number), DIGITS) for name, number in numbers.items()}

"""The split, the costs, the fit and the report."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from delays.pipelines.features.nodes import CATEGORIES, NUMBERS
from delays.pipelines.score.nodes import score_flights
from delays.pipelines.train.nodes import (
    TrainOptions,
    cost_of,
    evaluate_model,
    fit_model,
    split_examples,
)
from delays.pipelines.train.report import draw_report

SPLIT = {"validate_from": "2013-10-01", "test_from": "2013-11-01"}
OPTIONS = {
    "late_from_min": 15, "seed": 7, "max_iter": 20, "learning_rate": 0.1, "max_leaf_nodes": 7,
    "missed_cost_usd": 60, "false_alarm_cost_usd": 15,
}  # fmt: skip


@pytest.fixture(scope="module")
def examples() -> pd.DataFrame:
    random = np.random.default_rng(0)
    number = 3000
    made = pd.DataFrame(
        {name: random.choice(["A", "B", "C"], number) for name in CATEGORIES}
        | {name: random.random(number) for name in NUMBERS}
    )
    made["local_hour"] *= 24
    made["flight"] = np.arange(number)
    moments = pd.Timestamp("2013-08-01", tz="UTC") + pd.to_timedelta(
        np.linspace(0, 150 * 24 * 60, number), unit="min"
    )
    made["scheduled_departure_at"] = pd.Series(moments).astype("datetime64[us, UTC]")
    made["arr_delay_min"] = pd.array(
        np.round(made["local_hour"] * 3 - 25 + random.normal(0, 15, number)), dtype="Float64"
    )
    made.loc[::50, "arr_delay_min"] = pd.NA
    return made


def test_the_split_is_chronological_in_new_york_and_leaves_out_the_unlabelled(examples):
    parts = split_examples(examples, SPLIT)
    assert sum(map(len, parts.values())) == examples["arr_delay_min"].notna().sum()
    border = pd.Timestamp("2013-10-01", tz="America/New_York")
    assert (
        parts["train"]["scheduled_departure_at"].max()
        < border
        <= parts["validate"]["scheduled_departure_at"].min()
    )
    assert (
        parts["validate"]["scheduled_departure_at"].max()
        < parts["test"]["scheduled_departure_at"].min()
    )


def test_a_split_in_the_wrong_order_or_beside_the_data_is_refused(examples):
    with pytest.raises(ValueError, match="must be before"):
        split_examples(examples, {"validate_from": "2013-11-01", "test_from": "2013-10-01"})
    with pytest.raises(ValueError, match="no flights to test"):
        split_examples(examples, {"validate_from": "2013-10-01", "test_from": "2015-01-01"})


def test_a_bad_option_is_named():
    with pytest.raises(ValueError, match=r"train\.max_iter: expected a number above 0, found 0"):
        TrainOptions(**{**OPTIONS, "max_iter": 0})


def test_the_threshold_is_where_a_calibrated_warning_starts_to_pay():
    options = TrainOptions(**OPTIONS)
    random = np.random.default_rng(1)
    probability = random.random(200_000)
    late = random.random(200_000) < probability
    costs = {
        level: cost_of(late, probability >= level, options) for level in np.linspace(0.05, 0.9, 18)
    }
    assert abs(min(costs, key=costs.get) - options.threshold) < 0.051
    assert cost_of(np.array([True, False]), np.array([False, True]), options) == (60 + 15) / 2


def test_the_model_beats_its_baselines_and_is_the_same_again(examples):
    parts = split_examples(examples, SPLIT)
    model = fit_model(parts, OPTIONS)
    metrics = evaluate_model(model, parts, OPTIONS)
    test = metrics["test"]
    assert test["model"]["brier"] < test["base_rate"]["brier"]
    assert test["base_rate"]["auc"] == 0.5 and test["model"]["auc"] > 0.7
    assert pickle.dumps(fit_model(parts, OPTIONS)) == pickle.dumps(model)
    page = draw_report(model, parts, metrics, OPTIONS)
    assert page == draw_report(model, parts, metrics, OPTIONS)
    assert page.count("<img") == 3 and "http" not in page


def test_every_flight_is_scored_also_without_an_outcome(examples):
    model = fit_model(split_examples(examples, SPLIT), OPTIONS)
    examples = examples.assign(**{"scheduled_departure_at": examples["scheduled_departure_at"]})
    scores = score_flights(model, examples)
    assert len(scores) == len(examples)
    assert scores["probability"].between(0, 1).all()
    assert (scores["warn"] == (scores["probability"] >= 0.2)).all()

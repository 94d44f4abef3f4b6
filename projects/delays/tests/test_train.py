"""The split, the costs, the fit, the scores and the report."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.io import Version

from delays.pipelines.features.columns import CATEGORIES, FEATURES, GROUPS, NUMBERS
from delays.pipelines.score.nodes import score_flights
from delays.pipelines.train.costs import LEVELS, choose_threshold, cost_curve, cost_of
from delays.pipelines.train.importance import weigh_groups
from delays.pipelines.train.nodes import (
    document_model,
    evaluate_model,
    fit_model,
    predict_parts,
    split_examples,
)
from delays.pipelines.train.options import CostOptions, TrainOptions
from delays.pipelines.train.report import draw_report
from highroad.config.platform import find_platform_conf
from highroad.datasets import ModelDataset

SPLIT = {"validate_from": "2013-10-01", "test_from": "2013-11-01"}
COSTS = {"missed_usd": 60, "false_alarm_usd": 15}
FEATURE_OPTIONS = {"horizon_min": 120, "recent_min": 180, "history_days": 28, "late_from_min": 15}
TRAIN = {
    "seed": 7,
    "max_iter": 20,
    "learning_rate": 0.1,
    "max_leaf_nodes": 7,
    "l2_regularization": 1.0,
    "calibration": "sigmoid",
}


@pytest.fixture(scope="module")
def examples():
    random = np.random.default_rng(0)
    number = 3000
    made = pd.DataFrame(
        {name: random.choice(["A", "B", "C"], number) for name in CATEGORIES}
        | {name: random.random(number) for name in NUMBERS}
    )
    made["local_hour"] *= 24
    made["flight"] = np.arange(number)
    minutes = pd.to_timedelta(np.linspace(0, 150 * 24 * 60, number), unit="min")
    moments = pd.Series(pd.Timestamp("2013-08-01", tz="UTC") + minutes)
    made["scheduled_departure_at"] = moments.astype("datetime64[us, UTC]")
    late = made["local_hour"] * 3 - 25 + random.normal(0, 15, number) >= 15
    made["late"] = late.astype("boolean").mask(np.arange(number) % 50 == 0)
    return made


@pytest.fixture(scope="module")
def parts(examples):
    return split_examples(examples, SPLIT)


@pytest.fixture(scope="module")
def fitted(parts):
    return {
        calibration: fit_model(parts, TRAIN | {"calibration": calibration}, COSTS)
        for calibration in ("sigmoid", "isotonic")
    }


@pytest.fixture(scope="module")
def model(fitted):
    return fitted[TRAIN["calibration"]]


@pytest.fixture(scope="module")
def made(model, parts):
    return everything(model, parts)


def everything(model, parts):
    predictions = predict_parts(model, parts)
    metrics = evaluate_model(model, predictions, COSTS)
    weights = weigh_groups(model, parts, {"flights": 300, "repeats": 2, "seed": 7})
    page = draw_report(parts, predictions, metrics, weights, COSTS, FEATURE_OPTIONS)
    return metrics, weights, page


def test_the_split_is_chronological_in_new_york_and_leaves_out_the_unlabelled(examples, parts):
    assert sum(map(len, parts.values())) == examples["late"].notna().sum()
    times = {name: part["scheduled_departure_at"] for name, part in parts.items()}
    october = pd.Timestamp("2013-10-01", tz="America/New_York")
    november = pd.Timestamp("2013-11-01", tz="America/New_York")
    assert times["train"].max() < october <= times["validate"].min()
    assert times["validate"].max() < november <= times["test"].min()


def test_a_part_without_flights_is_refused(examples):
    with pytest.raises(ValueError, match="split: test without late or without punctual flights"):
        split_examples(examples, {"validate_from": "2013-10-01", "test_from": "2015-01-01"})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"validate_from": "2013-11-01"}, r"validate_from: expected a date before split\.test"),
        ({"test_from": "soon"}, r"split\.test_from: expected a date such as .* found 'soon'"),
        ({"until": "2014-01-01"}, "split: unknown or missing until; expected validate_from"),
    ],
)
def test_a_bad_split_is_named(examples, wrong, message):
    with pytest.raises(ValueError, match=message):
        split_examples(examples, SPLIT | wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"max_iter": 0}, r"train\.max_iter: expected a whole number above 0, found 0"),
        ({"max_iter": 2.5}, r"train\.max_iter: expected a whole number above 0, found 2\.5"),
        ({"learning_rate": True}, r"train\.learning_rate: expected a number above 0, found True"),
        ({"max_leaf_nodes": 1}, r"train\.max_leaf_nodes: .* of at least 2, found 1"),
        ({"calibration": "none"}, r"train\.calibration: expected 'sigmoid' or 'isotonic'"),
        ({"trees": 3}, "train: unknown or missing trees; expected seed"),
    ],
)
def test_a_bad_train_option_is_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        TrainOptions.of(TRAIN | wrong)


def test_a_bad_cost_or_importance_option_is_named(model, parts):
    with pytest.raises(ValueError, match=r"costs\.missed_usd: expected a number above 0, found -1"):
        CostOptions.of(COSTS | {"missed_usd": -1})
    with pytest.raises(ValueError, match=r"importance\.repeats: expected a whole number"):
        weigh_groups(model, parts, {"flights": 300, "repeats": 0, "seed": 7})


def test_the_cost_is_that_of_both_mistakes():
    late = np.array([True, True, False, False])
    warn = np.array([True, False, True, False])
    assert cost_of(late, warn, CostOptions.of(COSTS)) == (60 + 15) / 4


@pytest.mark.parametrize("missed", [5, 15, 60, 300])
def test_the_threshold_is_the_cheapest_level_and_near_break_even_for_true_probabilities(missed):
    costs = CostOptions(missed_usd=missed, false_alarm_usd=15)
    random = np.random.default_rng(1)
    probability = random.random(20_000)
    late = random.random(20_000) < probability
    chosen = choose_threshold(late, probability, costs)
    slow = {
        level: sum(missed * (hit and not level <= p) + 15 * (not hit and level <= p)
                   for hit, p in zip(late[:500], probability[:500], strict=True)) / 500
        for level in LEVELS
    }  # fmt: skip
    curve = cost_curve(late[:500], probability[:500], costs)
    assert np.allclose(curve, list(slow.values()))
    assert cost_of(late, probability >= chosen, costs) == cost_curve(late, probability, costs).min()
    assert abs(chosen - costs.break_even) <= 0.06


def test_of_equally_cheap_levels_the_one_nearest_to_break_even_is_taken():
    late, probability = np.array([False, True]), np.array([0.1, 0.9])
    assert choose_threshold(late, probability, CostOptions.of(COSTS)) == 0.2


@pytest.mark.parametrize("calibration", ["sigmoid", "isotonic"])
def test_the_model_beats_its_baselines_and_is_calibrated_on_validation(parts, fitted, calibration):
    model = fitted[calibration]
    metrics = evaluate_model(model, predict_parts(model, parts), COSTS)
    test = metrics["test"]
    assert test["base_rate"]["auc"] == 0.5 < 0.7 < test["auc"]
    assert test["brier"] < test["base_rate"]["brier"]
    assert test["cost_usd_per_flight"]["model"] < test["cost_usd_per_flight"]["never_warn"]
    validate = metrics["validate"]
    assert abs(validate["predicted_share"] - validate["late_share"]) < 1e-3
    assert test["cost_usd_per_flight"]["never_warn"] == pytest.approx(
        60 * test["late_share"], abs=1e-4
    )


def test_shuffling_the_cause_costs_most(made):
    _, weights, _ = made
    assert set(weights["group"]) == set(GROUPS)
    assert weights["group"][0] == "Hour and weekday"
    assert weights["auc_lost"].is_monotonic_decreasing


def test_a_second_time_everything_is_the_same_to_the_byte(model, parts, made):
    again = fit_model(parts, TRAIN, COSTS)
    assert pickle.dumps(again) == pickle.dumps(model)
    metrics, weights, page = made
    metrics_again, weights_again, page_again = everything(again, parts)
    assert json.dumps(metrics) == json.dumps(metrics_again)
    pd.testing.assert_frame_equal(weights, weights_again)
    assert page == page_again


def test_the_report_is_whole_by_itself(made):
    metrics, _, page = made
    assert page.count("<svg") == 5 and page.count("</svg>") == 5
    assert "src=" not in page and "<link" not in page and "<script" not in page
    assert f"{metrics['test']['auc']:.3f}" in page
    ids = [piece.split('"')[0] for piece in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_every_flight_is_scored_also_without_an_outcome(examples, model):
    scores = score_flights(model, examples)
    assert len(scores) == len(examples) > examples["late"].notna().sum()
    assert scores["probability"].between(0, 1).all()
    assert (scores["warn"] == (scores["probability"] >= model["threshold"])).all()
    blind = score_flights(model, examples.drop(columns="late"))
    pd.testing.assert_frame_equal(scores, blind)


def test_a_new_airline_and_missing_facts_are_scored(examples, model):
    odd = examples.head(3).assign(carrier="ZZ", dest=None, temp_f=np.nan)
    assert score_flights(model, odd)["probability"].between(0, 1).all()


def test_examples_without_a_feature_are_refused(examples, model):
    with pytest.raises(ValueError, match="examples lack seats; run the features pipeline"):
        score_flights(model, examples.drop(columns="seats"))


@pytest.mark.parametrize("calibration", ["sigmoid", "isotonic"])
def test_the_model_is_saved_with_what_it_was_measured_on_and_scores_the_same(
    examples, parts, fitted, calibration, tmp_path
):
    """With the platform's own list of trusted types, whatever the options."""
    model = fitted[calibration]
    metrics = evaluate_model(model, predict_parts(model, parts), COSTS)
    dataset = ModelDataset(
        filepath=str(tmp_path / "classifier"),
        project="delays",
        platform_conf=str(find_platform_conf(Path(__file__))),
        version=Version(None, "2013-12-31T00.00.00.000Z"),
    )
    dataset.save(document_model(model, parts, metrics))
    again = dataset.load()
    assert again.keys() == model.keys()
    pd.testing.assert_frame_equal(score_flights(again, examples), score_flights(model, examples))
    test = pd.read_parquet(
        tmp_path / "classifier/2013-12-31T00.00.00.000Z/classifier/test_data.parquet"
    )
    assert test.pop("__target__").tolist() == parts["test"]["late"].tolist()
    assert test.columns.tolist() == FEATURES

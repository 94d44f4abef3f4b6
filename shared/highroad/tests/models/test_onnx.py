"""Models as ONNX: the same to 1e-12 on the rows and at every edge, or not at all."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from highroad.models.onnx.export import export
from highroad.models.onnx.graph import NotConverted
from highroad.models.onnx.parity import TOLERANCE
from highroad.models.signature import signature_of

ROWS = 400
RANDOM = np.random.default_rng(1)
NUMBERS = pd.DataFrame(
    {"a": RANDOM.normal(0, 1, ROWS), "b": RANDOM.integers(0, 9, ROWS), "c": RANDOM.random(ROWS)}
)
HOLES = NUMBERS.mask(RANDOM.random(NUMBERS.shape) < 0.1).astype(float)
MIXED = HOLES.assign(
    word=np.array(["red", "green", "blue", "rare"])[RANDOM.choice(4, ROWS, p=[0.4, 0.3, 0.28, 0.02])],
    port=np.array(["x", "y", None], dtype=object)[RANDOM.choice(3, ROWS)],
)  # fmt: skip
BY_TYPE = MIXED.assign(word=MIXED["word"].astype("category"), port=MIXED["port"].astype("category"))
NUMBER = NUMBERS["a"] + NUMBERS["b"] / 5 + (MIXED["word"] == "red")
BINARY, THREE = NUMBER > 1, np.digitize(NUMBER, [0.5, 1.5])
SOME = {"max_iter": 12, "max_leaf_nodes": 7}
TEXTS = ["word", "port"]
AS_CODES = make_column_transformer(
    (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan), TEXTS),
    remainder="passthrough",
)  # fmt: skip
AS_BITS = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), TEXTS),
    (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["a", "b", "c"]),
)


def calibrated(method, target):
    trees = HistGradientBoostingClassifier(**SOME).fit(HOLES, target)
    return CalibratedClassifierCV(FrozenEstimator(trees), method=method)


CONVERTED = {
    "binary": (HistGradientBoostingClassifier(**SOME), HOLES, BINARY),
    "classes": (HistGradientBoostingClassifier(**SOME), HOLES, THREE),
    "regression": (HistGradientBoostingRegressor(**SOME), HOLES, NUMBER),
    "poisson": (HistGradientBoostingRegressor(loss="poisson", **SOME), HOLES, NUMBER.clip(0)),
    "monotonic": (HistGradientBoostingRegressor(monotonic_cst={"a": 1}, **SOME), HOLES, NUMBER),
    "stumps": (HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=2), HOLES, BINARY),
    "no split": (HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=300), HOLES, NUMBER),
    "categories by type": (HistGradientBoostingClassifier(categorical_features="from_dtype", **SOME), BY_TYPE, BINARY),
    "categories by code": (make_pipeline(AS_CODES, HistGradientBoostingClassifier(categorical_features=[0, 1], **SOME)), MIXED, BINARY),
    "sigmoid": (calibrated("sigmoid", BINARY), HOLES, BINARY),
    "isotonic": (calibrated("isotonic", BINARY), HOLES, BINARY),
    "sigmoid of classes": (calibrated("sigmoid", THREE), HOLES, THREE),
    "isotonic of classes": (calibrated("isotonic", THREE), HOLES, THREE),
    "calibrated folds": (CalibratedClassifierCV(RandomForestClassifier(5, random_state=0), cv=3), NUMBERS, BINARY),
    "logistic": (LogisticRegression(), NUMBERS, BINARY),
    "logistic of classes": (make_pipeline(RobustScaler(), LogisticRegression()), NUMBERS, THREE),
    "linear": (make_pipeline(MinMaxScaler(), LinearRegression()), NUMBERS, NUMBER),
    "ridge on components": (make_pipeline(PCA(2), Ridge()), NUMBERS, NUMBER),
    "one-hot": (make_pipeline(AS_BITS, LogisticRegression(max_iter=500)), MIXED, BINARY),
    "target encoder": (make_pipeline(make_column_transformer((TargetEncoder(), ["word"]), remainder="drop"), LinearRegression()), MIXED, NUMBER),
    "rare words": (make_pipeline(make_column_transformer((OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist"), ["word"])), LogisticRegression()), MIXED, BINARY),
    "strict words": (make_pipeline(make_column_transformer((OneHotEncoder(), ["word"])), LogisticRegression()), MIXED, BINARY),
    "forest": (RandomForestClassifier(9, random_state=0), HOLES, BINARY),
    "forest of classes": (RandomForestClassifier(9, random_state=0), NUMBERS, THREE),
    "extra trees": (ExtraTreesRegressor(9, random_state=0), NUMBERS, NUMBER),
    "tree": (DecisionTreeClassifier(max_depth=4), HOLES, THREE),
    "leaf": (DecisionTreeRegressor(max_depth=3), NUMBERS, np.ones(ROWS)),
    "boosted": (GradientBoostingClassifier(n_estimators=9), NUMBERS, BINARY),
    "boosted classes": (GradientBoostingClassifier(n_estimators=9), NUMBERS, THREE),
    "boosted regression": (GradientBoostingRegressor(n_estimators=9), NUMBERS, NUMBER),
}  # fmt: skip


def exported(model, rows, **options):
    table = pa.Table.from_pandas(rows, preserve_index=False)
    return export(model, signature_of(model, table), [table], **options)


@pytest.mark.parametrize("name", CONVERTED)
def test_it_computes_the_same(name):
    model, rows, target = CONVERTED[name]
    made = exported(model.fit(rows, target), rows)
    about = json.loads(made.serving)
    assert about["parity"]["largest"] <= TOLERANCE
    session = onnxruntime.InferenceSession(made.onnx)
    assert session.get_inputs()[0].shape[1] == len(about["layout"])
    assert about["classes"] == ([] if not hasattr(model, "classes_") else model.classes_.tolist())


def test_an_array_has_no_names():
    rows = NUMBERS.to_numpy()
    model = HistGradientBoostingRegressor(**SOME).fit(rows, NUMBER)
    made = exported(model, NUMBERS.set_axis(["x0", "x1", "x2"], axis=1), is_array=True)
    assert [each["name"] for each in json.loads(made.serving)["inputs"]] == ["x0", "x1", "x2"]


def test_what_a_model_cannot_take_is_noted():
    model, rows, target = CONVERTED["strict words"]
    inputs = json.loads(exported(model.fit(rows, target), rows).serving)["inputs"]
    word = next(each for each in inputs if each["name"] == "word")
    assert not word["takes_unknown"] and word["categories"] == ["blue", "green", "rare", "red"]
    model, rows, target = CONVERTED["logistic"]
    inputs = json.loads(exported(model.fit(rows, target), rows).serving)["inputs"]
    assert not any(each["takes_null"] for each in inputs)


def test_a_threshold_is_of_two_classes():
    model = LogisticRegression().fit(NUMBERS, BINARY)
    assert (
        json.loads(exported(model, NUMBERS, beside={"threshold": 0.2}).serving)["threshold"] == 0.2
    )
    line = LinearRegression().fit(NUMBERS, NUMBER)
    assert (
        json.loads(exported(line, NUMBERS, beside={"threshold": 0.2}).serving)["threshold"] is None
    )


@pytest.mark.parametrize(
    ("model", "rows", "target", "says"),
    [
        (KNeighborsClassifier(), NUMBERS, BINARY, "is a KNeighborsClassifier"),
        (make_pipeline(PCA(2, whiten=True), LinearRegression()), NUMBERS, NUMBER, "a step PCA"),
        (LinearRegression(), NUMBERS.assign(at=pd.Timestamp("2026-01-01")), NUMBER, "datetime64"),
        (LinearRegression(), NUMBERS[:0], NUMBER, "no rows"),
    ],
)  # fmt: skip
def test_what_has_no_conversion_says_why(model, rows, target, says):
    fitted = model.fit(NUMBERS, target)
    with pytest.raises(NotConverted, match=says):
        fields = [*NUMBERS, *(name for name in rows if name not in NUMBERS)]
        if len(fields) > 3:
            del fitted.feature_names_in_
        exported(fitted, rows[fields])


class Crooked(HistGradientBoostingRegressor):
    """One that predicts something else than its trees."""

    def predict(self, rows):
        return super().predict(rows) + 1e-9


def test_a_model_that_computes_otherwise_is_refused():
    with pytest.raises(
        NotConverted, match=r"is 1e-09 off on 400 of 400 rows of the data; at most 1e-12"
    ):
        exported(Crooked(**SOME).fit(HOLES, NUMBER), HOLES)

"""The model's file: equal for equal fits, and nothing is made that the platform does not trust."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from highroad.errors import DataError
from highroad.models import files
from highroad.models.canonical import canonical

TRUSTED = (
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)


class Bomb:
    """What somebody would put into a file."""

    fallen = False

    def __reduce__(self):
        return (Bomb.fall, ())

    @staticmethod
    def fall():
        Bomb.fallen = True
        return Bomb()

    def __setstate__(self, state):
        Bomb.fall()


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(5, random_state=0),
        HistGradientBoostingClassifier(max_iter=5),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_is_read_predicts_as_what_was_written(model, frame, target):
    model.fit(frame, target)
    shared = np.arange(3.0)
    kept = {"model": model, "one": shared, "two": shared, "half": 0.5}
    data = files.encode(kept, "skops", TRUSTED, "m")
    again = files.decode(data, "skops", TRUSTED, "m")
    assert np.array_equal(again["model"].predict_proba(frame), model.predict_proba(frame))
    assert again["one"] is again["two"] and again["half"] == 0.5
    assert canonical(data) == data


def test_a_type_that_is_not_trusted_is_neither_written_nor_made(frame, target):
    forest = RandomForestClassifier(3).fit(frame, target)
    with pytest.raises(
        DataError, match=r"does not trust: sklearn\.tree\._tree\.Tree\. .*models\.trusted"
    ):
        files.encode({"model": forest}, "skops", (), "m")
    data = skops.io.dumps({"model": forest, "more": Bomb()})
    Bomb.fallen = False
    with pytest.raises(DataError, match=r"test_files\.Bomb"):
        files.decode(data, "skops", TRUSTED, "m")
    assert not Bomb.fallen


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", pickle.dumps({"model": 1})])
def test_what_is_no_file_of_skops_is_said(data):
    with pytest.raises(DataError, match="no file of skops"):
        files.decode(data, "skops", TRUSTED, "m")


def test_pickles_are_refused_unless_the_platform_allows_them(fitted):
    with pytest.raises(DataError, match=r"models\.pickles in platform\.yml"):
        files.require_allowed("pickle", False, "m")
    files.require_allowed("pickle", True, "m")
    files.require_allowed("skops", False, "m")
    with pytest.raises(DataError, match="not kept as 'joblib'"):
        files.require_allowed("joblib", True, "m")
    again = files.decode(files.encode({"model": fitted}, "pickle", (), "m"), "pickle", (), "m")
    assert again["model"].coef_.shape == (1, 2)

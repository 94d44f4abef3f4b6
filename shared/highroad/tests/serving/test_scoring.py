"""Requests are checked, all faults at once, and scored as the model itself scores them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving.conftest import FRAME, row, write_model
from sklearn.linear_model import LinearRegression, LogisticRegression

from highroad.errors import ConfigError, DataError
from highroad.serving.assignment import Assignment, settings_of
from highroad.serving.contract import Contract
from highroad.serving.model import Input
from highroad.serving.scoring import Scorer


@pytest.fixture
def scorer(assignment):
    return lambda **settings: Scorer(assignment(**settings), "r1")


def asked(scorer: Scorer, rows: list, **more) -> tuple[int, dict]:
    answer = scorer.answer(json.dumps({"rows": rows, **more}).encode())
    return answer.status, json.loads(answer.body)


def test_rows_are_scored_as_the_model_does(scorer, model):
    rows = FRAME.astype(object).where(FRAME.notna(), None).to_dict("records")
    status, body = asked(scorer(), rows)
    expected = model.predict_proba(FRAME)[:, 1]
    assert status == 200 and body["faults"] == [] and body["model"] == "demo.classifier"
    assert (body["version"], body["release"]) == (3, "r1")
    found = [each["probability"] for each in body["predictions"]]
    assert np.max(np.abs(found - expected)) <= 1e-12
    assert [each["prediction"] for each in body["predictions"]] == (expected >= 0.3).tolist()
    assert [each["row"] for each in body["predictions"]] == list(range(300))
    assert len({each["id"] for each in body["predictions"]}) == 300


@pytest.mark.parametrize(
    ("change", "field", "kind", "expected"),
    [
        ({"word": "pink"}, "word", "category", "one of blue, green, red"),
        ({"word": None}, "word", "null", "one of blue, green, red"),
        ({"word": 3}, "word", "type", "one of blue, green, red"),
        ({"size": "0.1"}, "size", "type", "a number from"),
        ({"size": True}, "size", "type", "a number from"),
        ({"size": 1e300}, "size", "range", "a number from"),
        ({"count": 2.5}, "count", "type", "a whole number from 0 to 8"),
        ({"count": ...}, "count", "missing", "a whole number from 0 to 8"),
        ({"weight": [1]}, "weight", "type", "or null"),
        ({"weight_": 1}, "weight_", "unknown", "Did you mean 'weight'?"),
    ],
)
def test_a_fault_has_its_row_field_and_what_was_expected(scorer, change, field, kind, expected):
    status, body = asked(scorer(), [row(), row(**change)])
    (fault,) = body["faults"]
    assert status == 422 and "predictions" not in body
    assert (fault["row"], fault["field"], fault["kind"]) == (1, field, kind)
    assert expected in fault["expected"]


def test_every_fault_is_said_at_once_and_good_rows_are_scored_where_asked(scorer):
    rows = [row(word="pink", size="x"), row(count=3.0, weight=None), [1], row(count=99)]
    status, body = asked(scorer(), rows, partial=True)
    assert status == 200 and [each["row"] for each in body["predictions"]] == [1]
    assert [(each["row"], each["kind"]) for each in body["faults"]] == [
        (0, "category"), (0, "type"), (2, "type"), (3, "range"),
    ]  # fmt: skip
    assert asked(scorer(), rows)[0] == 422
    status, body = asked(scorer(), [row(count=99)], partial=True)
    assert status == 200 and body["predictions"] == [] and body["version"] == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b'{"rows":[' + b"[" * 5000, 400), (b"\xff", 400), (b"[]", 422), (b"{}", 422),
        (b'{"rows":{}}', 422), (b'{"rows":[],"other":1}', 422), (b'{"rows":[],"partial":1}', 422), (b'{"rows":[]}', 200),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(scorer, body, status):
    assert scorer().answer(body).status == status


def test_a_team_says_what_else_may_come(scorer, model):
    loose = scorer(unknown_categories="map", out_of_range="accept")
    status, body = asked(loose, [row(word="pink", size=99)])
    frame = pd.DataFrame([row(word="pink", size=99)])
    assert status == 200
    assert body["predictions"][0]["probability"] == pytest.approx(
        model.predict_proba(frame)[0, 1], abs=1e-12
    )
    tight = scorer(
        fields={"word": {"categories": ["red"]}, "size": {"least": 0}, "weight": {"nulls": False}}
    )
    status, body = asked(tight, [row(word="blue", size=-0.1, weight=None)])
    assert [each["kind"] for each in body["faults"]] == ["category", "range", "null"]
    assert asked(scorer(most_rows=1), [row(), row()])[0] == 422


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"sizes": {}}, "no column 'sizes'. Did you mean 'size'"),
        ({"word": {"categories": ["pink"]}}, "does not know pink"),
    ],
)
def test_what_a_team_says_of_nothing_is_refused(scorer, fields, says):
    with pytest.raises(ConfigError, match=says):
        scorer(fields=fields)


def test_nulls_that_the_model_cannot_take_are_never_allowed():
    given = Input("a", "double", True, None, None, False, False, None)
    contract = Contract([given], settings_of({"port": 1}))
    assert not contract.rules[0].nulls
    with pytest.raises(ConfigError, match="does not take nulls"):
        Contract([given], settings_of({"port": 1, "fields": {"a": {"nulls": True}}}))


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=3), st.sampled_from(["red", "blue"]))  # fmt: skip


@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(["word", "size", "count", "weight", "odd"]), VALUES),
        max_size=3,
    )
)
def test_the_fast_way_accepts_nothing_that_the_slow_one_refuses(rows):
    given = [
        Input("word", "string", False, None, None, True, True, ["red", "blue"]),
        Input("size", "double", True, -5.0, 5.0, True, False, None),
        Input("count", "int64", False, 0, 8, True, False, None),
        Input("weight", "bool", False, None, None, True, False, None),
    ]
    contract = Contract(given, settings_of({"port": 1}))
    text = json.dumps({"rows": rows}).encode()
    faults, _ = contract.faults(json.loads(text))
    try:
        contract.decode(text)
    except Exception:
        return
    assert not faults


def test_classes_and_numbers(tmp_path):
    numbers = FRAME[["size", "count"]]
    three = np.digitize(numbers["size"], [-0.5, 0.5])
    for name, model, target, expected in (
        ("three", LogisticRegression(), three, {"id", "row", "prediction", "probabilities"}),
        ("line", LinearRegression(), numbers["size"], {"id", "row", "prediction"}),
    ):
        digest = write_model(tmp_path / name, model.fit(numbers, target), numbers)
        about = Assignment("demo", settings_of({"port": 1}), "demo.m", 1, str(tmp_path / name), digest, "", "", "", "")  # fmt: skip
        status, body = asked(Scorer(about, ""), [{"size": 0.25, "count": 3}])
        assert status == 200 and body["predictions"][0].keys() == expected


def test_another_manifest_or_data_elsewhere_is_refused(assignment, served, tmp_path):
    about = assignment()
    with pytest.raises(DataError, match="not the one that was registered"):
        Scorer(Assignment(**{**{key: getattr(about, key) for key in about.__struct_fields__}, "digest": "0" * 64}), "")  # fmt: skip

"""An alias goes to what passes every gate, and back to what was there before."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from highroad.errors import BusyError, DataError, QualityError
from highroad.models import GATES
from highroad.models.gates import Case, Verdict, verdicts
from highroad.models.promotion import promote, roll_back
from highroad.models.registry import ModelVersion
from highroad.models.sources import Sources, sources_of
from highroad.tracking.database import database_of
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.tracing import Tracer
from highroad.tracking.writing import RecordWriter


def said(found, gate):
    (verdict,) = (each for each in found if each.gate == gate)
    return verdict


def test_the_first_promotion_works_and_prod_comes_after_staging(registry, saved, judge, sources):
    version = registry.register(saved(1), {})

    def judged(alias):
        return lambda now: verdicts(
            Case(registry.find("demo.classifier"), alias, now, sources), judge
        )

    with pytest.raises(QualityError, match="does not become prod: order") as no:
        promote(registry, version, "prod", judged("prod"), by="ann", why="w")
    assert "FAIL  order: demo.classifier@1 is not in staging" in str(no.value)
    for alias in ("staging", "prod"):
        version = registry.find("demo.classifier")
        move, found = promote(registry, version, alias, judged(alias), by="ann", why="it is good")
        assert all(each.passed for each in found) and [each.gate for each in found] == list(GATES)
        assert (move.before, move.after, move.by, move.why) == (None, 1, "ann", "it is good")
        assert said(found, "metric").says.startswith("roc_auc 1.0000 on 200 rows; nothing is")
        assert [
            each["gate"] for each in registry.history("demo.classifier", alias)[0].gates
        ] == list(GATES)
    version = registry.find("demo.classifier@prod")
    assert version.aliases == ("candidate", "staging", "prod")
    assert promote(registry, version, "prod", judged("prod"), by="ann", why="again") == (None, ())


def test_a_worse_model_is_held_against_the_one_in_place_on_the_same_rows(
    registry, saved, judge, sources, bundle, frame, target
):
    good = registry.register(saved(1), {})
    bad = registry.register(saved(2, model=DummyClassifier().fit(frame, target)), {})
    verdict = said(verdicts(Case(bad, "staging", good, sources), judge), "metric")
    assert not verdict.passed and "roc_auc 0.5000, demo.classifier@1 has 1.0000" in verdict.says
    assert "on the same 200 rows" in verdict.says
    assert said(verdicts(Case(good, "staging", bad, sources), judge), "metric").passed
    mild = replace(judge, may_lose=0.6)
    assert said(verdicts(Case(bad, "staging", good, sources), mild), "metric").passed


def test_a_model_that_cannot_be_compared_does_not_pass(
    registry, saved, judge, sources, frame, target
):
    one = registry.register(saved(1), {})
    narrow = LogisticRegression().fit(frame[["size"]], target)
    other = registry.register(saved(2, model=narrow, training_data=frame[["size"]]), {})
    verdict = said(verdicts(Case(one, "staging", other, sources), judge), "metric")
    assert not verdict.passed and "demo.classifier@2 cannot be measured by roc_auc" in verdict.says
    untested = registry.register(saved(3, test_data=None, test_target=None), {})
    verdict = said(verdicts(Case(untested, "staging", one, sources), judge), "metric")
    assert not verdict.passed and "'test_data' and 'test_target'" in verdict.says
    unnamed = said(
        verdicts(Case(one, "staging", other, sources), replace(judge, metric=None)), "metric"
    )
    assert not unnamed.passed and 'classifier = { metric = "roc_auc" }' in unnamed.says
    odd = said(
        verdicts(Case(one, "staging", other, sources), replace(judge, metric="auc")), "metric"
    )
    assert not odd.passed and "'auc' is no scorer" in odd.says


def test_files_that_are_not_those_registered_do_not_pass(registry, saved, judge, sources):
    """Even where the manifest was made to fit them."""
    version = registry.register(saved(1), {})
    other = saved(2)
    path = version.folder
    shutil.rmtree(path)
    shutil.copytree(other.folder, path)
    verdict = said(verdicts(Case(version, "staging", None, sources), judge), "files")
    assert not verdict.passed and "not the one that was registered" in verdict.says
    shutil.rmtree(path)
    verdict = said(verdicts(Case(version, "staging", None, sources), judge), "files")
    assert not verdict.passed and "no model" in verdict.says


@pytest.mark.parametrize("contract", [None, {"verdict": "unchecked"}, {"verdict": "fail"}])
def test_data_that_did_not_hold_its_contract_does_not_pass(
    registry, saved, judge, sources, contract
):
    version = registry.register(saved(1), {})
    broken = Sources((replace(sources.products[0], contract=contract),), ())
    verdict = said(verdicts(Case(version, "staging", None, broken), judge), "contracts")
    assert not verdict.passed and "shop.orders@pandas at delta 0" in verdict.says
    verdict = said(verdicts(Case(version, "staging", None, None), judge), "contracts")
    assert not verdict.passed and "is not on record" in verdict.says


def test_old_data_does_not_pass(registry, saved, judge, sources):
    version = registry.register(saved(1), {})
    case = Case(version, "staging", None, sources)
    assert (
        said(verdicts(case, judge), "age of data").says == "shop.orders is 2 d old, the oldest of 1"
    )
    later = replace(judge, now=judge.now + dt.timedelta(days=60))
    verdict = said(verdicts(case, later), "age of data")
    assert not verdict.passed and verdict.says == "shop.orders is 62 d old; at most 45 d may be."


def test_a_gate_can_be_waived_and_that_is_on_record(registry, saved, judge, sources):
    version = registry.register(saved(1), {})

    def judged(current):
        return verdicts(Case(version, "prod", current, sources), judge)

    move, _ = promote(registry, version, "prod", judged, by="", why="fire", waived=["order"])
    assert move.why == "fire (waived: order)" and not move.gates[1]["passed"]
    assert str(move).endswith("prod promoted from none to 1 by somebody: fire (waived: order)")


def test_what_nobody_promoted_is_not_taken_back(registry, saved):
    with pytest.raises(DataError, match=r"no model 'demo\.classifier'"):
        roll_back(registry, "demo.classifier", "prod", by="", why="w")
    registry.register(saved(1), {})
    with pytest.raises(DataError, match=r"nothing is prod of demo\.classifier"):
        roll_back(registry, "demo.classifier", "prod", by="", why="w")
    registry._client.set_registered_model_alias("demo.classifier", "prod", "1")
    with pytest.raises(DataError, match="became prod by no promotion on record"):
        roll_back(registry, "demo.classifier", "prod", by="", why="w")


def test_a_forged_model_is_never_decoded_by_any_gate(registry, saved, judge, sources, monkeypatch):
    """Neither the new one nor the one in place, though their manifests fit what lies there."""
    one, two = registry.register(saved(1), {}), registry.register(saved(2), {})
    shutil.rmtree(one.folder)
    shutil.copytree(two.folder, one.folder)
    decoded = []
    monkeypatch.setattr("highroad.models.gates.decode", lambda *_: decoded.append(1))
    for case in (Case(one, "staging", None, sources), Case(one, "staging", two, sources)):
        assert not said(verdicts(case, judge), "metric").passed
    assert not decoded
    monkeypatch.undo()
    verdict = said(verdicts(Case(two, "staging", one, sources), judge), "metric")
    assert not verdict.passed and "not the one that was registered" in verdict.says


@pytest.mark.parametrize(
    "harm", ["[]", '{"a": 1}', '{"../x": {"sha256": "%s", "bytes": 1}}' % ("0" * 64)]
)
def test_a_hostile_manifest_is_a_verdict_and_no_crash(registry, saved, judge, sources, harm):
    version = registry.register(saved(1), {})
    path = Path(version.folder) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"files": json.loads(harm)}))
    found = verdicts(Case(version, "staging", None, sources), judge)
    assert [each.passed for each in found] == [False, True, False, True, True]


def test_what_lies_between_a_model_and_its_products_is_walked(tmp_path, sources):
    """A table of the project's own, made by another run, has the products of that run behind it."""
    database = database_of("sqlite:///records.db", tmp_path)
    writer = RecordWriter(database, tmp_path / "spool")
    table = DatasetUse("examples#02@pandas", "/s/examples.parquet", "sha256", "e" * 64, 9)
    (product,) = sources.products
    making = Record("1" * 32, "demo", "local", "finished", "t", inputs=(product,), outputs=(table,))
    training = Record("2" * 32, "demo", "local", "finished", "t", inputs=(table,))
    for each in (making, training):
        writer.put(each)
    found = sources_of(training, Tracer(RecordReader(database)))
    assert [each.place for each in found.products] == [product.place] and not found.unknown
    assert found.products[0].contract == {"verdict": "pass"}
    unmade = replace(training, inputs=(replace(table, version="f" * 64),))
    assert sources_of(unmade, Tracer(RecordReader(database))) == Sources(
        (), ("examples#02@pandas",)
    )


@pytest.mark.parametrize(
    ("behind", "says"),
    [(Sources((), ("raw.csv",)), "made from raw.csv"), (Sources((), ()), "read nothing on record")],
)
def test_what_nothing_vouches_for_does_not_pass(registry, saved, judge, behind, says):
    version = registry.register(saved(1), {})
    found = verdicts(Case(version, "staging", None, behind), judge)
    for gate in ("contracts", "age of data"):
        assert not said(found, gate).passed and says in said(found, gate).says


def test_arrays_texts_and_names_like_an_arrays_are_judged_as_they_came(
    registry, saved, judge, sources, frame, target
):
    array = frame.to_numpy()
    named = frame.set_axis(["x0", "x1"], axis=1)
    texts = ["good" if each else "bad" for each in target]
    for number, (rows, model) in enumerate(
        (
            (array, LogisticRegression()),
            (named, LogisticRegression()),
            (texts, make_pipeline(CountVectorizer(), LogisticRegression())),
        ),
        1,
    ):
        model.fit(rows, target)
        version = registry.register(
            saved(number, model=model, training_data=rows, test_data=rows), {}
        )
        verdict = said(verdicts(Case(version, "staging", None, sources), judge), "metric")
        assert verdict.passed, verdict


def test_two_promotions_at_once_are_one_after_the_other(registry, saved):
    """The second was judged against what is not there any more."""
    one, two, three = (registry.register(saved(number), {}) for number in (1, 2, 3))
    passed = [Verdict("files", True, "")]
    promote(registry, one, "prod", lambda _: passed, by="", why="w")

    def meanwhile(current):
        assert current.number == 1
        promote(registry, two, "prod", lambda _: passed, by="", why="w")
        return passed

    with pytest.raises(BusyError, match=r"prod of demo\.classifier went to 2 meanwhile"):
        promote(registry, three, "prod", meanwhile, by="", why="w")
    assert registry.find("demo.classifier@prod").number == 2
    assert [each.after for each in registry.history("demo.classifier", "prod")] == [1, 2]


def test_the_way_back_leaves_out_versions_that_are_gone(registry, saved):
    passed = [Verdict("files", True, "")]
    for number in (1, 2, 3):
        version = registry.register(saved(number), {})
        promote(registry, version, "prod", lambda _: passed, by="", why="w")
    registry._client.delete_model_version("demo.classifier", "2")
    assert roll_back(registry, "demo.classifier", "prod", by="", why="w").after == 1
    promote(registry, version, "prod", lambda _: passed, by="", why="w")
    registry._client.delete_model_version("demo.classifier", "1")
    with pytest.raises(DataError, match="no version is left"):
        roll_back(registry, "demo.classifier", "prod", by="", why="w")
    numbers = [each.number for each in registry.history("demo.classifier", "prod")]
    assert numbers == [1, 2, 3, 4, 5]


class InMemory:
    """A registry of versions and moves, for many steps in little time."""

    def __init__(self):
        self.holder = None
        self.moves = []

    def versions(self, name):
        return [
            ModelVersion(
                name, number, "", "", "", "", "", "", aliases=("prod",) * (number == self.holder)
            )
            for number in range(1, 6)
        ]

    def find(self, wanted):
        return SimpleNamespace(name=wanted)

    def history(self, _, __):
        return list(self.moves)

    def move(self, _, move):
        assert move.before == self.holder
        move = replace(move, number=len(self.moves) + 1)
        self.moves.append(move)
        self.holder = move.after
        return move


class TheWayBack(RuleBasedStateMachine):
    """Promotions push, a rollback pops: whatever the order, each goes to what was there before."""

    def __init__(self):
        super().__init__()
        self.registry, self.stack = InMemory(), []

    @rule(number=st.integers(1, 5))
    def promote(self, number):
        version = self.registry.versions("m")[number - 1]
        move, _ = promote(
            self.registry, version, "prod", lambda _: [Verdict("files", True, "")], by="", why=""
        )
        if move is not None:
            self.stack.append(number)

    @precondition(lambda self: self.stack)
    @rule()
    def roll_back(self):
        self.stack.pop()
        roll_back(self.registry, "m", "prod", by="", why="")

    @precondition(lambda self: not self.stack)
    @rule()
    def nothing_is_left(self):
        with pytest.raises(DataError, match="nothing is prod"):
            roll_back(self.registry, "m", "prod", by="", why="")

    @invariant()
    def holds_the_last(self):
        assert self.registry.holder == (self.stack[-1] if self.stack else None)

    @invariant()
    def counted(self):
        assert [each.number for each in self.registry.moves] == list(
            range(1, len(self.registry.moves) + 1)
        )


TestTheWayBack = TheWayBack.TestCase
TestTheWayBack.settings = hypothesis_settings(max_examples=50, stateful_step_count=20)

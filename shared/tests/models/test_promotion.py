"""An alias goes to what passes every gate, and back to what was there before."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import fsspec
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from products.conftest import ORDERS, orders
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from conftest import write
from highroad.config.platform import Models
from highroad.datasets import DataProductDataset
from highroad.errors import DataError, QualityError
from highroad.models.gates import GATES, Case, Judge, Verdict, verdicts
from highroad.models.promotion import promote, roll_back
from highroad.models.registry import ModelVersion
from highroad.tracking.record import DatasetUse, Record

FS = fsspec.filesystem("file")


@pytest.fixture
def judge(platform, monkeypatch):
    write(platform / "contracts" / "shop.orders.yaml", ORDERS)
    monkeypatch.setenv("HIGHROAD_CLOCK", "2013-03-01T12:00:00Z")
    now = dt.datetime(2013, 3, 1, 12, tzinfo=dt.UTC)
    return Judge("roc_auc", 0.0, Models(oldest_data_days=45), platform, now)


@pytest.fixture
def record(judge, platform):
    """Of a run that read one product."""
    product = DataProductDataset(
        product="shop.orders",
        store=str(platform.parent / "store"),
        platform_conf=str(platform),
        project="shop",
    )
    product.save(orders("2013-02", 1).assign(month="2013-02"))
    use = DatasetUse(
        "shop.orders@pandas", product._filepath, "delta", "0", 2, contract={"verdict": "pass"}
    )
    return Record("a" * 32, "demo", "local", "finished", "2026-01-01", inputs=(use,))


def said(found, gate):
    (verdict,) = (each for each in found if each.gate == gate)
    return verdict


def test_the_first_promotion_works_and_prod_comes_after_staging(registry, saved, judge, record):
    version = registry.register(saved(1), {})

    def judged(alias):
        return lambda now: verdicts(
            Case(registry.find("demo.classifier"), alias, now, record), judge, FS
        )

    with pytest.raises(QualityError, match="does not become prod: order") as no:
        promote(registry, version, "prod", judged("prod"), by="ann", why="w")
    assert "FAIL  order: demo.classifier@1 is not in staging" in str(no.value)
    for alias in ("staging", "prod"):
        version = registry.find("demo.classifier")
        move, found = promote(registry, version, alias, judged(alias), by="ann", why="it is good")
        assert all(each.passed for each in found) and [each.gate for each in found] == list(GATES)
        assert (move.before, move.after, move.by, move.why) == (None, 1, "ann", "it is good")
        assert [
            each["gate"] for each in registry.history("demo.classifier", alias)[0].gates
        ] == list(GATES)
    version = registry.find("demo.classifier@prod")
    assert version.aliases == ("candidate", "staging", "prod")
    assert promote(registry, version, "prod", judged("prod"), by="ann", why="again") == (None, ())


def test_a_worse_model_is_held_against_the_one_in_place_on_the_same_rows(
    registry, saved, judge, record, bundle, frame, target
):
    good = registry.register(saved(1), {})
    bad = registry.register(saved(2, model=DummyClassifier().fit(frame, target)), {})
    verdict = said(verdicts(Case(bad, "staging", good, record), judge, FS), "metric")
    assert not verdict.passed and "roc_auc 0.5000, demo.classifier@1 has 1.0000" in verdict.says
    assert "on the same 200 rows" in verdict.says
    assert said(verdicts(Case(good, "staging", bad, record), judge, FS), "metric").passed
    mild = replace(judge, may_lose=0.6)
    assert said(verdicts(Case(bad, "staging", good, record), mild, FS), "metric").passed


def test_a_model_that_cannot_be_compared_does_not_pass(
    registry, saved, judge, record, frame, target
):
    one = registry.register(saved(1), {})
    narrow = LogisticRegression().fit(frame[["size"]], target)
    other = registry.register(saved(2, model=narrow, training_data=frame[["size"]]), {})
    verdict = said(verdicts(Case(one, "staging", other, record), judge, FS), "metric")
    assert not verdict.passed and "demo.classifier@2 cannot be measured by roc_auc" in verdict.says
    untested = registry.register(saved(3, test_data=None, test_target=None), {})
    verdict = said(verdicts(Case(untested, "staging", one, record), judge, FS), "metric")
    assert not verdict.passed and "'test_data' and 'test_target'" in verdict.says
    unnamed = said(
        verdicts(Case(one, "staging", other, record), replace(judge, metric=None), FS), "metric"
    )
    assert not unnamed.passed and 'classifier = { metric = "roc_auc" }' in unnamed.says
    odd = said(
        verdicts(Case(one, "staging", other, record), replace(judge, metric="auc"), FS), "metric"
    )
    assert not odd.passed and "'auc' is no scorer" in odd.says


def test_files_that_are_not_those_registered_do_not_pass(registry, saved, judge, record):
    """Even where the manifest was made to fit them."""
    version = registry.register(saved(1), {})
    other = saved(2)
    path = version.folder
    FS.rm(path, recursive=True)
    FS.copy(other.folder, path, recursive=True)
    verdict = said(verdicts(Case(version, "staging", None, record), judge, FS), "files")
    assert not verdict.passed and "not the one that was registered" in verdict.says
    FS.rm(path, recursive=True)
    verdict = said(verdicts(Case(version, "staging", None, record), judge, FS), "files")
    assert not verdict.passed and "no model" in verdict.says


@pytest.mark.parametrize("contract", [None, {"verdict": "unchecked"}, {"verdict": "fail"}])
def test_data_that_did_not_hold_its_contract_does_not_pass(
    registry, saved, judge, record, contract
):
    version = registry.register(saved(1), {})
    broken = replace(record, inputs=(replace(record.inputs[0], contract=contract),))
    verdict = said(verdicts(Case(version, "staging", None, broken), judge, FS), "contracts")
    assert not verdict.passed and "shop.orders@pandas at delta 0" in verdict.says
    verdict = said(verdicts(Case(version, "staging", None, None), judge, FS), "contracts")
    assert not verdict.passed and "is not on record" in verdict.says


def test_old_data_does_not_pass(registry, saved, judge, record):
    version = registry.register(saved(1), {})
    case = Case(version, "staging", None, record)
    assert (
        said(verdicts(case, judge, FS), "age of data").says
        == "shop.orders is 2 d old, the oldest of 1"
    )
    later = replace(judge, now=judge.now + dt.timedelta(days=60))
    verdict = said(verdicts(case, later, FS), "age of data")
    assert not verdict.passed and verdict.says == "shop.orders is 62 d old; at most 45 d may be."


def test_a_gate_can_be_waived_and_that_is_on_record(registry, saved, judge, record):
    version = registry.register(saved(1), {})

    def judged(current):
        return verdicts(Case(version, "prod", current, record), judge, FS)

    with pytest.raises(DataError, match=r"no gate 'ordr'\. Did you mean 'order'"):
        promote(registry, version, "prod", judged, by="", why="w", waived=["ordr"])
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
        self.moves.append(move)
        self.holder = move.after


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

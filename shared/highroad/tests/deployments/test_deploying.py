"""What may go where, in which order things happen, and what an attempt that fails leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from releases.test_release import ONE

from highroad.deployments.deploying import Route, deploy, reconcile, roll_back
from highroad.deployments.ledger import ABANDONED, BEGAN, DEPLOY, DONE, FAILED, Deployment
from highroad.deployments.lock import Lock
from highroad.errors import BusyError, DataError, DeploymentError, EngineError
from highroad.tracking.database import Database, database_of

GOOD = replace(ONE, models={})
BETTER = replace(GOOD, version="1.1.0", commit="d" * 40)
BROKEN = replace(GOOD, version="1.2.0", image="sha256:broken")


@dataclass
class Machine:
    """Where releases run, as plain as can be: the set of those that do, and who is asked."""

    running: set[str] = field(default_factory=set)
    asked: str | None = None
    proved: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    gone: bool = False

    def faults(self, release):
        return self.missing

    def is_active(self, release):
        return self.running == {release.id} and self.asked == release.id

    def smoke_test(self, release, tell):
        self.proved.append(release.version)
        return {"run": "a1"}

    def activate(self, release):
        self.running.add(release.id)
        if self.gone:
            raise EngineError("the engine stopped")
        if release.image == BROKEN.image:
            raise DeploymentError("it ended with exit code 1")
        self.asked = release.id

    def retire_others(self, release):
        if self.gone:
            raise EngineError("the engine stopped")
        self.running &= {release.id} if release else set()
        if release is None:
            self.asked = None


def route_in(database: Database, environment="staging", after=None, **options) -> Route:
    chosen = {"target": Machine(), "preflight": lambda kept: [], **options}
    return Route("delays", environment, after, database, by="ann", tell=lambda _: None, **chosen)


@pytest.fixture
def staging(tmp_path) -> Route:
    route = route_in(database_of("sqlite:///records.db", tmp_path))
    for each in (GOOD, BETTER, BROKEN):
        route.shelf.put(each)
    return route


@pytest.fixture
def prod(staging) -> Route:
    return route_in(staging.database, "prod", "staging")


def steps(route: Route) -> list[str]:
    return [each.step for each in route.ledger.entries("delays", route.environment)]


def test_the_first_environment_proves_it_the_next_one_takes_it_over(staging, prod):
    assert deploy(staging, GOOD.id, "monday") == GOOD
    assert staging.target.proved == ["1.0.0"] and staging.standing().entry.detail == {"run": "a1"}
    assert deploy(prod, None, "") == GOOD
    assert prod.target.proved == [] and prod.target.is_active(GOOD)
    assert steps(staging) == [BEGAN, DONE] == steps(prod)


def test_deployed_again_nothing_happens_and_what_was_stopped_by_hand_comes_back(staging):
    deploy(staging, GOOD.id, "")
    deploy(staging, GOOD.id, "")
    assert steps(staging) == [BEGAN, DONE] and staging.target.proved == ["1.0.0"]
    staging.target.running.clear()
    deploy(staging, GOOD.id, "")
    assert staging.target.is_active(GOOD) and staging.target.proved == ["1.0.0"]
    assert staging.standing().good == (GOOD.id,)


def test_what_does_not_hold_leaves_what_was_there(staging):
    deploy(staging, GOOD.id, "")
    with pytest.raises(
        DeploymentError, match=rf"release {GOOD.id[:12]} stays.\nit ended with exit"
    ):
        deploy(staging, BROKEN.id, "")
    assert staging.target.is_active(GOOD) and steps(staging)[-2:] == [BEGAN, FAILED]
    assert "exit code 1" in staging.ledger.entries()[-1].detail["reason"]


def test_of_a_first_one_that_does_not_hold_nothing_is_left(staging):
    with pytest.raises(DeploymentError, match="nothing is there"):
        deploy(staging, BROKEN.id, "")
    assert staging.target.running == set() and staging.standing().release is None


def test_an_engine_that_stops_in_the_middle_is_on_record_and_mended_by_reconciling(staging):
    deploy(staging, GOOD.id, "")
    staging.target.gone = True
    with pytest.raises(EngineError):
        deploy(staging, BETTER.id, "")
    last = staging.ledger.entries()[-1]
    assert last.step == FAILED and "reconcile" in last.detail["left"]
    staging.target.gone = False
    assert staging.target.running == {GOOD.id, BETTER.id}
    assert reconcile(staging) == GOOD and staging.target.is_active(GOOD)


def test_an_attempt_that_was_killed_is_on_record_and_the_next_one_goes_on(staging):
    deploy(staging, GOOD.id, "")
    with Lock(staging.database, "delays", "staging", "killed").held() as lock:
        killed = Deployment("k", "delays", "staging", BETTER.id, DEPLOY, "eve")
        staging.ledger.write(lock, killed, BEGAN)
    staging.target.running.add(BETTER.id)
    deploy(staging, BETTER.id, "")
    assert steps(staging) == [BEGAN, DONE, BEGAN, ABANDONED, BEGAN, DONE]
    assert staging.target.is_active(BETTER)


def test_production_takes_what_is_in_staging_and_says_how_anything_else_differs(staging, prod):
    with pytest.raises(DeploymentError, match="No release of delays is in staging"):
        deploy(prod, None, "")
    with pytest.raises(DeploymentError, match="never passed staging: highroad deploy"):
        deploy(prod, GOOD.id, "")
    deploy(staging, GOOD.id, "")
    with pytest.raises(
        DeploymentError, match=r"they differ:\n  version: 1.0.0 → 1.1.0\n  commit: cc"
    ):
        deploy(prod, BETTER.id, "")
    assert steps(prod) == [] and prod.target.running == set()


def test_production_may_train_anew_but_takes_no_tree_that_no_commit_has(staging, prod):
    retrained = replace(GOOD, models={"delays.classifier@4": "e" * 64})
    dirty = replace(GOOD, commit=GOOD.commit + "+")
    for each in (retrained, dirty):
        staging.shelf.put(each)
    deploy(staging, GOOD.id, "")
    assert deploy(prod, retrained.id, "") == retrained
    deploy(staging, dirty.id, "")
    with pytest.raises(DeploymentError, match="of a tree that no commit has"):
        deploy(prod, dirty.id, "")


def test_all_that_forbids_it_is_said_at_once_and_nothing_is_touched(staging):
    machine = Machine(missing=["no image"])
    route = route_in(staging.database, target=machine, preflight=lambda kept: ["stale", "unsigned"])
    with pytest.raises(
        DeploymentError, match=r"nothing was touched.\n  no image\n  stale\n  unsigned"
    ):
        deploy(route, GOOD.id, "")
    assert machine == Machine(missing=["no image"]) and steps(route) == []


def test_back_goes_one_by_one_or_to_a_named_one_and_asks_only_what_runs_it(staging):
    with pytest.raises(DeploymentError, match="there is nothing to go back to"):
        roll_back(staging, None, "")
    third = replace(GOOD, version="1.3.0")
    staging.shelf.put(third)
    for each in (GOOD, BETTER, third):
        deploy(staging, each.id, "")
    back = replace(staging, preflight=lambda kept: ["stale"])
    assert roll_back(back, None, "") == BETTER and staging.target.is_active(BETTER)
    assert roll_back(back, None, "") == GOOD
    with pytest.raises(DeploymentError, match="nothing to go back to"):
        roll_back(back, None, "")
    for each in (BETTER, third):
        deploy(staging, each.id, "")
    with pytest.raises(DeploymentError, match=f"one that was: {BETTER.id[:12]}, {GOOD.id[:12]}"):
        roll_back(back, BROKEN.id, "")
    assert roll_back(back, GOOD.id, "") == GOOD
    assert staging.target.proved == ["1.0.0", "1.1.0", "1.3.0", "1.1.0", "1.3.0"]


def test_two_at_once_the_second_is_told(staging):
    held = Lock(staging.database, "delays", "staging", "eve@there").held()
    with held, pytest.raises(BusyError, match="eve@there deploys delays to staging"):
        deploy(staging, GOOD.id, "")
    assert steps(staging) == []


def test_a_manifest_that_was_changed_goes_nowhere(staging):
    with staging.database.connect() as connection:
        statement = "UPDATE highroad_releases SET manifest = :manifest WHERE id = :id"
        connection.run(statement, {"manifest": BROKEN.to_json(), "id": GOOD.id})
    with pytest.raises(DataError, match="its manifest was changed"):
        deploy(staging, GOOD.id, "")
    assert steps(staging) == []


def test_an_older_release_in_production_is_a_rollback_with_a_reason_or_refused(staging, prod):
    for each in (GOOD, BETTER):
        deploy(staging, each.id, "")
        deploy(prod, None, "")
    deploy(staging, GOOD.id, "tried again")
    with pytest.raises(DeploymentError, match=r"is a rollback\. Say why, for the ledger: --why"):
        deploy(prod, None, "")
    assert prod.standing().release == BETTER.id
    deploy(prod, None, "late arrivals")
    last = prod.ledger.entries()[-1].deployment
    assert (last.kind, last.by, last.why, prod.standing().good) == (
        "rollback", "ann", "late arrivals", (GOOD.id,),
    )  # fmt: skip


def test_an_older_release_that_never_was_in_production_does_not_come_there(staging, prod):
    replayed = replace(GOOD, version="0.9.0")  # an old one, kept here only now
    staging.shelf.put(replayed)
    deploy(staging, BETTER.id, "")
    deploy(prod, None, "")
    for each in (GOOD, replayed):
        deploy(staging, each.id, "")
        with pytest.raises(DeploymentError, match=r"is older than .* and never was there"):
            deploy(prod, None, "why not")
    assert prod.target.is_active(BETTER)


def test_a_target_that_raises_whatever_is_one_message_and_on_record(staging):
    def activate(release):
        raise RuntimeError("boom")

    staging.target.activate = activate
    with pytest.raises(DeploymentError, match="RuntimeError: boom"):
        deploy(staging, GOOD.id, "")
    assert staging.ledger.entries()[-1].detail["reason"] == "RuntimeError: boom"


def test_nothing_is_deployed_by_a_ledger_that_was_rewritten(staging):
    deploy(staging, GOOD.id, "")
    with staging.database.connect() as connection:
        connection.run("DROP TRIGGER highroad_deployments_no_update", {})
        connection.run("UPDATE highroad_deployments SET made_by = 'eve' WHERE number = 1", {})
    for act in (lambda: deploy(staging, BETTER.id, ""), lambda: reconcile(staging)):
        with pytest.raises(DataError, match="was rewritten"):
            act()
    assert staging.target.is_active(GOOD) and steps(staging) == [BEGAN, DONE]


class Deployments(RuleBasedStateMachine):
    """Whatever is tried in whatever order: what the ledger says is what runs, and alone."""

    @initialize(folder=st.integers(0, 2**60).map(lambda number: f"/{number}"))
    def start(self, folder):
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory(prefix="highroad-test-")
        self.staging = route_in(database_of("sqlite:///records.db", Path(self.folder.name)))
        self.prod = route_in(self.staging.database, "prod", "staging")
        for each in (GOOD, BETTER, BROKEN):
            self.staging.shelf.put(each)

    @rule(release=st.sampled_from([GOOD, BETTER, BROKEN]), to_prod=st.booleans())
    def deploys(self, release, to_prod):
        before = (self.prod if to_prod else self.staging).standing().release
        try:
            deploy(self.prod if to_prod else self.staging, release.id, "")
        except DeploymentError:
            assert (self.prod if to_prod else self.staging).standing().release == before
        else:
            assert release != BROKEN

    @rule(of_prod=st.booleans())
    def goes_back(self, of_prod):
        route = self.prod if of_prod else self.staging
        good = route.standing().good
        try:
            roll_back(route, None, "")
        except DeploymentError:
            assert len(good) < 2
        else:
            assert route.standing().good == good[:-1]

    @rule(of_prod=st.booleans())
    def is_lost_and_reconciled(self, of_prod):
        route = self.prod if of_prod else self.staging
        route.target.running, route.target.asked = {BROKEN.id}, None
        reconcile(route)

    @invariant()
    def what_the_ledger_says_runs_alone(self):
        for route in (self.staging, self.prod):
            there = route.standing().release
            assert route.target.running == ({there} if there else set())
            assert route.target.asked == there

    def teardown(self):
        if hasattr(self, "folder"):
            self.folder.cleanup()


Deployments.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
TestDeployments = Deployments.TestCase

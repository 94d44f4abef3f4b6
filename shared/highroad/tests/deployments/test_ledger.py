"""The ledger only grows, says what is in place, and one deployment at a time writes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from highroad.deployments.ledger import (
    ABANDONED,
    BEGAN,
    DEPLOY,
    DONE,
    FAILED,
    ROLLBACK,
    Deployment,
    Entry,
    Ledger,
    standing,
)
from highroad.deployments.lock import Lock
from highroad.errors import BusyError, DataError
from highroad.tracking.migrating import migrate

ONE = Deployment("d1", "delays", "prod", "r1", DEPLOY, "ann", "monday")


def lock_of(database, holder="ann", **options) -> Lock:
    return Lock(database, "delays", "prod", holder, **options)


def test_what_is_written_is_read_in_order_and_told_apart(database):
    ledger = Ledger(database)
    with lock_of(database).held() as lock:
        ledger.write(lock, ONE, BEGAN)
        assert ledger.standing("delays", "prod").unsettled is not None
        ledger.write(lock, ONE, DONE, {"run": "a1"})
    began, done = ledger.entries("delays")
    assert (began.deployment, began.step, done.step, done.detail) == (
        ONE,
        BEGAN,
        DONE,
        {"run": "a1"},
    )
    assert abs((datetime.now(UTC) - done.at).total_seconds()) < 60 and began.at <= done.at
    assert ledger.entries("delays", "staging") == [] == ledger.entries("demand")
    assert ledger.entries(most=1) == [done]
    there = ledger.standing("delays", "prod")
    assert (there.release, there.entry, there.unsettled) == ("r1", done, None)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE highroad_deployments SET release = 'r2'", "DELETE FROM highroad_deployments"],
)
def test_the_database_itself_refuses_to_change_what_was_written(database, statement):
    ledger = Ledger(database)
    with lock_of(database).held() as lock:
        ledger.write(lock, ONE, DONE)
    with (
        pytest.raises(DataError, match="the ledger of deployments only grows"),
        database.connect() as connection,
    ):
        connection.run(statement, {})
    assert [each.deployment for each in ledger.entries()] == [ONE]


def written(database, witness=None) -> Ledger:
    ledger = Ledger(database, witness)
    with lock_of(database).held() as lock:
        for step in (BEGAN, FAILED, BEGAN, DONE):
            ledger.write(lock, ONE, step, {"reason": "ü\n\x00"[: 2 * (step == FAILED)]})
    assert ledger.verify() == 4
    return ledger


OPEN = {
    "sqlite": [
        "DROP TRIGGER highroad_deployments_no_update",
        "DROP TRIGGER highroad_deployments_no_delete",
        "DROP TRIGGER highroad_deployments_no_replace",
    ],
    "postgresql": ["DROP TRIGGER highroad_deployments_only_grows ON highroad_deployments"],
}
INSERT = """
INSERT INTO highroad_deployments (number, deployment, at_s, project, environment, release, kind, step, made_by, why,
  detail, previous) SELECT 9, deployment, at_s, project, environment, release, kind, step, 'eve', why, detail, {}
  FROM highroad_deployments WHERE number = 4
"""


def rewritten(database, *statements):
    with database.connect() as connection:
        for statement in (*OPEN[database.kind], *statements):
            connection.run(statement, {})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE highroad_deployments SET release = 'r2' WHERE number = 2",
        "UPDATE highroad_deployments SET made_by = 'eve' WHERE number = 4",
        "UPDATE highroad_deployments SET at_s = at_s - 1 WHERE number = 1",
        "UPDATE highroad_deployments SET detail = 'no JSON' WHERE number = 2",
        "UPDATE highroad_deployments SET kind = 'accept', detail = '[]' WHERE number = 3",
        "DELETE FROM highroad_deployments WHERE number = 1",
        "DELETE FROM highroad_deployments WHERE number = 2",
        "DELETE FROM highroad_deployments WHERE number = 4",
        "DELETE FROM highroad_deployments",
        "DELETE FROM highroad_ledger_newest",
        "UPDATE highroad_ledger_newest SET hash = ''",
        INSERT.format("''"),
        INSERT.format("previous"),
    ],
)
def test_a_ledger_that_was_rewritten_is_seen_and_goes_on_once_somebody_accepts_it(
    database, statement
):
    ledger = written(database)
    rewritten(database, statement)
    with pytest.raises(DataError, match=r"was rewritten:\n  row \d"):
        ledger.verify()
    with pytest.raises(DataError):  # not even by a row that follows
        with lock_of(database).held() as lock:
            ledger.write(lock, ONE, DONE)
        ledger.verify()
    assert ledger.accept("ann", "a restored backup") and ledger.verify()
    assert ledger.accept("ann", "again") == []
    last = ledger.entries(most=1)[-1]
    assert (last.deployment.kind, last.deployment.by, last.deployment.why) == (
        "accept", "ann", "a restored backup",
    )  # fmt: skip
    rewritten_again = (
        "UPDATE highroad_deployments SET why = 'x' WHERE number = (SELECT max(number) - 1 FROM {})"
    )
    with database.connect() as connection:
        connection.run(rewritten_again.format("highroad_deployments"), {})
    with pytest.raises(DataError, match="was rewritten"):
        ledger.verify()


def test_one_who_rewrites_the_whole_chain_is_seen_by_a_machine_that_saw_it_before(
    database, tmp_path
):
    ledger = written(database, tmp_path / "kept" / "ledger.json")
    rewritten(
        database, "DELETE FROM highroad_deployments", "UPDATE highroad_ledger_newest SET hash = ''"
    )
    other = Ledger(database)
    with lock_of(database).held() as lock:
        other.write(lock, ONE, DONE)
    assert other.verify() == 1
    with pytest.raises(DataError, match="row 4 is not what this machine saw there"):
        ledger.verify()


def test_many_write_at_once_and_each_row_follows(database):
    def write(number):
        with Lock(database, f"p{number}", "prod", "ann").held() as lock:
            for step in (BEGAN, DONE):
                Ledger(database).write(lock, replace(ONE, project=f"p{number}"), step)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(6)))
    assert Ledger(database).verify() == 12


def test_a_ledger_of_an_older_version_is_chained_and_takes_no_row_that_is_not(database):
    migrate(database.url, "0004")
    old = """
INSERT INTO highroad_deployments
  (deployment, at_s, project, environment, release, kind, step, made_by, why, detail)
VALUES (:deployment, 1764531021.25, 'delays', 'prod', 'r1', 'deploy', 'done', 'ann', '', '{}')
"""
    engine = sa.create_engine(database.url)
    with engine.begin() as connection:
        for number in range(3):
            connection.execute(sa.text(old), {"deployment": str(number)})
    engine.dispose()
    ledger = Ledger(database)
    assert ledger.verify() == 3 and ledger.standing("delays", "prod").release == "r1"
    with pytest.raises(DataError), database.connect() as connection:
        connection.run(old, {"deployment": "x"})
    assert ledger.verify() == 3


@given(
    st.lists(
        st.tuples(
            st.sampled_from([DEPLOY, ROLLBACK]),
            st.sampled_from(["r1", "r2", "r3"]),
            st.sampled_from([BEGAN, DONE, FAILED, ABANDONED]),
        ),
        max_size=12,
    )
)
def test_what_is_in_place_is_the_last_that_held(history):
    """Held against the plainest model: a pile, of which a rollback takes until its release is on top."""
    entries = [
        Entry(number, datetime.now(UTC), Deployment(str(number), "p", "e", release, kind), step)
        for number, (kind, release, step) in enumerate(history)
    ]
    pile: list[str] = []
    for kind, release, step in history:
        if step != DONE:
            continue
        if kind == ROLLBACK:
            pile = pile[: len(pile) - pile[::-1].index(release)] if release in pile else []
        elif not pile or pile[-1] != release:
            pile = [*pile, release]
    found = standing(entries)
    assert found.good == tuple(pile) and found.release == (pile[-1] if pile else None)
    assert (found.unsettled is not None) == bool(history and history[-1][2] == BEGAN)
    assert found.entry is None or found.entry.deployment.release == found.release


def test_whoever_comes_second_is_told_who_is_first_and_how_long(database):
    with lock_of(database, "ann@here").held():
        with pytest.raises(
            BusyError, match=r"ann@here deploys delays to prod .* (59|60) s from now"
        ):
            lock_of(database).held().__enter__()
        other = Lock(database, "delays", "staging", "eve")
        with other.held():
            pass
    with lock_of(database, "eve").held():
        pass


def test_of_many_at_once_one_gets_it(database):
    database.connect().__enter__()  # its schema is there
    locks = [lock_of(database, str(number)) for number in range(8)]
    with ExitStack() as stack:

        def take(lock):
            try:
                stack.enter_context(lock.held())
                return True
            except BusyError:
                return False

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(take, locks)) == 1


def test_a_lock_that_expired_is_lost_and_whoever_had_it_writes_nothing_more(database):
    ledger = Ledger(database)
    with lock_of(database, expires_s=-1).held() as expired, lock_of(database, "eve").held() as lock:
        with pytest.raises(BusyError, match="was lost"):
            ledger.write(expired, ONE, DONE)
        ledger.write(lock, ONE, FAILED)
    assert [each.step for each in ledger.entries()] == [FAILED]


def test_the_lock_of_a_process_that_was_killed_is_free_at_once(database, tmp_path):
    script = """
import sys
from highroad.deployments.lock import Lock
from highroad.tracking.database import Database
with Lock(Database(*sys.argv[1:]), "delays", "prod", "killed").held():
    print("held", flush=True)
    sys.stdin.read()
"""
    words = [sys.executable, "-c", script, *database]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match="killed deploys"):
            lock_of(database).held().__enter__()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        with lock_of(database).held():
            pass

"""The ledger only grows, says what is in place, and one deployment at a time writes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
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

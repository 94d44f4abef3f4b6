"""A job's container runs its command when it is due, and ends in peace."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highroad.deployments.schedule import READY, Scheduler, cron_fields, next_after

START = datetime(2024, 2, 28, 23, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "0 6 * *", "61 * * * *", "0 0 30 2 *", "@often", "0 6 * * * *"]
)
def test_what_is_no_schedule_is_said(text):
    with pytest.raises(ValueError, match="expected five cron fields"):
        cron_fields(text)


@given(
    st.integers(0, 59), st.integers(0, 23),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda each: each.replace(tzinfo=UTC)),
)  # fmt: skip
def test_a_daily_time_is_due_within_a_day_at_that_time_and_after_now(minute, hour, moment):
    due = next_after(f"{minute} {hour} * * *", moment)
    assert (due.minute, due.hour, due.tzinfo) == (minute, hour, UTC)
    assert moment < due <= moment + timedelta(days=1)


def test_names_are_fields_and_leap_days_are_known():
    assert cron_fields("@daily") == "0 0 * * *"
    assert next_after("0 0 29 2 *", START) == datetime(2024, 2, 29, tzinfo=UTC)


class Clock:
    """Time that goes on while something runs, and is asked for."""

    def __init__(self, now: datetime, step: timedelta):
        self.now, self.step = now, step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


def test_it_runs_when_due_and_leaves_out_what_passed_meanwhile(capsys):
    clock, ran = Clock(START, timedelta(seconds=20)), []

    def run() -> int:
        ran.append(clock.now)
        clock.now += timedelta(minutes=2, seconds=30)
        if len(ran) == 2:
            scheduler.stop()
        return len(ran)

    scheduler = Scheduler("* * * * *", run, clock)
    scheduler._stop.wait = lambda _: None  # type: ignore[assignment,method-assign]
    scheduler.work()
    assert len(ran) == 2 and ran[1] - ran[0] >= timedelta(minutes=2, seconds=30)
    lines = capsys.readouterr().err.splitlines()
    assert READY in lines[0] and "2024-02-29T00:00:00+00:00" in lines[0]
    assert "was at work when the next run was due" in lines[1] and '"exit_code": 1' in lines[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_waiting_schedule_ends_at_once_when_told(number):
    words = [sys.executable, "-m", "highroad.deployments.schedule", "0 0 1 1 *", "json", "false"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None and READY in process.stderr.readline()
        process.send_signal(number)
        assert "stopped" in process.stderr.read()
    assert process.returncode == 0


def test_a_project_that_cannot_be_imported_shows_at_once():
    words = [sys.executable, "-m", "highroad.deployments.schedule", "0 0 1 1 *", "no_such", "true"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode and "No module named 'no_such'" in done.stderr

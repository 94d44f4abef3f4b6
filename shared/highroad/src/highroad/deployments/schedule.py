"""What a deployed job's container does: run a command whenever its schedule says so.

It runs in the release's own image, so it needs neither the engine nor anything beside it, wherever
that is. `python -m highroad.deployments.schedule "0 6 * * *" kedro run --env prod`. It stays under this name: images
of earlier releases have it there, and a rollback starts them.
"""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from highroad.schedules import cron_fields, next_after

READY = "waits for its schedule"
"""In the line that says that it is at work."""
_LOOK_AGAIN_S = 30
"""The clock may be set meanwhile, and a sleeping machine's sleep is no waiting."""


class Scheduler:
    """Runs a command on a schedule, one run at a time.

    Args:
        schedule: Five cron fields, in UTC; or one of cron's names, such as `@daily`.
        run: Runs it to its end; gives the exit code.
        clock: The time now, in UTC.

    Raises:
        ValueError: It is no schedule.
    """

    def __init__(
        self,
        schedule: str,
        run: Callable[[], int],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self._schedule = cron_fields(schedule)
        self._run = run
        self._clock = clock
        self._stop = threading.Event()

    def stop(self) -> None:
        """End once the run that is at work, if any, is over."""
        self._stop.set()

    def work(self) -> None:
        """Run until told to stop. A time that passes while a run is at work is left out."""
        due = next_after(self._schedule, self._clock())
        say(READY, next=due.isoformat())
        while not self._wait_until(due):
            code = self._run()
            after = next_after(self._schedule, self._clock())
            skipped = next_after(self._schedule, due) < after
            due = after
            say(
                "ran on schedule"
                + (", and was at work when the next run was due" if skipped else ""),
                exit_code=code,
                next=due.isoformat(),
            )

    def _wait_until(self, due: datetime) -> bool:
        """Whether it was told to stop before."""
        while not self._stop.is_set():
            left_s = (due - self._clock()).total_seconds()
            if left_s <= 0:
                return False
            self._stop.wait(min(left_s, _LOOK_AGAIN_S))
        return True


def say(text: str, **fields: object) -> None:
    """One line of the container's log, as JSON like all others."""
    record = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": "INFO"}
    print(
        json.dumps({**record, "logger": __name__, "message": text, **fields}),
        file=sys.stderr,
        flush=True,
    )


def main(words: Sequence[str]) -> int:
    """`SCHEDULE PACKAGE COMMAND…`; the package is imported first, so that one that is broken shows at once."""
    schedule, package, *command = words
    importlib.import_module(package)

    def run() -> int:
        # In a session of its own: a signal to the container is for the schedule, and the run ends in peace.
        return subprocess.run(command, check=False, start_new_session=True).returncode

    scheduler = Scheduler(schedule, run)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: scheduler.stop())
    scheduler.work()
    say("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

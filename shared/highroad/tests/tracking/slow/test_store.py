"""The slow tests of `test_store`."""

from __future__ import annotations

import multiprocessing
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from processes import run_clean
from tracking.workers import put_some, record

from highroad.tracking.database import database_of
from highroad.tracking.reading import RecordReader
from highroad.tracking.spool import Spool
from highroad.tracking.writing import RecordWriter

WORKERS = Path(__file__).parents[1] / "workers.py"


def test_ten_at_once_lose_nothing(database, tmp_path):
    context = multiprocessing.get_context("spawn")
    work = [
        context.Process(target=put_some, args=(database, tmp_path / "spool", 5)) for _ in range(10)
    ]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert [each.exitcode for each in work] == [0] * 10
    found = RecordReader(database).recent(most=100)
    assert len(found) == 50 and {each.status for each in found} == {"finished"}
    assert Spool(tmp_path / "spool").waiting() == []


def test_killed_writers_lose_no_run_that_had_begun(database, tmp_path):
    """Twelve kills at whatever the writer is at after so many runs."""
    RecordWriter(database, tmp_path / "spool").put(record())  # the schema is there
    begun: set[str] = set()
    url = f"sqlite:///{database.place}" if database.kind == "sqlite" else database.place
    for count in range(1, 13):
        words = [sys.executable, str(WORKERS), url, str(tmp_path)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(1 + count % 4)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.wait()
        process.stdout.close()
        begun |= {line.strip() for line in lines if line.endswith("\n")}
    reader = RecordReader(database)
    found = {each.id: each for each in reader.recent(most=10_000)}
    assert begun <= found.keys()
    assert {each.status for each in found.values()} <= {"finished", "lost", "running"}
    assert sum(each.status == "running" for each in found.values()) == 1  # ours, which lives
    assert all(bool(each.inputs) == (each.status == "finished") for each in found.values())
    if database.kind == "sqlite":
        with sqlite3.connect(database.place) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


PUT = """
import sys
from pathlib import Path
from highroad.tracking.database import database_of
from highroad.tracking.writing import RecordWriter
from tracking.workers import record
folder = Path(sys.argv[1])
print(RecordWriter(database_of("sqlite:///records.db", folder), folder / "spool").put(record()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX")
@pytest.mark.parametrize(("limit", "waits"), [(2_000, 1), (1, 0)])
def test_a_full_disk_spools_what_fits_and_warns(tmp_path, limit, waits):
    """The system refuses files beyond a length, as a full disk does: the database's, or all."""
    database = database_of("sqlite:///records.db", tmp_path)
    kept = record()
    RecordWriter(database, tmp_path / "spool").put(kept)

    def full() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    path = str(Path(__file__).parents[2])
    done = run_clean([sys.executable, "-c", PUT, str(tmp_path)], tmp_path, full, PYTHONPATH=path)
    assert done.returncode == 0 and done.stdout == "None\n", done.stderr
    assert ("waits in" if waits else "is lost") in done.stderr
    assert len(Spool(tmp_path / "spool").waiting()) == waits
    assert [each.id for each in RecordReader(database).recent()] == [kept.id]

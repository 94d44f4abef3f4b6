"""What other processes of these tests do: they find it by its name. As a script it writes for ever."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from highroad.runs import new_run_id
from highroad.tracking.database import Database, database_of
from highroad.tracking.process import this_process
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.writing import RecordWriter

USE = DatasetUse("table", "/data/table.parquet", "sha256", "ab" * 32, 3, 400)


def record(project: str = "demo", **facts) -> Record:
    given = {"status": "running", "began_at": "2026-01-01T00:00:00.000+00:00"}
    return Record(new_run_id(), project, "local", **{**given, "process": this_process(), **facts})


def put_some(database: Database, spool: Path, count: int) -> None:
    """Runs that begin and end, one after the other."""
    writer = RecordWriter(database, spool)
    for _ in range(count):
        begun = record()
        writer.put(begun)
        writer.put(replace(begun, status="finished", inputs=(USE,)))


def put_one(database: Database, spool: Path, each: Record) -> None:
    """A record that has to be in the database then."""
    assert RecordWriter(database, spool).put(each) is not None


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    endless = RecordWriter(database_of(sys.argv[1], folder), folder / "spool")
    while True:
        run = record()
        endless.put(run)
        print(run.id, flush=True)
        endless.put(replace(run, status="finished", inputs=(USE,)))

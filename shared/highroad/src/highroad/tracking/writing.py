"""Records go to the database; where it cannot be reached, to a spool beside the project."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from highroad.errors import HighroadError
from highroad.tracking.composing import compose
from highroad.tracking.database import Connection, Database, database_of
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.spool import Spool

if TYPE_CHECKING:
    from highroad.config.platform import Platform

logger = logging.getLogger("highroad.records")
_RUN = """
INSERT INTO highroad_runs
    (id, project, environment, status, began_at, ended_at, process, beat_s, record)
VALUES (:id, :project, :environment, :status, :began_at, :ended_at, :process, {now}, :record)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status, ended_at = excluded.ended_at, process = excluded.process,
    beat_s = excluded.beat_s, record = excluded.record
WHERE highroad_runs.status = 'running' OR :again
"""
"""The end of a run replaces its start; a start that was spooled never replaces an end. A run of several tasks
may be taken up again after its end."""
_PART = """
INSERT INTO highroad_run_tasks (run, task, attempt, status, record)
VALUES (:run, :task, :attempt, :status, :record)
ON CONFLICT (run, task) DO UPDATE SET
    attempt = excluded.attempt, status = excluded.status, record = excluded.record
WHERE highroad_run_tasks.attempt < excluded.attempt
    OR (highroad_run_tasks.attempt = excluded.attempt AND highroad_run_tasks.status = 'running')
"""
_PARTS = "SELECT record FROM highroad_run_tasks WHERE run = :run"
_FORGET = "DELETE FROM highroad_run_datasets WHERE run = :run"
_DATASET = """
INSERT INTO highroad_run_datasets
    (run, direction, dataset, place, kind, version, row_count, byte_count)
VALUES (:run, :direction, :dataset, :place, :kind, :version, :rows, :bytes)
"""
_BEAT = "UPDATE highroad_runs SET beat_s = {now} WHERE id = :id"


class RecordWriter:
    """Write records of runs, come what may.

    Args:
        database: Where they belong.
        spool: A local folder for those that cannot be delivered yet.
    """

    def __init__(self, database: Database, spool: Path):
        self.database = database
        self.spool = Spool(spool)

    def put(self, record: Record) -> Record | None:
        """Write a record whole, then what was spooled before; or spool it, with a warning.

        Whatever the database does, nothing is raised: a record must not fail its run.

        Returns:
            What is on record of the run now, which for one of its tasks is more than was given; None where
            it is not in the database.
        """
        try:
            with self.database.connect() as connection:
                kept = write(connection, record)
        except Exception as problem:
            self._keep(record, problem)
            return None
        self.spool.drop(record.key)
        self._deliver()
        return kept

    def beat(self, run: str) -> None:
        """Say that a run lives; nothing where the database cannot be reached."""
        try:
            with self.database.connect() as connection:
                connection.run(_BEAT, {"id": run})
        except Exception as problem:
            logger.debug("no sign of life for %s: %s", run, problem)

    def deliver(self) -> int:
        """Bring what was spooled to the database.

        Returns:
            How many records.

        Raises:
            DataError: The database cannot be reached.
        """
        return self.spool.deliver(self._take)

    def _take(self, text: str, where: str) -> bool:
        try:
            record = Record.from_json(text, where)
        except HighroadError as problem:
            logger.warning("%s; left where it is", problem)
            return False
        with self.database.connect() as connection:
            write(connection, record)
        return True

    def _deliver(self) -> None:
        try:
            self.deliver()
        except Exception as problem:
            logger.warning("Spooled records stay in %s: %s", self.spool.folder, problem)

    def _keep(self, record: Record, problem: Exception) -> None:
        try:
            self.spool.keep(record.key, record.to_json())
            logger.warning(
                "The record of this run waits in %s and is delivered later: %s",
                self.spool.folder,
                problem,
            )
        except OSError as error:
            logger.warning("The record of this run is lost: %s; %s", problem, error)


def writer_of(platform: Platform, env: str, home: Path) -> RecordWriter:
    """The writer of an environment's records.

    Args:
        platform: The platform's settings.
        env: The environment.
        home: The folder that holds platform-conf; the spool is in it where no store is local.

    Raises:
        ConfigError: The database is none that records go to.
    """
    database = database_of(platform.records_url(env, home), home)
    return RecordWriter(database, platform.runs_folder(env, home) / ".spool")


def write(connection: Connection, record: Record) -> Record:
    """Insert a record, or replace that of the same run while it was running.

    Returns:
        The record of the whole run: of a task it is composed of what all tasks have told by now.
    """
    if record.part is None:
        _write_run(connection, record, again=False)
        return record
    # The run's row first: whoever else has a part of it to write waits for the end of this transaction.
    _write_row(connection, compose([record]), again=False)
    connection.run(
        _PART,
        {
            "run": record.id,
            "task": record.part["name"],
            "attempt": record.part["attempt"],
            "status": record.status,
            "record": record.to_json(),
        },
    )
    whole = compose(parts_of(connection, record.id))
    _write_run(connection, whole, again=True)
    return whole


def parts_of(connection: Connection, run: str) -> list[Record]:
    """What the tasks of a run have told by now; empty where it is no run of tasks."""
    rows = connection.run(_PARTS, {"run": run})
    return [Record.from_json(row[0], f"run {run}") for row in rows]


def _write_row(connection: Connection, record: Record, *, again: bool) -> None:
    names = ("id", "project", "environment", "status", "began_at", "ended_at", "process")
    values = {name: getattr(record, name) for name in names}
    connection.run(_RUN, {**values, "record": record.to_json(), "again": again})


def _write_run(connection: Connection, record: Record, *, again: bool) -> None:
    _write_row(connection, record, again=again)
    found = connection.run("SELECT status FROM highroad_runs WHERE id = :id", {"id": record.id})
    if found[0][0] != record.status:
        return  # it ended already
    connection.run(_FORGET, {"run": record.id})
    uses = [("in", each) for each in record.inputs] + [("out", each) for each in record.outputs]
    connection.run_many(_DATASET, [_row(record.id, way, use) for way, use in uses])


def _row(run: str, direction: str, use: DatasetUse) -> dict[str, object]:
    return {
        "run": run,
        "direction": direction,
        "dataset": use.name,
        "place": use.place,
        "kind": use.kind,
        "version": use.version,
        "rows": use.rows,
        "bytes": use.bytes,
    }

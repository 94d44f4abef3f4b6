"""The record store as it grows: a hundred thousand runs against a thousand, on both databases."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from measure import Figure

from highroad.testing import postgresql
from highroad.tracking.database import Database, database_of
from highroad.tracking.reading import RecordReader
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.tracing import Tracer

USES = 5
"""Datasets that each run reads, and as many that it writes."""
_RUN = """
INSERT INTO highroad_runs (id, project, environment, status, began_at, process, beat_s, record)
VALUES (:id, :project, 'local', 'finished', '2026-01-01T00:00:00', '', 0, :record)
"""
_DATASET = """
INSERT INTO highroad_run_datasets (run, direction, dataset, place, kind, version, row_count, byte_count)
VALUES (:run, :direction, :dataset, :place, 'sha256', :version, 1000, 1000)
"""


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """`runs list` and `trace` in a large store against a small one, timed in turn."""
    few, many, turns = (100, 1_000, 1) if smoke else (1_000, 100_000, 15)
    found = _growth(
        "SQLite", lambda name: database_of(f"sqlite:///{name}.db", folder), few, many, turns
    )
    if not postgresql.is_installed():
        return found
    with postgresql.server() as url:

        def in_postgresql(name: str) -> Database:
            import psycopg

            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return database_of(url.replace("/postgres?", f"/{name}?"), folder)

        return found + _growth("PostgreSQL", in_postgresql, few, many, turns)


def _growth(
    kind: str, make: Callable[[str], Database], few: int, many: int, turns: int
) -> list[Figure]:
    small, large = make("small"), make("large")
    fill(small, few)
    fill(large, many)
    rows = 2 * USES * many
    work: dict[str, Callable[[RecordReader], object]] = {
        "`runs list`": lambda reader: reader.recent(),
        "`trace`": lambda reader: Tracer(reader).of_run(reader.find("p7")),
    }
    found = []
    for name, ask in work.items():
        times: tuple[list[float], list[float]] = ([], [])
        for turn in range(turns + 1):
            for place, database in zip(times, (large, small), strict=True):
                began = time.perf_counter()
                ask(RecordReader(database))
                if turn:  # the first one warms up
                    place.append(1000 * (time.perf_counter() - began))
        ours, theirs = map(statistics.median, times)
        what = (
            f"{name} among {many:,} runs and {rows:,} dataset rows in {kind}, against {few:,} runs"
        )
        found.append(Figure(what, ours / theirs, 3.0, ours, theirs, "ms"))
    return found


def fill(database: Database, count: int) -> None:
    """Chains of five runs, each of which reads what the one before it wrote."""
    with database.connect() as connection:
        for start in range(0, count, 1_000):
            runs, rows = [], []
            for number in range(start, min(start + 1_000, count)):
                inputs, outputs = (
                    tuple(
                        DatasetUse(
                            f"d{each}", f"/{chain}/{step}/{each}", "sha256", f"{chain:064x}", 1, 1
                        )
                        for each in range(USES)
                    )
                    for chain, step in [(number // 5, number % 5), (number // 5, number % 5 + 1)]
                )
                id_ = f"{number:032x}"
                record = Record(
                    id_, f"p{number % 20}", "local", "finished", "2026-01-01T00:00:00",
                    inputs=inputs, outputs=outputs,
                )  # fmt: skip
                runs.append(
                    {"id": id_, "project": record.project, "record": json.dumps(asdict(record))}
                )
                rows += [
                    {"run": id_, "direction": way, "dataset": use.name, "place": use.place,
                     "version": use.version}
                    for way, uses in (("in", inputs), ("out", outputs))
                    for use in uses
                ]  # fmt: skip
            connection.run_many(_RUN, runs)
            connection.run_many(_DATASET, rows)

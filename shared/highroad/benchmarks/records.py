"""What recording a run costs it, and the record store as it grows, on both databases."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from measure import PLATFORM, Command, Figure, against
from workloads import kedro_project

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
_RUN_KEDRO = """
import sys
from kedro.framework.cli import main
sys.argv = ["kedro", "run"]
main()
"""
_WITHOUT = """
import sys
from types import ModuleType

class RunRecorder:
    on_record = None
    def __init__(self, *_, **__): pass
    def begin(self, run, *_): return run
    def end(self, *_): pass

def nothing(*_, **__): pass

def stands_in(name, **content):
    sys.modules[name] = module = ModuleType(name)
    vars(module).update(content)

stands_in("highroad.hooks.recording", RunRecorder=RunRecorder)
stands_in("highroad.lineage.job", Job=nothing)
stands_in("highroad.lineage.reporting", LineageReporter=nothing)
stands_in("highroad.lineage.writing", writer_to=nothing)
stands_in("highroad.tracking.writing", writer_of=nothing)
"""
"""There is no switch that takes a run off the record: modules that do nothing stand in for its own."""


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """A run on record against one that is not, and a large store against a small one."""
    return [_cost(folder, smoke), *_growths(folder, smoke)]


def _cost(folder: Path, smoke: bool) -> Figure:
    project = kedro_project(folder / "project", 1, highroad=True)
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "start"]):
        subprocess.run(["git", *words], cwd=project, check=True)  # the commit is on record too
    settings = {**PLATFORM, "HIGHROAD_STORE": str(folder / "store")}
    on, off = (
        Command([sys.executable, "-c", code], project, settings)
        for code in (_RUN_KEDRO, _WITHOUT + _RUN_KEDRO)
    )
    what = "one-node run with record and lineage, CPU, against the same without"
    return against(what, 1.1, on, [off], "cpu_s", 1 if smoke else 15)


def _growths(folder: Path, smoke: bool) -> list[Figure]:
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

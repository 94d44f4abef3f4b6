"""What contracts cost a real run, and how quickly the age of a large product is told."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from contracts import generate
from measure import BIN, PLATFORM, ROOT, Command, Figure, against, cost, find
from sessions import SAMPLE

CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: bench.flights
version: 1.0.0
status: active
slaProperties: [{property: latency, value: 2, unit: d, element: flights.moment}]
schema: [{name: flights, properties: [{name: moment, logicalType: timestamp}]}]
"""
FIVE_COLUMNS = """
schema:
  - name: flights
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - {name: moment, logicalType: timestamp, required: true}
      - {name: tail, logicalType: string, logicalTypeOptions: {pattern: "N[0-9]+", maxLength: 6}}
      - {name: delay, logicalType: number, logicalTypeOptions: {minimum: -100, maximum: 2000}}
      - {name: carrier, logicalType: string, enum: [{value: AA}, {value: UA}]}
    quality:
      - {metric: rowCount, mustBeGreaterThan: 0}
"""
MANY = """
organisation: Bench
store: store
pythons: ["3.11"]
base_image: python:3.12
layers: [01_raw]
environments: {base: {}}
"""
MANY_OF_ONE = """
[project]
name = "bench"
requires-python = ">=3.11"
[tool.kedro]
package_name = "bench"
project_name = "bench"
source_dir = "src"
[tool.highroad]
description = "Many products"
owner = "bench"
kind = "data"
publishes = {products}
"""
AGE = """
    import sys
    import time
    from datetime import UTC, datetime
    from pathlib import Path
    import pyarrow.parquet as pq
    from highroad.products.contract import read_contract
    from highroad.products.freshness import freshness_of
    from highroad.products.store import Table
    uri, file, contract, runs = sys.argv[1:]
    contract = read_contract(Path(contract), "bench.flights")
    now = datetime(2014, 1, 1, tzinfo=UTC)
    def age():
        table = Table(uri)
        found = freshness_of(table, contract, table.about(), now)
        assert found.verdict == "fresh" and found.evidence == "statistics of moment", found
    def timed(function):
        began = time.perf_counter()
        function()
        return time.perf_counter() - began
    age()
    for _ in range(int(runs)):
        print(timed(age), timed(lambda: pq.read_metadata(file)))
"""


PUBLISH = """
    import sys
    import pyarrow.feather as feather
    import highroad.products.drift
    from deltalake import write_deltalake
    from highroad.products.digest import digest
    from highroad.products.drift import profile_of
    table = feather.read_table(sys.argv[1], memory_map=False)
    if sys.argv[2] == "ours":
        digest(table)
        profile_of(table).to_json()
    elif sys.argv[2] == "theirs":
        write_deltalake(sys.argv[3], table, mode="overwrite")
"""


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """`delays` with and without contracts, and an age told from the log alone."""
    store = {"HIGHROAD_STORE": str(folder / "store")}
    sample = SAMPLE if smoke else ["--"]
    cost(Command([find("nox"), "-s", "run(project='flights')", *sample], ROOT, store))
    project = ROOT / "projects" / "delays"
    kedro = str(project / ".venv" / ("Scripts" if sys.platform == "win32" else "bin") / "kedro")
    # The session makes the environment; what is timed is the run alone.
    cost(Command([find("nox"), "-s", "run(project='delays')", *sample], ROOT, store))
    words = [kedro, "run", *sample[1:]]
    ours = Command(words, project, {**PLATFORM, **store})
    theirs = Command(words, project, {**PLATFORM, **store, "KEDRO_DATASET_VALIDATION": "0"})
    what = "`delays` with contracts enforced, wall, against validation off"
    return [
        against(what, 1.1, ours, [theirs], "wall_s", 1 if smoke else 5),
        _age(folder, smoke),
        _publishing(folder, smoke),
        _status(folder / "many", 20 if smoke else 10_000),
        _lint(folder / "linted", 20 if smoke else 10_000),
    ]


def _status(root: Path, count: int) -> Figure:
    """`products status` of as many products, none of them published, by its CPU time."""
    _write_many(root, count, CONTRACT)
    spent = cost(Command([str(BIN / "highroad"), "products", "status"], root)).cpu_s
    what = f"`products status` of {count:,} products that are not published, CPU, against 3 s"
    return Figure(what, spent / 3, 1, spent, 3)


def _lint(root: Path, count: int) -> Figure:
    """`contracts lint` of as many contracts of five columns, by its CPU time for each."""
    _write_many(root, count, CONTRACT.partition("schema:")[0] + FIVE_COLUMNS)
    spent = cost(Command([str(BIN / "highroad"), "contracts", "lint"], root)).cpu_s
    each_ms = 1000 * spent / count
    what = f"`contracts lint` of {count:,} contracts of 5 columns, CPU a contract, against 5 ms"
    return Figure(what, each_ms / 5, 1, each_ms, 5, "ms")


def _write_many(root: Path, count: int, contract: str) -> None:
    """A repository of one project that publishes as many products, each with this contract."""
    names = [f"bench.flights_{number}" for number in range(count)]
    files = {
        "platform-conf/platform.yml": MANY,
        "projects/bench/src/bench/__init__.py": "",
        "projects/bench/pyproject.toml": MANY_OF_ONE.format(products=json.dumps(names)),
    }
    for name in names:
        text = contract.replace("bench.flights", name).replace(
            "status:", "team: {name: bench}\nstatus:"
        )
        files[f"platform-conf/contracts/{name}.yaml"] = text
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _publishing(folder: Path, smoke: bool) -> Figure:
    """What digest and profile add to a write, each less the reading of the rows."""
    import pyarrow.feather as feather

    from highroad.products.drift.workload import six_columns

    rows = 100_000 if smoke else 10_000_000
    file, script = folder / "rows.arrow", folder / "publish.py"
    feather.write_feather(six_columns(rows), str(file), compression="uncompressed")
    script.write_text(dedent(PUBLISH), encoding="utf-8")
    python = str(BIN / Path(sys.executable).name)

    def words(part: str) -> Command:
        return Command([python, str(script), str(file), part, str(folder / "published")], folder)

    pairs = []
    for _ in range(1 if smoke else 5):
        reading, ours, theirs = (cost(words(part)).cpu_s for part in ("none", "ours", "theirs"))
        pairs.append((ours - reading, theirs - reading))
    return Figure(
        f"digest and profile of {rows:,} rows, CPU, against the Delta write",
        statistics.median(one / other for one, other in pairs),
        1.0,
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
    )


def _age(folder: Path, smoke: bool) -> Figure:
    import pyarrow.parquet as pq
    from deltalake import write_deltalake

    rows = 100_000 if smoke else 10_000_000
    file, contract, script = (folder / name for name in ("rows.parquet", "contract.yaml", "age.py"))
    generate(file, rows)
    write_deltalake(str(folder / "table"), pq.read_table(file))
    contract.write_text(CONTRACT, encoding="utf-8")
    script.write_text(dedent(AGE), encoding="utf-8")
    python = str(BIN / Path(sys.executable).name)
    words = [
        python,
        str(script),
        str(folder / "table"),
        str(file),
        str(contract),
        "3" if smoke else "25",
    ]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HIGHROAD_")}
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=clean)
    pairs = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
    return Figure(
        f"age of a product of {rows:,} rows, after imports, against opening its footer",
        statistics.median(one / other for one, other in pairs),
        5,
        1000 * statistics.median(one for one, _ in pairs),
        1000 * statistics.median(other for _, other in pairs),
        "ms",
    )

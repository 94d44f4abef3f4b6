"""One contract of 24 rules on 10 million rows, against decoding them, and against its peers.

Each peer runs in an environment of its own, made by uv; a process is timed from start to end,
its imports included, because that is what a session pays.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from measure import BIN, ROOT, Command, Figure, against, cost, find

CARRIERS = [f"{a}{b}{c}" for a in "AB" for b in "KLMN" for c in "XY"]
CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: bench.flights
version: 1.0.0
status: active
servers: [{{server: file, type: local, path: {file}, format: parquet}}]
schema:
  - name: flights
    properties:
      - {{name: id, logicalType: integer, physicalType: BIGINT, required: true, unique: true}}
      - {{name: carrier, logicalType: string, physicalType: VARCHAR, required: true, quality: [{{metric: invalidValues, mustBe: 0, arguments: {{validValues: [{carriers}]}}}}]}}
      - {{name: origin, logicalType: string, physicalType: VARCHAR, required: true, logicalTypeOptions: {{pattern: "^[A-Z]{{3}}$"}}}}
      - {{name: tail, logicalType: string, physicalType: VARCHAR, required: true, logicalTypeOptions: {{pattern: "^N[0-9]{{3,5}}$"}}}}
      - {{name: dep, logicalType: number, physicalType: DOUBLE, logicalTypeOptions: {{minimum: -1000}}}}
      - {{name: arr, logicalType: number, physicalType: DOUBLE, logicalTypeOptions: {{maximum: 1000}}}}
      - {{name: dist, logicalType: integer, physicalType: INTEGER, logicalTypeOptions: {{minimum: 1}}}}
      - {{name: seats, logicalType: integer, physicalType: SMALLINT, required: true, logicalTypeOptions: {{maximum: 500}}}}
      - {{name: moment, logicalType: timestamp, physicalType: timestamp_tz, required: true}}
      - {{name: ok, logicalType: boolean, physicalType: BOOLEAN}}
    quality:
      - {{metric: rowCount, mustBeGreaterThan: 10}}
"""
OURS = """
    import sys
    from pathlib import Path
    from highroad.products.checks import check
    from highroad.products.contract import read_contract
    report = check(sys.argv[1], read_contract(Path(sys.argv[2]), "bench.flights"))
    assert report.passed, report.table()
"""
DECODE = """
    import sys
    import duckdb
    columns = "id carrier origin tail dep arr dist seats moment ok".split()
    # Footers alone answer max() of some columns: a hash has to see each value.
    hashes = ", ".join(f'bit_xor(hash("{name}"))' for name in columns)
    duckdb.execute(f"SELECT {hashes} FROM read_parquet('{sys.argv[1]}')").fetchall()
"""
PANDERA = """
    import sys
    import pandera.polars as pa
    import polars as pl
    check, column = pa.Check, pa.Column
    schema = pa.DataFrameSchema({
        "id": column(pl.Int64, unique=True), "carrier": column(pl.String, check.isin(CARRIERS)),
        "origin": column(pl.String, check.str_matches("^[A-Z]{3}$")),
        "tail": column(pl.String, check.str_matches("^N[0-9]{3,5}$")),
        "dep": column(pl.Float64, check.ge(-1000), nullable=True),
        "arr": column(pl.Float64, check.le(1000), nullable=True),
        "dist": column(pl.Int32, check.ge(1), nullable=True),
        "seats": column(pl.Int16, check.le(500)),
        "moment": column(pl.Datetime("us", "UTC")), "ok": column(pl.Boolean),
    }, checks=check(lambda data: data.lazyframe.select(pl.len() > 10)))
    schema.validate(pl.read_parquet(sys.argv[1]))
"""
OURS_ON_PANDAS = """
    import sys
    from pathlib import Path
    import pandas as pd
    from highroad.products.checks import check
    from highroad.products.contract import read_contract
    frame = pd.read_parquet(sys.argv[1], dtype_backend="numpy_nullable")
    report = check(frame, read_contract(Path(sys.argv[2]), "bench.flights"))
    assert report.passed, report.table()
"""
PANDERA_ON_PANDAS = """
    import sys
    import pandas as pd
    import pandera.pandas as pa
    check, column = pa.Check, pa.Column
    schema = pa.DataFrameSchema({
        "id": column("Int64", unique=True), "carrier": column("string", check.isin(CARRIERS)),
        "origin": column("string", check.str_matches("^[A-Z]{3}$")),
        "tail": column("string", check.str_matches("^N[0-9]{3,5}$")),
        "dep": column("Float64", check.ge(-1000), nullable=True),
        "arr": column("Float64", check.le(1000), nullable=True),
        "dist": column("Int32", check.ge(1), nullable=True),
        "seats": column("Int16", check.le(500)),
        "moment": column("datetime64[us, UTC]"), "ok": column("boolean"),
    }, checks=check(lambda frame: len(frame) > 10))
    schema.validate(pd.read_parquet(sys.argv[1], dtype_backend="numpy_nullable"), lazy=True)
"""
SELECT = """
    import sys
    import time
    from pathlib import Path
    import polars as pl
    from highroad.products.checks import check
    from highroad.products.contract import read_contract
    frame, contract = pl.read_parquet(sys.argv[1]), read_contract(Path(sys.argv[2]), "bench.flights")
    c = pl.col
    def by_hand():
        return frame.select(
            pl.len(), *(c(name).null_count().alias(f"n_{name}") for name in ("id", "carrier", "origin", "tail", "seats", "moment")),
            (pl.len() - c("id").n_unique()).alias("u"), (~c("carrier").is_in(CARRIERS)).sum().alias("e"),
            (~c("origin").str.contains("^[A-Z]{3}$")).sum().alias("p"), (~c("tail").str.contains("^N[0-9]{3,5}$")).sum().alias("q"),
            ((c("dep") < -1000) | c("dep").is_nan()).sum().alias("r"), ((c("arr") > 1000) | c("arr").is_nan()).sum().alias("s"),
            (c("dist") < 1).sum().alias("t"), (c("seats") > 500).sum().alias("v"),
        )
    def timed(function):
        began = time.perf_counter()
        function()
        return time.perf_counter() - began
    check(frame, contract)
    for _ in range(int(sys.argv[3])):
        print(timed(lambda: check(frame, contract)), timed(by_hand))
"""


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """The check of a Parquet file and of a frame in memory."""
    rows, runs = (100_000, 1) if smoke else (10_000_000, 5)
    data, contract = folder / "flights.parquet", folder / "contract.yaml"
    generate(data, rows)
    names = ", ".join(CARRIERS)
    contract.write_text(CONTRACT.format(file=data, carriers=names), encoding="utf-8")
    python = str(BIN / Path(sys.executable).name)
    uv = [find("uv"), "run", "--no-project", "--quiet", "--python", sys.executable]
    ours = _script(folder, "ours", OURS, [python], data, contract)
    decode = _script(folder, "decode", DECODE, [python], data)
    pandera = _script(
        folder, "pandera_polars", PANDERA, [*uv, "--with", "pandera[polars]==0.35.0"], data
    )
    peer = [find("uv"), "tool", "run", "--from", "datacontract-cli[duckdb]==1.2.8", "datacontract"]
    datacontract = Command([*peer, "test", str(contract)], folder)
    what = f"24 rules on {rows:,} rows of Parquet, wall, against"
    found = [
        against(f"{what} DuckDB decoding all columns", 2.5, ours, [decode], "wall_s", runs),
        against(f"{what} pandera on Polars", 0.45, ours, [pandera], "wall_s", max(runs // 2, 1)),
        against(f"{what} datacontract-cli", 0.2, ours, [datacontract], "wall_s", max(runs // 2, 1)),
    ]
    found.append(_on_pandas(folder, contract, uv, python, rows // 10, max(runs // 2, 1)))
    peak = _peak_mib(ours)
    found.append(
        Figure("its peak memory, against 450 MB", peak * 1.048576 / 450, 1, peak, 450, "MiB")
    )
    return [
        *found,
        _in_memory(_script(folder, "by_hand", SELECT, [python], data, contract, str(runs)), rows),
    ]


def _on_pandas(
    folder: Path, contract: Path, uv: list[str], python: str, rows: int, runs: int
) -> Figure:
    """A frame of pandas goes through DuckDB as pandera's own way is slower; reading it is in both."""
    data = folder / "pandas.parquet"
    generate(data, rows)
    ours = _script(folder, "ours_on_pandas", OURS_ON_PANDAS, [python], data, contract)
    peer = [*uv, "--with", "pandera[pandas]==0.35.0", "--with", "pyarrow"]
    theirs = _script(folder, "pandera_on_pandas", PANDERA_ON_PANDAS, peer, data)
    what = f"24 rules on a pandas frame of {rows:,} rows, wall with reading it, against pandera"
    return against(what, 1.0, ours, [theirs], "wall_s", runs)


def generate(path: Path, rows: int) -> None:
    """Ten columns with nulls, in row groups of 122,880; the same for the same number of rows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(0)
    codes = np.array([f"{a}{b}{c}" for a in "ABCDEFGH" for b in "KLMNO" for c in "XYZ"])

    def holed(values: object, share: float) -> pa.Array:
        return pa.array(values, mask=random.random(rows) < share)

    seconds = random.integers(0, 365 * 86_400, rows).astype("timedelta64[s]")
    table = pa.table(
        {
            "id": np.arange(rows),
            "carrier": np.array(CARRIERS)[random.integers(0, len(CARRIERS), rows)],
            "origin": codes[random.integers(0, len(codes), rows)],
            "tail": np.char.add("N", random.integers(100, 99_999, rows).astype(str)),
            "dep": holed(random.normal(10, 30, rows), 0.02),
            "arr": holed(random.normal(5, 40, rows), 0.03),
            "dist": holed(random.integers(50, 5000, rows).astype("int32"), 0.01),
            "seats": random.integers(2, 450, rows).astype("int16"),
            "moment": pa.array(
                np.datetime64("2013-01-01", "us") + seconds, pa.timestamp("us", tz="UTC")
            ),
            "ok": random.random(rows) < 0.97,
        }
    )
    pq.write_table(table, path, row_group_size=122_880)


def _script(folder: Path, name: str, text: str, runner: list[str], *arguments: object) -> Command:
    path = folder / f"{name}.py"
    path.write_text(dedent(text).replace("CARRIERS", repr(CARRIERS)), encoding="utf-8")
    return Command([*runner, str(path), *map(str, arguments)], folder)


def _peak_mib(command: Command) -> float:
    """The peak of one process: measured in a child of its own, since rusage keeps the largest."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    words = [sys.executable, "-c", script, *command.words]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def _in_memory(command: Command, rows: int) -> Figure:
    import statistics

    cost(command)
    done = subprocess.run(
        command.words, cwd=command.cwd, capture_output=True, text=True, check=True
    )
    pairs = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
    return Figure(
        f"24 rules on a Polars frame of {rows:,} rows, against one select by hand",
        statistics.median(one / other for one, other in pairs),
        1.15,
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
    )

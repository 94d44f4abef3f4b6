"""Drift of a million rows against a stored profile, and against evidently in its own environment."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

from measure import BIN, Command, Figure, against, cost, find

OURS = """
    import sys
    from pathlib import Path
    import pyarrow.parquet as pq
    from highroad.products.drift import Profile, compare
    found = compare(pq.read_table(sys.argv[1]), Profile.from_json(Path(sys.argv[2]).read_text()))
    assert len(found.columns) == 6 and found.verdict == "fail", found.table()
"""
PROFILE = """
    import sys
    from pathlib import Path
    import pyarrow.parquet as pq
    from highroad.products.drift import profile_of
    Path(sys.argv[2]).write_text(profile_of(pq.read_table(sys.argv[1])).to_json())
"""
EVIDENTLY = """
    import sys
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset
    sample, reference = pd.read_parquet(sys.argv[1]), pd.read_parquet(sys.argv[2])
    Report([DataDriftPreset()]).run(sample, reference).dict()
"""


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """Whole processes, imports included."""
    rows, runs = (10_000, 1) if smoke else (1_000_000, 3)
    reference, sample, kept = (folder / name for name in ("a.parquet", "b.parquet", "a.json"))
    generate(reference, rows, 0.0)
    generate(sample, rows, 0.5)
    python = [str(BIN / Path(sys.executable).name)]
    uv = [find("uv"), "run", "--no-project", "--quiet", "--python", sys.executable]
    with_evidently = [*uv, "--with", "evidently==0.7.23", "--with", "pandas<3", "--with", "pyarrow"]

    def script(name: str, text: str, runner: list[str], *arguments: Path) -> Command:
        path = folder / f"{name}.py"
        path.write_text(dedent(text), encoding="utf-8")
        return Command([*runner, str(path), *map(str, arguments)], folder)

    cost(script("profiling", PROFILE, python, reference, kept))
    return [
        against(
            f"drift of six columns, {rows:,} rows against a stored profile, wall, against evidently",
            0.1,
            script("comparing", OURS, python, sample, kept),
            [script("with_evidently", EVIDENTLY, with_evidently, sample, reference)],
            "wall_s",
            runs,
        )
    ]


def generate(path: Path, rows: int, shift: float) -> None:
    """Four columns of numbers and two of categories; the same for the same arguments."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(int(shift * 10))
    numbers = {
        "normal": random.normal(shift, 1, rows),
        "gamma": random.gamma(2 + shift, 10, rows),
        "whole": random.integers(0, 500, rows),
        "uniform": random.random(rows),
    }
    codes = {"few": list("abcd"), "many": [f"c{number}" for number in range(40)]}
    categories = {
        name: np.array(each)[random.integers(0, len(each), rows)] for name, each in codes.items()
    }
    pq.write_table(pa.table({**numbers, **categories}), path)

"""A small project for real runs of Kedro in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from processes import run_clean

REGISTRY = """
import pandas as pd
from kedro.pipeline import node, pipeline

def make():
    return pd.DataFrame({"a": [1, 2, 3]})

def count(frame):
    return {"auc": 0.5, "rows": len(frame)}

def fail(frame):
    raise ValueError("boom password=hunter2")

def register_pipelines():
    good = pipeline([node(make, None, "table", name="make"), node(count, "table", "metrics", name="count")])
    return {"__default__": good, "bad": good + pipeline([node(fail, "table", "never", name="fail")])}
"""
CATALOG = """
table: {type: pandas.ParquetDataset, filepath: "${platform:store}/demo/table.parquet"}
metrics:
  type: json.JSONDataset
  filepath: ${platform:store}/demo/metrics.json
  metadata: {highroad: {metrics: true}}
"""

RUNNERS = [
    # One worker runs each of them, once.
    pytest.param(runner, method, marks=pytest.mark.xdist_group(f"{runner} {method}"))
    for runner, method in (
        ("highroad.runners.LinearRunner", ""),
        ("SequentialRunner", ""),
        ("ThreadRunner", ""),
        ("ParallelRunner", "fork"),
        ("ParallelRunner", "spawn"),
        ("ParallelRunner", "forkserver"),
    )
]


def kedro(project: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`kedro run` in the project."""
    return run_clean([str(Path(sys.executable).with_name("kedro")), "run", *words], project, **env)

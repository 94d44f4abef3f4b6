"""Rows that broke their contract, kept aside with the rule and the run, for the owner to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from highroad.products.checks.engine import failing_rows
from highroad.products.rule import KEY, ROW

if TYPE_CHECKING:
    from highroad.products.checks.report import Report

FOLDER = "quarantine"


def set_aside(data: Any, report: Report, store: str, run: str) -> str | None:
    """Write the rows that break blocking rules, one Parquet file a run.

    Args:
        data: The table that was checked.
        report: What the check found.
        store: The store's root.
        run: The run's id; the file's name.

    Returns:
        The file, with the table's columns and `broken_rule` and `run`; None where no rule about
        rows blocks.
    """
    import fsspec
    import pyarrow as pa
    import pyarrow.parquet as pq

    rules = [
        each.rule for each in report.faults if each.failed_rows and each.rule.about in (ROW, KEY)
    ]
    parts = []
    for rule in rules:
        rows = failing_rows(data, [rule])
        said = pa.array([rule.id] * len(rows), pa.string())
        named = pa.array([run] * len(rows), pa.string())
        parts.append(rows.append_column("broken_rule", said).append_column("run", named))
    if not any(len(each) for each in parts):
        return None
    path = f"{store}/{FOLDER}/{report.product}/{run}.parquet"
    with fsspec.open(path, "wb", auto_mkdir=True) as file:
        pq.write_table(pa.concat_tables(parts, promote_options="permissive"), file)
    return path

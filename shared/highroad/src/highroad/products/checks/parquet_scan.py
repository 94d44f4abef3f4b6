"""Check Parquet files: what their footers say needs no data; the rest is one DuckDB query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from highroad.products.checks.duckdb_scan import SOURCE, DuckDBScan, connect
from highroad.products.checks.footers import Footers
from highroad.products.rule import Rule


class ParquetScan(DuckDBScan):
    """A scan over local Parquet files."""

    engine = "parquet"

    def __init__(self, paths: Sequence[str | Path]):
        self._paths = [str(path) for path in paths]
        self._statistics = self._footers = Footers(self._paths)
        self.schema = self._footers.schema
        self._connection = connect()
        files = ", ".join(_file(path) for path in self._paths)
        by_name = "" if self._statistics.agree else ", union_by_name = true"
        self._connection.execute(
            f"CREATE VIEW {SOURCE} AS SELECT * FROM "
            f"read_parquet([{files}], hive_partitioning = false{by_name})"
        )

    @cached_property
    def _data(self) -> Any:
        """The same files through Arrow: for SQL rules, which may open no file, and parts of wide tables."""
        import pyarrow.dataset as ds

        return ds.dataset(self._paths, format="parquet", schema=self.schema.remove_metadata())

    def measure(self, rules: Sequence[Rule]) -> tuple[int, Mapping[str, Any]]:
        """See `Scan.measure`."""
        footers = self._footers
        known = {
            rule.id: value
            for rule in rules
            if (value := rule.kind.known(rule, footers.rows, footers, self.schema)) is not None
        }
        rest = [rule for rule in rules if rule.id not in known]
        found = super().measure(rest)[1] if rest else {}
        return footers.rows, {**known, **found}


def _file(path: str) -> str:
    """A path as an SQL text in which `[`, `*` and `?` stand for themselves."""
    plain = "".join(f"[{sign}]" if sign in "[*?" else sign for sign in path)
    return "'" + plain.replace("'", "''") + "'"

"""Check Parquet files: what their footers say needs no data; the rest is one DuckDB query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.types as types

from highroad.products.checks.duckdb_scan import SOURCE, DuckDBScan, connect
from highroad.products.checks.footers import Footers
from highroad.products.checks.sql import breaks, quoted
from highroad.products.rule import BOUNDS, Rule
from highroad.products.types import fits_logical, value_type

WIDEST_KEYS = 1 << 28
"""Whole-number keys are ticked off in a bitmap up to this span: a bit each, 32 MiB a thread."""
DICTIONARY_BYTES = 4
"""A text column that takes fewer bytes a value is stored as a small dictionary."""


class ParquetScan(DuckDBScan):
    """A scan over local Parquet files."""

    engine = "parquet"

    def __init__(self, paths: Sequence[str | Path]):
        self._paths = [str(path) for path in paths]
        self._footers = Footers(self._paths)
        self.schema = self._footers.schema
        self._connection = connect()
        files = ", ".join(_file(path) for path in self._paths)
        by_name = "" if self._footers.agree else ", union_by_name = true"
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
        known: dict[str, Any] = {}
        for rule in rules:
            value = self._from_footers(rule)
            if value is not None:
                known[rule.id] = value
        rest = [rule for rule in rules if rule.id not in known]
        found = super().measure(rest)[1] if rest else {}
        return self._footers.rows, {**known, **found}

    def _from_footers(self, rule: Rule) -> Any:
        """What statistics alone decide; None where data has to be read."""
        if rule.kind == "rowCount":
            return self._footers.rows
        if len(rule.columns) != 1:
            return None
        (name,) = rule.columns
        if rule.kind == "required":
            return self._footers.nulls(name)
        # Statistics leave out NaN, so they say nothing of a float's range.
        kind = value_type(self.schema.field(name).type)
        if rule.kind not in (*BOUNDS, "latency", "retention") or types.is_floating(kind):
            return None
        span = self._footers.span(name)
        if span is None:
            return None
        low, high = span
        if rule.kind in ("latency", "retention"):
            moment = high if rule.kind == "latency" else low
            # pandas' own kind of time, for nanoseconds.
            return moment.floor("us").to_pydatetime() if hasattr(moment, "floor") else moment
        return 0 if _inside(rule, low, high) else None

    def _measure(self, rule: Rule, source: str) -> str:
        if rule.kind == "unique" and len(rule.columns) == 1:
            (name,) = rule.columns
            is_whole = types.is_integer(self.schema.field(name).type)
            span = self._footers.span(name) if is_whole else None
            if span is not None and span[1] - span[0] < WIDEST_KEYS:
                # Ticking off whole numbers in a bitmap takes a tenth of a hash table of them.
                column = quoted(name)
                bits = f"bit_count(bitstring_agg({column}, {span[0]}, {span[1]}))"
                return f"(SELECT count({column}) - {bits} FROM {source})"
        return super()._measure(rule, source)

    def _failing_rows(self, rule: Rule, source: str) -> str:
        (name, *others) = rule.columns
        if others or not self._repeats_itself(name):
            return super()._failing_rows(rule, source)
        # Few values, often repeated: look at each once, weighted by how often it stands there.
        column = quoted(name)
        groups = f"SELECT {column}, count(*) FROM {source} GROUP BY {column}"
        counted = f"({groups}) AS counted ({column}, {quoted(f'{name} repeats')})"
        condition = breaks(rule, self.schema)
        total = f"coalesce(sum({quoted(f'{name} repeats')}), 0)"
        return f"(SELECT {total} FROM {counted} WHERE {condition})"

    def _repeats_itself(self, column: str) -> bool:
        """Is this a text column that dictionaries made small, by the footers?"""
        is_text = fits_logical("string", self.schema.field(column).type)
        return is_text and self._footers.bytes_per_value(column) <= DICTIONARY_BYTES


def _inside(rule: Rule, low: Any, high: Any) -> bool:
    """Does the whole span keep the bound?"""
    value = rule.arguments["value"]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isinstance(low, int):
        return False
    return bool(
        {
            "minimum": low >= value,
            "maximum": high <= value,
            "exclusiveMinimum": low > value,
            "exclusiveMaximum": high < value,
        }[rule.kind]
    )


def _file(path: str) -> str:
    """A path as an SQL text in which `[`, `*` and `?` stand for themselves."""
    plain = "".join(f"[{sign}]" if sign in "[*?" else sign for sign in path)
    return "'" + plain.replace("'", "''") + "'"

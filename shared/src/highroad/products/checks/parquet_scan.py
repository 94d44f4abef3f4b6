"""Check Parquet files: what their footers say needs no data; the rest is one DuckDB query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as types

from highroad.errors import DataError
from highroad.products.checks.duckdb_scan import SOURCE, DuckDBScan, connect
from highroad.products.checks.sql import breaks, quoted
from highroad.products.rule import BOUNDS, Rule
from highroad.products.types import fits_logical

WIDEST_KEYS = 1 << 28
"""Whole-number keys are ticked off in a bitmap up to this span: a bit each, 32 MiB a thread."""
DICTIONARY_BYTES = 4
"""A text column that takes fewer bytes a value is stored as a small dictionary."""


class ParquetScan(DuckDBScan):
    """A scan over local Parquet files of one schema."""

    engine = "parquet"

    def __init__(self, paths: Sequence[str | Path]):
        self._paths = [str(path) for path in paths]
        self._footers = [_footer(path) for path in self._paths]
        self.schema = self._footers[0].schema.to_arrow_schema()
        self._connection = connect()
        files = ", ".join("'" + path.replace("'", "''") + "'" for path in self._paths)
        self._connection.execute(
            f"CREATE VIEW {SOURCE} AS SELECT * FROM read_parquet([{files}], hive_partitioning = false)"
        )

    @property
    def _data(self) -> Any:
        """For SQL rules, whose connection may open no file: the same files through Arrow."""
        import pyarrow.dataset as ds

        return ds.dataset(self._paths, format="parquet")

    def measure(self, rules: Sequence[Rule]) -> tuple[int, Mapping[str, Any]]:
        """See `Scan.measure`."""
        rows = sum(footer.num_rows for footer in self._footers)
        known: dict[str, Any] = {}
        for rule in rules:
            value = self._from_footers(rule, rows)
            if value is not None:
                known[rule.id] = value
        rest = [rule for rule in rules if rule.id not in known]
        found = super().measure(rest)[1] if rest else {}
        return rows, {**known, **found}

    def _from_footers(self, rule: Rule, rows: int) -> Any:
        """What statistics alone decide; None where data has to be read."""
        if rule.kind == "rowCount":
            return rows
        if len(rule.columns) != 1:
            return None
        if rule.kind == "required":
            return self._nulls(rule.columns[0])
        kind = self.schema.field(rule.columns[0]).type
        # Statistics leave out NaN, so they say nothing of a float's range.
        if rule.kind not in (*BOUNDS, "latency", "retention") or types.is_floating(kind):
            return None
        span = self._span(rule.columns[0])
        if span is None:
            return None
        low, high = span
        if rule.kind in ("latency", "retention"):
            return high if rule.kind == "latency" else low
        return 0 if _inside(rule, low, high) else None

    def _statistics(self, column: str) -> list[Any] | None:
        found = []
        for footer in self._footers:
            names = footer.schema.names
            if column not in names:
                return None
            index = names.index(column)
            for group in range(footer.num_row_groups):
                chunk = footer.row_group(group).column(index)
                if chunk.statistics is None:
                    return None
                found.append(chunk.statistics)
        return found

    def _nulls(self, column: str) -> int | None:
        found = self._statistics(column)
        if found is None or not all(each.has_null_count for each in found):
            return None
        return int(sum(each.null_count for each in found))

    def _span(self, column: str) -> tuple[Any, Any] | None:
        """The least and the greatest value; None where a group with values does not say."""
        found = self._statistics(column)
        if found is None:
            return None
        filled = [each for each in found if not (each.has_null_count and each.num_values == 0)]
        if not filled or not all(each.has_min_max for each in filled):
            return None
        return min(each.min for each in filled), max(each.max for each in filled)

    def _measure(self, rule: Rule) -> str:
        if rule.kind == "unique" and len(rule.columns) == 1:
            (name,) = rule.columns
            span = self._span(name) if types.is_integer(self.schema.field(name).type) else None
            if span is not None and span[1] - span[0] < WIDEST_KEYS:
                # Ticking off whole numbers in a bitmap takes a tenth of a hash table of them.
                column = quoted(name)
                bits = f"bit_count(bitstring_agg({column}, {span[0]}, {span[1]}))"
                return f"(SELECT count({column}) - {bits} FROM {SOURCE})"
        return super()._measure(rule)

    def _failing_rows(self, rule: Rule) -> str:
        (name, *others) = rule.columns
        if others or not self._repeats_itself(name):
            return super()._failing_rows(rule)
        # Few values, often repeated: look at each once, weighted by how often it stands there.
        column = quoted(name)
        groups = f"SELECT {column}, count(*) AS repeats FROM {SOURCE} GROUP BY {column}"
        condition = breaks(rule, self.schema)
        return f"(SELECT coalesce(sum(repeats), 0) FROM ({groups}) WHERE {condition})"

    def _repeats_itself(self, column: str) -> bool:
        """Is this a text column that dictionaries made small, by the footers?"""
        if not fits_logical("string", self.schema.field(column).type):
            return False
        size = values = 0
        for footer in self._footers:
            index = footer.schema.names.index(column)
            for group in range(footer.num_row_groups):
                chunk = footer.row_group(group).column(index)
                size += chunk.total_uncompressed_size
                values += chunk.num_values
        return size <= DICTIONARY_BYTES * values


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


def _footer(path: str) -> pq.FileMetaData:
    try:
        return pq.read_metadata(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}; the file may be "
            "truncated. Write it again."
        ) from error

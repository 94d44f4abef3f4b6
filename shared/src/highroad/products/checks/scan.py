"""What every engine gives a check, and which engine a kind of data gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from highroad.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from highroad.products.rule import Rule

MIXED = b"highroad.mixed"
"""Field metadata of a column whose values are of several types, so that Arrow has none for it."""


class Scan(Protocol):
    """One table, opened by one engine."""

    engine: str
    schema: pa.Schema

    def measure(self, rules: Sequence[Rule]) -> tuple[int, Mapping[str, Any]]:
        """Count rows and measure every rule, in one pass where that can be.

        Args:
            rules: Rules whose columns are there and of a type the rule can be asked of.

        Returns:
            The number of rows; and by rule id the failing rows, surplus rows, latest or
            earliest time, longest gap in seconds or SQL result, or the exception it ended in.
        """
        ...

    def failing(self, rules: Sequence[Rule], most: int | None) -> pa.Table:
        """The rows that break any of the row and key rules, at most so many; None: all."""
        ...


def open_scan(data: Any) -> Scan:
    """The scan for a pandas, Polars or Arrow table, a DuckDB relation, or Parquet files.

    Args:
        data: The table; a path or list of paths means Parquet files.

    Raises:
        DataError: Nothing here can read that; names what can be.
    """
    module = type(data).__module__.partition(".")[0]
    if module == "polars":
        from highroad.products.checks.polars_scan import PolarsScan

        return PolarsScan(data)
    if isinstance(data, (str, Path)) or (
        isinstance(data, list) and data and all(isinstance(each, (str, Path)) for each in data)
    ):
        from highroad.products.checks.parquet_scan import ParquetScan

        return ParquetScan(data if isinstance(data, list) else [data])
    from highroad.products.checks.duckdb_scan import DuckDBScan

    if module == "pandas":
        return DuckDBScan(arrow_of(data))
    if module in ("pyarrow", "duckdb", "_duckdb"):
        return DuckDBScan(data)
    raise DataError(
        f"A {type(data).__module__}.{type(data).__name__} cannot be checked against a contract; expected "
        "a pandas, Polars or Arrow table, a DuckDB relation, or the path of a Parquet file."
    )


def arrow_of(frame: Any) -> pa.Table:
    """A pandas frame as Arrow, its index left out; NaN of a float column is null, as pandas means it.

    A column whose values have no one type becomes null throughout and is marked `MIXED`.
    """
    import pyarrow as pa

    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        fields, columns = [], []
        for position, name in enumerate(frame.columns):
            try:
                column = pa.chunked_array([pa.Array.from_pandas(frame.iloc[:, position])])
                fields.append(pa.field(str(name), column.type))
            except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
                column = pa.chunked_array([pa.nulls(len(frame))])
                fields.append(pa.field(str(name), pa.null(), metadata={MIXED: str(error).encode()}))
            columns.append(column)
        return pa.table(columns, schema=pa.schema(fields))

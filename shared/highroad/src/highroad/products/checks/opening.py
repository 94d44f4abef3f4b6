"""Which engine a kind of data gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from highroad.errors import DataError
from highroad.products.checks.scan import Scan, arrow_of, require_distinct


def open_scan(data: Any) -> Scan:
    """The scan for a pandas, Polars or Arrow table, a DuckDB relation, or Parquet files.

    Args:
        data: The table; a path or list of paths means Parquet files.

    Raises:
        DataError: Nothing here can read that, names what can be; or two columns have one name.
    """
    scan = _scan(data)
    require_distinct(scan.schema.names)
    return scan


def _scan(data: Any) -> Scan:
    module = type(data).__module__.partition(".")[0]
    if module == "polars" and hasattr(data, "collect_schema"):
        from highroad.products.checks.polars_scan import PolarsScan

        return PolarsScan(data)
    if isinstance(data, (str, Path)) or (
        isinstance(data, list) and data and all(isinstance(each, (str, Path)) for each in data)
    ):
        from highroad.products.checks.parquet_scan import ParquetScan

        return ParquetScan(data if isinstance(data, list) else [data])
    if module == "pandas" and hasattr(data, "columns"):
        arrow = arrow_of(data)
    elif type(data).__name__ == "DuckDBPyRelation":
        require_distinct(data.columns)
        arrow = data.to_arrow_table()
    elif module == "pyarrow":
        arrow = _rereadable(data)
    else:
        arrow = None
    if arrow is None:
        raise DataError(
            f"A {type(data).__module__}.{type(data).__name__} cannot be checked against a contract; "
            "expected a pandas, Polars or Arrow table, a DuckDB relation, or the path of a Parquet file."
        )
    from highroad.products.checks.duckdb_scan import DuckDBScan

    return DuckDBScan(arrow)


def _rereadable(data: Any) -> Any:
    """An Arrow table or dataset as it is; what can be read only once, as a table; None for others."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    if isinstance(data, (pa.Table, ds.Dataset)):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, pa.RecordBatchReader):
        return data.read_all()
    return data.to_table() if isinstance(data, ds.Scanner) else None

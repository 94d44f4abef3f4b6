"""Any table a node may give or want, as Arrow and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from highroad.errors import DataError
from highroad.products.checks.scan import arrow_of
from highroad.products.partition import Partition
from highroad.products.selection import Selection
from highroad.products.stored_types import stored_type

if TYPE_CHECKING:
    import pyarrow as pa

KINDS = ("pandas", "polars", "arrow", "duckdb", "partitions")
"""Conditions on rows, all of which must hold: column, one of =, !=, <, <=, >, >=, in, not in; value."""


def as_arrow(data: Any) -> pa.Table:
    """A pandas, Polars or Arrow table or a DuckDB relation as an Arrow table.

    Raises:
        TypeError: It is none of these.
        DataError: A Polars frame has a column of Python objects.
    """
    import pyarrow as pa

    module = type(data).__module__.partition(".")[0]
    if module == "pandas" and hasattr(data, "columns"):
        return arrow_of(data)
    if module == "polars":
        frame = data.lazy().collect()
        for name, kind in frame.schema.items():
            if str(kind) == "Object":  # whose addresses Arrow would get
                raise DataError(
                    f"column '{name}' has Python objects; expected values of one type. Nothing was published."
                )
        return frame.to_arrow()
    if isinstance(data, pa.Table):
        return data
    if hasattr(data, "to_arrow_table"):
        return data.to_arrow_table()
    if hasattr(data, "to_table"):
        return data.to_table()
    if hasattr(data, "read_all"):
        return data.read_all()
    raise TypeError(
        f"expected a pandas, Polars or Arrow table or a DuckDB relation, found {type(data).__name__}"
    )


def gather(
    parts: Mapping[Any, Any],
    partitioned_by: Sequence[str],
    kinds: Mapping[str, pa.DataType] | None = None,
) -> pa.Table:
    """Partitions as one table; each part's name fills the partition columns it lacks.

    Args:
        parts: Tables, or functions that make one, by the value of the partition column or by the
            partition's name.
        partitioned_by: The columns that the product is stored by; none for a product in one
            piece, which has one part.
        kinds: Types of the columns, for those that a part lacks; text by itself.

    Raises:
        DataError: A name is no value of its column's type.
        TypeError: The product has no partition column, or a part is no table.
        ValueError: A part holds rows of another partition.
    """
    import pyarrow as pa

    if len(parts) == 1 and not partitioned_by:
        (part,) = parts.values()
        return as_arrow(part() if callable(part) else part)
    if not partitioned_by:
        raise TypeError("partitions by name need a contract with a partitioned column, found none")
    tables = []
    named = {name: Partition.from_name(name, len(partitioned_by)) for name in parts}
    for name, partition in sorted(named.items(), key=lambda each: each[1].name):
        part = parts[name]
        table = as_arrow(part() if callable(part) else part)
        known = [_kind_of(table, column, kinds or {}) for column in partitioned_by]
        values = partition.values(known)
        for column, value, kind in zip(partitioned_by, values, known, strict=True):
            if column not in table.column_names:
                table = table.append_column(column, pa.repeat(value, len(table)).cast(kind))
        keys = table.select(list(partitioned_by)).group_by(list(partitioned_by)).aggregate([])
        found = {
            Partition.of([row[column] for column in partitioned_by]) for row in keys.to_pylist()
        }
        if found - {Partition.of([each.as_py() for each in values])}:
            raise ValueError(
                f"partition '{partition.name}' holds rows whose {' or '.join(partitioned_by)} is another"
            )
        tables.append(table)
    return pa.concat_tables(tables, promote_options="default") if tables else pa.table({})


def _kind_of(table: pa.Table, column: str, kinds: Mapping[str, pa.DataType]) -> pa.DataType:
    import pyarrow as pa

    if column in table.column_names:
        kind = stored_type(table.schema.field(column).type)
    else:
        kind = stored_type(kinds.get(column, pa.string()))
    return kind if kind is not None else pa.string()


def from_dataset(dataset: Any, kind: str, selection: Selection) -> Any:
    """An Arrow dataset as a pandas or Arrow table or a DuckDB relation; reads only what is selected."""
    if kind == "duckdb":
        return selection.duckdb(dataset)
    table = selection.arrow(dataset)
    return table if kind == "arrow" else to_pandas(table)


def to_pandas(table: pa.Table) -> Any:
    """pandas with nullable types, so that a whole number stays one where values are missing."""
    return table.to_pandas(types_mapper=_nullable().get)


def _nullable() -> Mapping[Any, Any]:
    import pandas as pd
    import pyarrow as pa

    numbers = {
        pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(), pa.uint8(): pd.UInt8Dtype(), pa.uint16(): pd.UInt16Dtype(),
        pa.uint32(): pd.UInt32Dtype(), pa.uint64(): pd.UInt64Dtype(),
        pa.float32(): pd.Float32Dtype(), pa.float64(): pd.Float64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }  # fmt: skip
    return {**numbers, pa.string(): pd.StringDtype(), pa.large_string(): pd.StringDtype()}


def open_file(path: Path) -> Any:
    """A Parquet or CSV file, a folder of Parquet files, or a Delta table, ready to be checked.

    Raises:
        DataError: There is nothing there, or it is none of these.
    """
    from highroad.products.store import Table

    if (path / "_delta_log").is_dir():
        return Table(path.as_posix()).dataset()
    if path.is_dir() and (files := sorted(path.glob("*.parquet"))):
        return list(files)
    if not path.is_file():
        raise DataError(f"{path}: no such file, no Delta table, and no folder of Parquet files.")
    if path.suffix == ".parquet":
        return path
    if path.suffix == ".csv":
        from pyarrow import csv

        return csv.read_csv(path)
    raise DataError(f"{path}: expected .parquet, .csv, or a folder with a Delta table.")

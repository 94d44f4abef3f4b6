"""Any table, read one pass or one column at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as datasets
import pyarrow.types as types

from highroad.errors import DataError
from highroad.products.tables import as_arrow

NUMBER, CATEGORY, TIME, OTHER = "number", "category", "time", "other"


class Source:
    """A table in memory or a dataset of files, behind one face."""

    def __init__(self, data: pa.Table | datasets.Dataset):
        self._data = data
        self.schema: pa.Schema = data.schema

    @property
    def rows(self) -> int:
        """Rows; of Parquet files, from their footers."""
        data = self._data
        return int(data.num_rows if isinstance(data, pa.Table) else data.count_rows())

    def batches(self, columns: Sequence[str]) -> Iterator[Sequence[pa.ChunkedArray | pa.Array]]:
        """The columns piece by piece, in one pass, never the whole of a dataset at once."""
        if isinstance(self._data, pa.Table):
            yield [self._data.column(name) for name in columns]
            return
        asked = {"columns": list(columns), "batch_readahead": 2, "fragment_readahead": 1}
        for piece in _pieces(self._data):
            whole = piece is self._data
            for batch in piece.to_batches(**asked if whole else {**asked, "schema": self.schema}):
                yield batch.columns

    def column(self, name: str) -> pa.ChunkedArray:
        """One column, whole."""
        if isinstance(self._data, pa.Table):
            return self._data.column(name)
        return self._data.to_table(columns=[name]).column(0)

    def partitions(self, column: str) -> dict[str, Source]:
        """The rows of each value of a column as a source each, by the value."""
        values = sorted(
            (each for each in self.column(column).unique().to_pylist() if each is not None), key=str
        )
        return {
            str(value): Source(self._data.filter(pc.field(column) == value)) for value in values
        }


def table_of(data: Any) -> Source:
    """A source of whatever holds a table.

    Args:
        data: A pandas, Polars or Arrow table, an Arrow dataset, a DuckDB relation, or the path of
            a Parquet file, a folder of them (`name=value` folders become a column) or a Delta
            table; a list of paths is one table.

    Raises:
        DataError: It is none of these, or cannot be read.
    """
    if isinstance(data, Source):
        return data
    if isinstance(data, (str, Path)) or (
        isinstance(data, list) and data and all(isinstance(each, (str, Path)) for each in data)
    ):
        return Source(_dataset(data))
    if isinstance(data, datasets.Dataset):
        return Source(data)
    try:
        return Source(as_arrow(data))
    except TypeError as error:
        raise DataError(f"Drift cannot be measured of this: {error}, or a path.") from None


def kind_of(kind: pa.DataType) -> str:
    """How a column of this Arrow type is compared; dictionaries count as their values."""
    if types.is_dictionary(kind):
        return kind_of(kind.value_type)
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return NUMBER
    if (
        types.is_boolean(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
        or str(kind) == "string_view"
    ):
        return CATEGORY
    if types.is_timestamp(kind) or types.is_date(kind) or types.is_time(kind):
        return TIME
    return OTHER


def flat(array: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """The array without its dictionary."""
    if types.is_dictionary(array.type):
        return array.cast(array.type.value_type)
    return array


def _pieces(data: datasets.Dataset) -> Iterator[Any]:
    """Row groups, for a scan of whole Parquet files keeps every byte until a file is through."""
    try:
        files = list(data.get_fragments())
    except ValueError:  # rows were filtered out already, as of one partition
        files = []
    if not files or not all(isinstance(each, datasets.ParquetFileFragment) for each in files):
        yield data
        return
    for each in files:
        yield from each.split_by_row_group()


def _dataset(data: Any) -> datasets.Dataset:
    from highroad.products.store import Table

    shown = data if isinstance(data, (str, Path)) else ", ".join(map(str, data))
    try:
        if isinstance(data, list):
            return datasets.dataset([str(each) for each in data], format="parquet")
        path = str(data)
        if ("://" in path and not path.endswith(".parquet") and Table(path).exists()) or (
            Path(path) / "_delta_log"
        ).is_dir():
            return Table(path).dataset()
        found = datasets.dataset(path, format="parquet", partitioning="hive")
    except FileNotFoundError:
        raise DataError(f"{shown}: no such file or folder.") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{shown}: not readable as Parquet: {str(error).splitlines()[0]}"
        ) from error
    if not found.files:
        raise DataError(f"{shown}: a folder without Parquet files.")
    return found

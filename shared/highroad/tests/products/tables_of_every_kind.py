"""The same rows as every kind of table a check may be given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from highroad.products.tables import to_pandas

Make = Callable[[pa.Table, Path], Any]


def _parquet(table: pa.Table, folder: Path, **options: Any) -> list[str]:
    """Two files, the first with two row groups."""
    middle = len(table) // 2
    paths = []
    for name, part in (("a", table.slice(0, middle)), ("b", table.slice(middle))):
        path = folder / f"{name}-{len(list(folder.iterdir()))}.parquet"
        pq.write_table(part, path, row_group_size=max(len(part) // 2, 1), **options)
        paths.append(str(path))
    return paths


def _one_file(table: pa.Table, folder: Path) -> str:
    path = folder / f"one-{len(list(folder.iterdir()))}.parquet"
    pq.write_table(table, path)
    return str(path)


def numpy_frame(table: pa.Table, _: Path) -> pd.DataFrame:
    """pandas' own types, where NaN is null and a whole number beside one is a double."""
    return table.to_pandas()


KINDS: dict[str, Make] = {
    "pandas nullable": lambda table, _: to_pandas(table),
    "pandas arrow": lambda table, _: table.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda table, _: pl.from_arrow(table),
    "polars lazy": lambda table, _: pl.from_arrow(table).lazy(),
    "arrow": lambda table, _: table,
    "arrow dataset": lambda table, _: ds.dataset(table),
    "parquet dataset": lambda table, folder: ds.dataset(_parquet(table, folder)),
    "duckdb": lambda table, _: duckdb.from_arrow(table),
    "parquet": _one_file,
    "parquet files": _parquet,
    "parquet without statistics": lambda table, folder: _parquet(
        table, folder, write_statistics=False
    ),
    "parquet without dictionaries": lambda table, folder: _parquet(
        table, folder, use_dictionary=False
    ),
}


def of_every_kind(table: pa.Table, folder: Path) -> Iterator[tuple[str, Any]]:
    """(name, table) for each kind."""
    for name, make in KINDS.items():
        yield name, make(table, folder)

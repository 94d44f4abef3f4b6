"""A version as a lazy Polars frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from highroad.products.partition import Partition
    from highroad.products.snapshot import LoggedFile, Snapshot


def scan(snapshot: Snapshot, options: dict[str, str]) -> Any:
    """A version as a lazy Polars frame; nothing is read yet.

    Args:
        snapshot: The version.
        options: For the object store.

    Returns:
        A `polars.LazyFrame` with the table's columns.
    """
    import polars as pl

    schema = pl.Schema(pl.from_arrow(snapshot.schema.empty_table()).schema)  # type: ignore[union-attr]
    if not snapshot.files:
        return pl.LazyFrame(schema=schema)
    own: list[LoggedFile] = []
    others: dict[Partition, list[LoggedFile]] = {}
    for file in snapshot.files:
        if not snapshot.by or file.path in snapshot.own_paths:
            own.append(file)
        else:  # other tools leave the partition columns out of the files
            others.setdefault(file.partition, []).append(file)
    frames = [_frame(snapshot, own, schema, options)] if own else []
    kinds = [snapshot.schema.field(column).type for column in snapshot.by]
    bare = pl.Schema({name: kind for name, kind in schema.items() if name not in snapshot.by})
    for partition, files in others.items():
        values = [
            pl.lit(value.as_py(), schema[column]).alias(column)
            for column, value in zip(snapshot.by, partition.values(kinds), strict=True)
        ]
        frame = _frame(snapshot, files, bare, options).with_columns(values)
        frames.append(frame.select(schema.names()))
    return frames[0] if len(frames) == 1 else pl.concat(frames)


def _frame(
    snapshot: Snapshot, files: list[LoggedFile], schema: Any, options: dict[str, str]
) -> Any:
    import polars as pl

    return pl.scan_parquet(
        [f"{snapshot.uri}/{file.path}" for file in files],
        schema=schema,
        hive_partitioning=False,
        glob=False,
        missing_columns="insert",
        extra_columns="ignore",
        storage_options=options or None,
    )

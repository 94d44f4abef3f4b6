"""Spools of predictions to Parquet by the hour: `python -m highroad.serving.compaction PLACE`.

A spool that its process still writes stays. A line that was cut off is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from highroad.serving.prediction_log import LOCK, SPOOL, Header, is_written, spool_folder

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 20_000
"""How many rows are in memory at once."""


def compact(place: str) -> list[str]:
    """Write the closed spools of a log as Parquet and remove them; returns the files.

    Args:
        place: The folder or URL of the log; files go to `date=2026-01-31/hour=06/` in it.
    """
    from fsspec.core import url_to_fs

    fs, root = url_to_fs(place)
    made = []
    for spool in sorted(spool_folder(place).glob(f"*{SPOOL}")):
        if is_written(spool):
            continue
        with suppress(msgspec.MsgspecError):  # cut off within its header, it has no line
            header, rows = read_spool(spool)
            hours = groupby(rows, lambda row: partition_of(row["at"]))
            for number, (hour, of_hour) in enumerate(hours):
                stem = f"{spool.stem}-{number}"
                made.append(_write(fs, f"{root}/{hour}", stem, header, of_hour))
        spool.unlink()
        spool.with_suffix(LOCK).unlink(missing_ok=True)
    return made


def _write(fs: Any, folder: str, stem: str, header: Header, rows: Iterator[dict[str, Any]]) -> str:
    """Write the rows of an hour; the file is there once it is whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    target, schema = f"{folder}/{stem}.parquet", schema_of(header)
    fs.makedirs(folder, exist_ok=True)
    with (
        fs.open(f"{target}.part", "wb") as file,
        pq.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        while batch := list(islice(rows, BATCH_ROWS)):
            writer.write_table(pa.Table.from_pylist(batch, schema))
    fs.mv(f"{target}.part", target)
    return target


def read_spool(spool: Path) -> tuple[Header, Iterator[dict[str, Any]]]:
    """A spool's header and its predictions, one row each."""
    with spool.open("rb") as file:
        header = msgspec.json.decode(file.readline(), type=Header)
    return header, _rows(spool, header)


def schema_of(header: Header) -> pa.Schema:
    """The columns of the log of a model."""
    import pyarrow as pa

    kinds = {"text": pa.string(), "bool": pa.bool_(), "number": pa.float64()}
    inputs = pa.struct([(name, kinds[kind]) for name, kind in header.columns])
    texts = ("model", "run", "project", "release", "environment", "image", "commit")
    return pa.schema(
        [
            ("prediction_id", pa.string()),
            ("at", pa.timestamp("ms", "UTC")),
            ("prediction", pa.string()),
            ("probability", pa.float64()),
            ("probabilities", pa.list_(pa.float64())),
            ("model_version", pa.int64()),
            *((name, pa.string()) for name in texts),
            ("inputs", inputs),
        ]
    )


def partition_of(at: datetime) -> str:
    """The folder of an hour."""
    return f"date={at:%Y-%m-%d}/hour={at:%H}"


def _rows(spool: Path, header: Header) -> Iterator[dict[str, Any]]:
    shared = {"model": header.model, "model_version": header.version, "run": header.run}
    with spool.open("rb") as file:
        file.readline()
        for text in file:
            try:
                line = msgspec.json.decode(text)
            except msgspec.DecodeError:
                continue
            at = datetime.fromtimestamp(line["at"] / 1000, UTC)
            for found in line["answer"]["predictions"]:
                value = found["prediction"]
                yield {
                    "prediction_id": found["id"],
                    "at": at,
                    "prediction": value if isinstance(value, str) else msgspec.json.encode(value).decode(),
                    "probability": found.get("probability"),
                    "probabilities": found.get("probabilities"),
                    **shared,
                    **header.facts,
                    "inputs": line["request"]["rows"][found["row"]],
                }  # fmt: skip


if __name__ == "__main__":
    compact(sys.argv[1])

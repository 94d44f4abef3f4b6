"""A prediction by its id, from the log of the service that made it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from highroad.errors import DataError
from highroad.serving.compaction import partition_of, read_spool
from highroad.serving.prediction_log import SPOOL, spool_folder

ID = re.compile(r"p([0-9a-f]{12})[0-9a-f]{20}-\d+")


def find_prediction(store: str, prediction: str) -> dict[str, Any]:
    """The log's row of a prediction.

    Args:
        store: The store of the environment, a folder or URL.
        prediction: Its id, which says when it was made.

    Raises:
        DataError: It is in no log of the store.
    """
    from fsspec.core import url_to_fs

    match = ID.fullmatch(prediction)
    assert match is not None
    at = datetime.fromtimestamp(int(match[1], 16) / 1000, UTC)
    fs, root = url_to_fs(store)
    logs = fs.glob(f"{root}/*/07_model_output/predictions/*")
    for row in _rows(fs, logs, partition_of(at), prediction):
        if row["prediction_id"] == prediction:
            return row
    raise DataError(
        f"no prediction {prediction} of {at:%Y-%m-%d %H:%M:%S} UTC in the logs of {store} ({len(logs)} of them). "
        "Another environment keeps its own: --env prod."
    )


def _rows(fs: Any, logs: list[str], hour: str, prediction: str) -> Iterator[dict[str, Any]]:
    """The rows of that hour, of Parquet and then of what is not yet there."""
    import pyarrow.parquet as pq

    for log in logs:
        for path in fs.glob(f"{log}/{hour}/*.parquet"):
            with fs.open(path) as file:
                table = pq.read_table(file, filters=[("prediction_id", "=", prediction)])
            yield from table.to_pylist()
        for spool in spool_folder(fs.unstrip_protocol(log).removeprefix("file://")).glob(
            f"*{SPOOL}"
        ):
            with suppress(msgspec.MsgspecError):  # cut off within its header
                yield from read_spool(spool)[1]

"""Could rows have keys that other partitions have too? Answered from statistics and sketches.

A sketch is a Bloom filter over one partition's keys. It lies beside the rows, under their SHA-256.
It may say *maybe* of a key that is not there, about once in 1,000, and never *no* of one that is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from highroad.products.partition import Partition
from highroad.products.snapshot import LoggedFile, Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

    from highroad.products.store import Table

FOLDER = "_keys"
BITS_A_KEY, PROBES = 16, 6
FORMAT = "1"


def partitions_with(
    table: Table, snapshot: Snapshot, kept: Iterable[Partition], keys: pa.Table
) -> list[Partition]:
    """The partitions that may have one of these keys.

    Args:
        table: The product's table, which holds the sketches.
        snapshot: Its version.
        kept: The partitions to ask.
        keys: The key columns of new rows.
    """
    names = keys.column_names
    ranges = {name: bounds for name in names if (bounds := _bounds(keys, name))}
    hashes: Any = None
    found = []
    for partition in kept:
        if all(_is_apart(file, ranges) for file in snapshot.partitions[partition]):
            continue
        known = snapshot.known(partition)
        sketch = table.read_beside(name_of(known.content, names)) if known else None
        if sketch is not None:
            hashes = _hashes(keys) if hashes is None else hashes
            if not _may_have(sketch, hashes):
                continue
        found.append(partition)
    return found


def sketch_of(keys: pa.Table) -> bytes:
    """The sketch of some keys."""
    import numpy as np

    bits = np.zeros(max(1024, 1 << (len(keys) * BITS_A_KEY - 1).bit_length()), bool)
    if len(keys):
        for places in _places(_hashes(keys), len(bits)):
            bits[places] = True
    return np.packbits(bits).tobytes()


def name_of(content: str, columns: Sequence[str]) -> str:
    """Where the sketch of a partition's keys is, below the table's folder.

    Args:
        content: SHA-256 of the partition's rows.
        columns: The key.
    """
    key = hashlib.sha256("\0".join([FORMAT, *columns]).encode()).hexdigest()[:16]
    return f"{FOLDER}/{content}-{key}.bloom"


def _may_have(sketch: bytes, hashes: Any) -> bool:
    import numpy as np

    bits = np.frombuffer(sketch, np.uint8)
    possible = np.ones(len(hashes), bool)
    for places in _places(hashes, len(bits) * 8):
        possible &= (bits[places >> 3] >> (7 - (places & 7)).astype(np.uint8)) & 1 == 1
    return bool(possible.any())


def _places(hashes: Any, size: int) -> Iterable[Any]:
    import numpy as np

    step = (hashes >> np.uint64(33)) | np.uint64(1)
    for probe in range(PROBES):
        yield ((hashes + step * np.uint64(probe)) % np.uint64(size)).astype(np.int64)


def _hashes(keys: pa.Table) -> Any:
    """A hash of each row's key, the same in every process."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    whole = np.zeros(len(keys), np.uint64)
    for column in keys.columns:
        kind = column.type
        if types.is_integer(kind):
            values = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
        elif types.is_temporal(kind):
            wide = pa.int32() if types.is_date32(kind) else pa.int64()
            values = pc.fill_null(column.cast(wide), 0).to_numpy().astype(np.int64)
        elif types.is_string(kind):
            values = pc.fill_null(column, "").to_numpy()
        else:
            values = np.array([repr(each) for each in column.to_pylist()], object)
        hashed = pd.util.hash_array(values, categorize=False)
        nulls = column.is_null().to_numpy()
        hashed = np.where(nulls, np.uint64(0x9E3779B97F4A7C15), hashed)
        whole = whole * np.uint64(0x100000001B3) ^ hashed
        whole ^= whole >> np.uint64(29)
    return whole


def _bounds(keys: pa.Table, name: str) -> tuple[Any, Any] | None:
    """The least and greatest value of a column without nulls, of a type that the log has ranges of."""
    import pyarrow.compute as pc
    import pyarrow.types as types

    column = keys.column(name)
    kind = column.type
    plain = types.is_integer(kind) or types.is_temporal(kind) or types.is_string(kind)
    if not plain or column.null_count or not len(column):
        return None
    found = pc.min_max(column).as_py()
    return found["min"], found["max"]


def _is_apart(file: LoggedFile, ranges: dict[str, tuple[Any, Any]]) -> bool:
    """Does the log exclude that a file has a value of a key's column within these ranges?"""
    for name, (least, greatest) in ranges.items():
        low, high = file.log.get(f"min.{name}"), file.log.get(f"max.{name}")
        if low is None or high is None or file.log.get(f"null_count.{name}") != 0:
            continue
        if high < least or greatest < low:
            return True
    return False

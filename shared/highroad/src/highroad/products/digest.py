"""SHA-256 of a table's rows: the same for equal rows, however they are chunked or encoded.

Of each column three streams are hashed: which rows have a value, how long the values are where
lengths differ, and the values themselves without the nulls. Arrow's buffers are hashed where they
are, so nothing is concatenated, and what lies under a null does not count.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_PIECE = 1 << 18
"""Rows at a time, which bounds the memory that nulls and lengths take."""


def digest(data: pa.Table) -> str:
    """SHA-256 of the rows in their order, as hexadecimal digits.

    Column names, their order and types count. Dictionaries count as their values, and the ways
    that Arrow stores text (`string`, `large_string`, `string_view`) as one.
    """
    whole = hashlib.sha256()
    for field, column in zip(data.schema, data.columns, strict=True):
        streams: _Streams = defaultdict(hashlib.sha256)
        for chunk in column.chunks:
            for start in range(0, len(chunk), _PIECE):
                _feed(chunk.slice(start, _PIECE), "", streams, nulls=column.null_count > 0)
        parts = [f"{name}:{each.hexdigest()}" for name, each in sorted(streams.items())]
        whole.update(repr((field.name, _type_name(field.type), len(column), parts)).encode())
    return whole.hexdigest()


_Streams = defaultdict[str, Any]


def _feed(array: pa.Array, path: str, streams: _Streams, *, nulls: bool = True) -> None:
    """Hash a piece of a column; `path` leads to it through nested types."""
    import pyarrow.compute as pc
    import pyarrow.types as types

    array = _plain(array)
    if nulls:
        streams[f"{path}valid"].update(_bytes(array.is_valid().cast("uint8")))
        array = array.drop_null()
    kind = array.type
    if not len(array) or types.is_null(kind):
        return
    if types.is_struct(kind):
        for field, child in zip(kind, array.flatten(), strict=True):
            _feed(child, f"{path}{field.name!r}/", streams)
        return
    if _is_list(kind):
        streams[f"{path}lengths"].update(_bytes(pc.list_value_length(array).cast("uint32")))
        _feed(array.flatten(), f"{path}[]/", streams)
        return
    if types.is_binary(kind) or types.is_large_binary(kind) or _is_text(kind):
        streams[f"{path}lengths"].update(_bytes(pc.binary_length(array).cast("uint32")))
        streams[f"{path}values"].update(_text(array))
        return
    streams[f"{path}values"].update(_bytes(array.cast("uint8") if kind == "bool" else array))


def _plain(array: pa.Array) -> pa.Array:
    """The array in the one encoding that its values are hashed in."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(array.storage)
    if types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if types.is_run_end_encoded(kind):
        return _plain(pc.run_end_decode(array))
    if str(kind) in ("string_view", "binary_view"):
        return array.cast(f"large_{str(kind).removesuffix('_view')}")
    if types.is_map(kind):
        pair = pa.struct([kind.key_field, kind.item_field])
        return array.cast(pa.list_(pair))
    return array


def _bytes(array: pa.Array) -> Any:
    """The values of an array of fixed width, no nulls."""
    width = array.type.bit_width // 8
    start = array.offset * width
    return memoryview(array.buffers()[1])[start : start + len(array) * width]


def _text(array: pa.Array) -> Any:
    """The bytes of all values, no nulls."""
    import numpy as np

    _, offsets, values = array.buffers()
    wide = str(array.type).startswith("large_")
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)
    start, end = int(ends[array.offset]), int(ends[array.offset + len(array)])
    return memoryview(values)[start:end] if values is not None else b""


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def _is_list(kind: pa.DataType) -> bool:
    return "list" in str(kind).partition("<")[0]


def _type_name(kind: pa.DataType) -> str:
    import pyarrow as pa
    import pyarrow.types as types

    if isinstance(kind, pa.BaseExtensionType):
        return _type_name(kind.storage_type)
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return _type_name(kind.value_type)
    return str(kind).replace("large_", "").replace("_view", "")


def split_by(data: pa.Table, columns: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], pa.Table]]:
    """The rows of each combination of values, nulls included, in the order they first appear.

    Args:
        data: The rows; what lies together already, as after `grouped`, is not copied.
        columns: What to split by; without any there is one part, whose values are `()`.

    Yields:
        The values, and the rows that have them, in their order.
    """
    if not columns:
        yield (), data
        return
    data, sizes = _grouped(data, columns)
    start = 0
    for size in sizes:
        rows = data.slice(start, size)
        yield tuple(rows.column(name)[0].as_py() for name in columns), rows
        start += size


def grouped(data: pa.Table, columns: Sequence[str]) -> pa.Table:
    """The rows with those of each part together; the table itself where they are already."""
    return _grouped(data, columns)[0] if columns else data


def _grouped(data: pa.Table, columns: Sequence[str]) -> tuple[pa.Table, list[int]]:
    import numpy as np
    import pyarrow as pa

    if not len(data):
        return data, []
    codes = _codes(data.column(columns[0]))
    for name in columns[1:]:
        more = _codes(data.column(name))
        both = codes.astype(np.int64) * (int(more.max()) + 1) + more
        codes = _codes(pa.chunked_array([both]))
    sizes = np.bincount(codes)
    if np.any(codes[1:] < codes[:-1]):
        small = codes.astype(np.uint16) if len(sizes) <= 1 << 16 else codes  # sorts by radix
        data = data.combine_chunks().take(np.argsort(small, kind="stable"))
    return data, sizes.tolist()


def _codes(column: pa.ChunkedArray) -> Any:
    """A number for each value, counted as they first appear."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    whole = pa.concat_arrays(column.chunks)
    return whole.dictionary_encode(null_encoding="encode").indices.to_numpy()

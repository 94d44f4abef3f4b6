"""What the footers of Parquet files tell without their data: schema, statistics, sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from highroad.errors import DataError
from highroad.products.checks.scan import require_distinct
from highroad.products.rule import MIXED
from highroad.products.types import fits_logical, value_type

DICTIONARY_BYTES = 4
"""A text column that takes fewer bytes a value is stored as a small dictionary."""


class Footers:
    """The footers of files that make up one table.

    Raises:
        DataError: A file is not there, or is no Parquet.
    """

    def __init__(self, paths: Sequence[str]):
        self._paths = paths
        self._footers = [_footer(path) for path in paths]
        self._places = [_places(footer) for footer in self._footers]
        self.rows = sum(footer.num_rows for footer in self._footers)

    @cached_property
    def schema(self) -> pa.Schema:
        """The table's columns; one that the files do not agree on is marked `MIXED`."""
        schemas = [footer.schema.to_arrow_schema() for footer in self._footers]
        for schema in schemas:
            require_distinct(schema.names)
        found: dict[str, pa.Field] = {}
        for field in (field for schema in schemas for field in schema):
            found.setdefault(field.name, field)
        return pa.schema([self._agreed(field, schemas) for field in found.values()])

    @property
    def agree(self) -> bool:
        """Have all files the same columns of the same types?"""
        return not any(field.metadata and MIXED in field.metadata for field in self.schema)

    def _agreed(self, field: pa.Field, schemas: Sequence[pa.Schema]) -> pa.Field:
        for path, schema in zip(self._paths, schemas, strict=True):
            if schema.get_field_index(field.name) < 0:
                return field.with_metadata({MIXED: f"{path} has no such column".encode()})
            kind = schema.field(field.name).type
            if _plain(kind) != _plain(field.type):
                why = f"{field.type} in {self._paths[0]}, {kind} in {path}"
                return field.with_metadata({MIXED: why.encode()})
        return field

    def nulls(self, column: str) -> int | None:
        """The column's nulls; None where a row group does not say."""
        found = self._statistics(column)
        if found is None or not all(each.has_null_count for each in found):
            return None
        return int(sum(each.null_count for each in found))

    def span(self, column: str) -> tuple[Any, Any] | None:
        """The least and the greatest value; None where a group with values does not say."""
        found = self._statistics(column)
        if found is None:
            return None
        filled = [each for each in found if not (each.has_null_count and each.num_values == 0)]
        if not filled or not all(each.has_min_max for each in filled):
            return None
        return min(each.min for each in filled), max(each.max for each in filled)

    def repeats(self, column: str) -> bool:
        """Is this a text column that dictionaries made small?"""
        if not fits_logical("string", self.schema.field(column).type):
            return False
        size = values = 0
        for chunk in self._chunks(column) or ():
            size += chunk.total_uncompressed_size
            values += chunk.num_values
        return bool(values) and size / values <= DICTIONARY_BYTES

    def _statistics(self, column: str) -> list[Any] | None:
        chunks = self._chunks(column)
        found = [each.statistics for each in chunks] if chunks is not None else [None]
        # `in` would compare, which crashes pyarrow 26.
        return None if any(each is None for each in found) else found

    def _chunks(self, column: str) -> list[Any] | None:
        """The column's piece in every row group; None for a nested one or one that is not in each file."""
        if not all(column in places for places in self._places):
            return None
        return [*self._each_chunk(column)]

    def _each_chunk(self, column: str) -> Iterator[Any]:
        for footer, places in zip(self._footers, self._places, strict=True):
            for group in range(footer.num_row_groups):
                yield footer.row_group(group).column(places[column])


def _places(footer: pq.FileMetaData) -> dict[str, int]:
    """Where each plain column stands among the leaves; a nested one's leaves have names of their own."""
    leaves = (footer.schema.column(index) for index in range(footer.num_columns))
    return {leaf.name: index for index, leaf in enumerate(leaves) if leaf.path == leaf.name}


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type of the values; text is text, however long it may be."""
    kind = value_type(kind)
    return pa.string() if kind in (pa.large_string(), pa.string_view()) else kind


def _footer(path: str) -> pq.FileMetaData:
    try:
        return pq.read_metadata(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file.") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}; the file may be "
            "truncated. Write it again."
        ) from error

"""Arrow types as the store keeps them: data takes them before it is checked, so nothing changes after."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from highroad.errors import DataError
from highroad.products.rule import MIXED
from highroad.products.types import is_list

if TYPE_CHECKING:
    import pyarrow as pa


def stored_type(kind: pa.DataType) -> pa.DataType | None:
    """The type that Delta Lake stores a column of this type as; None where it has none.

    Args:
        kind: Any Arrow type.
    """
    import pyarrow as pa
    import pyarrow.types as types

    if isinstance(kind, pa.BaseExtensionType):
        return stored_type(kind.storage_type)
    if types.is_dictionary(kind):
        return stored_type(kind.value_type)
    if types.is_large_string(kind) or str(kind) == "string_view":
        return pa.string()
    if (
        types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or str(kind) == "binary_view"
    ):
        return pa.binary()
    if types.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz is not None else None)
    if types.is_date(kind):
        return pa.date32()
    if types.is_decimal(kind):
        fits = 0 <= kind.scale <= kind.precision <= 38
        return pa.decimal128(kind.precision, kind.scale) if fits else None
    if types.is_struct(kind):
        fields = [_field(kind.field(index)) for index in range(kind.num_fields)]
        kept = [each for each in fields if each]
        is_clear = kept and len(kept) == len(fields) and not _twice(each.name for each in kept)
        return pa.struct(kept) if is_clear else None
    if types.is_map(kind):
        key, item = stored_type(kind.key_type), stored_type(kind.item_type)
        if key is None or item is None:
            return None
        # A table whose maps have times without a zone is made without the feature that reads them.
        return None if "timestamp[us]" in f"{key}, {item}" else pa.map_(key, item)
    if is_list(kind):
        item = stored_type(kind.value_type)
        return pa.list_(pa.field("element", item)) if item is not None else None
    wider = {
        pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(),
        pa.uint64(): pa.int64(), pa.float16(): pa.float32(),
    }  # fmt: skip
    same = (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.bool_(),
            pa.string(), pa.binary())  # fmt: skip
    return wider.get(kind, kind if kind in same else None)


def stored_schema(
    schema: pa.Schema, declared: Mapping[str, pa.DataType] | None = None
) -> pa.Schema:
    """A schema as the store keeps it: types of Delta Lake, every column nullable, no metadata.

    Args:
        schema: Any Arrow schema.
        declared: Types for columns that hold nothing but null and so have no type of their own.

    Raises:
        DataError: A column has a type that the store cannot keep, or two have the same name.
    """
    import pyarrow as pa

    if name := _twice(schema.names):
        raise DataError(
            f"the column '{name}' is there twice; Delta Lake does not tell upper from lower case. "
            "Rename one. Nothing was published."
        )
    if "\0" in "".join(schema.names):
        raise DataError(
            "a column's name contains the character NUL; rename it. Nothing was published."
        )
    fields = []
    for field in schema:
        kind = field.type
        if mixed := (field.metadata or {}).get(MIXED):
            raise DataError(
                f"column '{field.name}' has {mixed.decode()}; expected values of one type. Convert it in "
                "the node. Nothing was published."
            )
        if kind == pa.null():
            kind = (declared or {}).get(field.name, kind)
            kind = pa.string() if kind == pa.null() else kind
        stored = stored_type(kind)
        if stored is None:
            raise DataError(
                f"column '{field.name}' is {field.type}, which the store cannot keep; convert it to "
                "another type, and name that in the contract. Nothing was published."
            )
        fields.append(pa.field(field.name, stored))
    return pa.schema(fields)


def as_stored(data: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with the types of a stored schema, every value exact.

    Raises:
        DataError: A value would change, or nobody could read it: text that is not UTF-8, a time outside
            the years 1 to 9999.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = []
    for field in schema:
        column = data.column(field.name)
        try:
            columns.append(_exact(column, field.type))
            columns[-1].validate(full=True)
            if pa.types.is_temporal(field.type):
                pc.min_max(columns[-1]).as_py()  # Python's years are Delta's
        except (pa.ArrowException, ValueError, OverflowError) as error:
            raise DataError(
                f"column '{field.name}' is {column.type} and cannot be stored as {field.type}: "
                f"{str(error).splitlines()[0].rstrip('.')}. Convert it in the node. Nothing was published."
            ) from None
    return pa.table(columns, schema=schema)


def _exact(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    import pyarrow as pa

    if column.type == kind:
        return column
    if isinstance(column.type, pa.BaseExtensionType):
        chunks = [each.storage for each in column.chunks]
        column = pa.chunked_array(chunks, column.type.storage_type)
    return column.cast(kind)


def _twice(names: Iterable[str]) -> str:
    """The first name that is there again, in any case; empty where none is."""
    names = list(names)
    counts = Counter(each.lower() for each in names)
    return next((each for each in names if counts[each.lower()] > 1), "")


def _field(field: pa.Field) -> pa.Field | None:
    import pyarrow as pa

    kind = stored_type(field.type)
    return pa.field(field.name, kind) if kind is not None else None


@dataclass(frozen=True)
class SchemaChange:
    """What becomes of a table's columns; false where nothing does."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def between(cls, old: pa.Schema, new: pa.Schema) -> SchemaChange:
        """Hold the columns that a table has against those of new rows."""
        before, after = _delta_types(old), _delta_types(new)
        return cls(
            tuple(name for name in after if name not in before),
            tuple(name for name in before if name not in after),
            tuple(
                (name, before[name], after[name])
                for name in after
                if name in before and before[name] != after[name]
            ),
        )

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.retyped)

    @property
    def needs_rewrite(self) -> bool:
        """Is it more than new columns?"""
        return bool(self.removed or self.retyped)

    def __str__(self) -> str:
        said = [f"column '{name}' was {old} and is {new}" for name, old, new in self.retyped]
        said += [f"column '{name}' is gone" for name in self.removed]
        said += [f"column '{name}' is new" for name in self.added]
        return ", ".join(said)


def _delta_types(schema: pa.Schema) -> dict[str, str]:
    from deltalake import Schema

    fields = json.loads(Schema.from_arrow(stored_schema(schema)).to_json())["fields"]
    return {
        each["name"]: each["type"]
        if isinstance(each["type"], str)
        else json.dumps(each["type"], sort_keys=True)
        for each in fields
    }

"""A partition's identity: the values of its partition columns, typed, with null and '' kept apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from highroad.errors import DataError
from highroad.products.digest import split_by

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

NULL, EMPTY = "%null", "%empty"
"""What null and the empty string are called; a name that begins with % gets another one."""


@dataclass(frozen=True)
class Partition:
    """The values of the partition columns, outermost first; of an unpartitioned table, none.

    Each value is the text that Delta writes for it, which is unique for a column's type, or None
    for null.
    """

    texts: tuple[str | None, ...] = ()

    @classmethod
    def of(cls, values: Sequence[Any]) -> Partition:
        """The partition of some Python values, as Arrow gives them."""
        return cls(tuple(_text(each) for each in values))

    @classmethod
    def from_json(cls, text: str) -> Partition:
        """The partition that `to_json` wrote.

        Raises:
            ValueError: It is not of its form.
        """
        found = json.loads(text)
        if not isinstance(found, list) or not all(
            each is None or isinstance(each, str) for each in found
        ):
            raise ValueError(f"not a partition: {text}")
        return cls(tuple(found))

    @classmethod
    def from_name(cls, name: Any, columns: int) -> Partition:
        """The partition with a name, or with the value itself where there is one column.

        Raises:
            ValueError: The name has another number of parts.
        """
        if not isinstance(name, str):
            values = name if isinstance(name, tuple) and columns > 1 else (name,)
            return cls.of(values)
        parts = [name] if columns == 1 else name.split("/")
        if len(parts) != columns:
            raise ValueError(f"partition '{name}': expected {columns} values, separated by '/'")
        return cls(tuple(_unnamed(each, columns == 1) for each in parts))

    def to_json(self) -> str:
        """The partition as text, without loss; null is `null`."""
        return json.dumps(self.texts, ensure_ascii=False)

    @property
    def name(self) -> str:
        """What people and `@partitions` call it, unambiguous; empty for an unpartitioned table."""
        return "/".join(_named(each, len(self.texts) == 1) for each in self.texts)

    @property
    def folder(self) -> str:
        """A name for the folder of its files, for people alone: nothing is read from it."""
        plain = "_".join(re.sub(r"[^0-9A-Za-z._-]", "_", each or "null") for each in self.texts)
        return f"part-{plain[:60]}".rstrip(".") if self.texts else ""

    def values(self, kinds: Sequence[pa.DataType]) -> list[pa.Scalar]:
        """The values as Arrow scalars of the columns' types.

        Raises:
            DataError: A text is no value of its column's type.
        """
        return [_scalar(text, kind) for text, kind in zip(self.texts, kinds, strict=True)]

    def condition(self, by: Sequence[str], kinds: Sequence[pa.DataType]) -> pc.Expression:
        """True for the rows of this partition, null-safe."""
        import pyarrow.compute as pc

        whole = pc.scalar(True)
        for column, value in zip(by, self.values(kinds), strict=True):
            field = pc.field(column)
            whole = whole & (field == value if value.is_valid else field.is_null())
        return whole

    def stored(self, by: Sequence[str]) -> dict[str, str | None]:
        """The values as a Delta log has them."""
        return dict(zip(by, self.texts, strict=True))

    def order(self, kinds: Sequence[pa.DataType]) -> list[Any]:
        """A key that sorts partitions by their values; null comes last."""
        return [
            (not each.is_valid, each.as_py() if each.is_valid else 0) for each in self.values(kinds)
        ]


def split(data: pa.Table, by: Sequence[str]) -> Iterator[tuple[Partition, pa.Table]]:
    """The rows of each partition, in the order they came; partitions in the order of their first row."""
    for values, rows in split_by(data, by):
        yield Partition.of(values), rows


def require_partitionable(schema: pa.Schema, by: Sequence[str]) -> None:
    """Refuse partition columns whose values have no unambiguous text.

    Raises:
        DataError: Names the column, its type and what may be.
    """
    import pyarrow.types as types

    tests = (types.is_string, types.is_integer, types.is_boolean, types.is_date,
             types.is_timestamp, types.is_decimal)  # fmt: skip
    for name in by:
        if name not in schema.names:
            raise DataError(f"the partition column '{name}' is missing; nothing was published.")
        kind = schema.field(name).type
        if not any(test(kind) for test in tests):
            raise DataError(
                f"the partition column '{name}' is {kind}; expected string, integer, boolean, date, "
                "timestamp or decimal. Nothing was published."
            )


def partition_values(log: Mapping[str, Any], by: Sequence[str]) -> Partition:
    """The partition of a file by its entry in the log (`get_add_actions(flatten=True)`)."""
    return Partition.of([log[f"partition.{column}"] for column in by])


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        return str(value.isoformat(sep=" ", timespec="microseconds"))
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _scalar(text: str | None, kind: pa.DataType) -> pa.Scalar:
    import pyarrow as pa
    import pyarrow.types as types

    if text is None:
        return pa.scalar(None, kind)
    try:
        value: Any = text
        if types.is_boolean(kind):
            value = {"true": True, "false": False}[text.lower()]
        elif types.is_integer(kind):
            value = int(text)
        elif types.is_decimal(kind):
            value = Decimal(text)
        elif types.is_date(kind):
            value = date.fromisoformat(text)
        elif types.is_timestamp(kind):
            value = datetime.fromisoformat(text)
            if kind.tz is not None and value.tzinfo is None:
                value = value.replace(tzinfo=UTC)
        return pa.scalar(value, kind)
    except (ValueError, KeyError, ArithmeticError, OverflowError, pa.ArrowException):
        raise DataError(f"partition '{text}': expected a value of type {kind}.") from None


def _named(text: str | None, alone: bool) -> str:
    if not text:
        return NULL if text is None else EMPTY
    if alone:
        return f"%{text}" if text.startswith("%") else text
    return text.replace("%", "%25").replace("/", "%2F")


def _unnamed(name: str, alone: bool) -> str | None:
    if name == NULL:
        return None
    if name == EMPTY:
        return ""
    if alone:
        return name[1:] if name.startswith("%") else name
    return name.replace("%2F", "/").replace("%25", "%")

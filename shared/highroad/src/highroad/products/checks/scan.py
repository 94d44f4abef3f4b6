"""What every engine gives a check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from highroad.errors import DataError
from highroad.products.rule import MIXED

if TYPE_CHECKING:
    import pyarrow as pa

    from highroad.products.rule import Rule


class Scan(Protocol):
    """One table, opened by one engine."""

    engine: str
    schema: pa.Schema

    def measure(self, rules: Sequence[Rule]) -> tuple[int, Mapping[str, Any]]:
        """Count rows and measure every rule, in one pass where that can be.

        Args:
            rules: Rules whose columns are there and of a type the rule can be asked of.

        Returns:
            The number of rows; and by rule id the failing rows, surplus rows, latest or
            earliest time, longest gap in seconds or SQL result, or the exception it ended in.
        """
        ...

    def failing(
        self, rules: Sequence[Rule], most: int | None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """The rows that break any of the row and key rules.

        Args:
            rules: The rules.
            most: At most so many rows; None means all.
            columns: The columns to give; None means all.
        """
        ...


def require_distinct(names: Sequence[Any]) -> None:
    """Refuse columns that SQL and Delta cannot tell apart.

    Raises:
        DataError: Two names are one, upper and lower case aside.
    """
    seen: dict[bytes, str] = {}
    for name in map(str, names):
        key = name.encode("utf-8", "replace").lower()  # SQL's case is that of ASCII
        if key in seen:
            which = f"'{name}'" if seen[key] == name else f"'{seen[key]}' and '{name}'"
            raise DataError(
                f"two columns are called {which}; expected names that differ in more than upper and "
                "lower case. Rename one."
            )
        seen[key] = name


def arrow_of(frame: Any) -> pa.Table:
    """A pandas frame as Arrow, its index left out; NaN of a float column is null, as pandas means it.

    A column whose values have no one type becomes text and is marked `MIXED`.

    Raises:
        DataError: Two columns have one name.
    """
    import pyarrow as pa

    require_distinct(frame.columns)
    unconvertible = (pa.ArrowException, ValueError, TypeError, OverflowError)
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        if not any(_hides_times(frame, table, each) for each in range(table.num_columns)):
            return table
    except unconvertible:
        pass
    fields, columns = [], []
    for position, name in enumerate(frame.columns):
        values = frame.iloc[:, position]
        try:
            alone = pa.Table.from_pandas(values.to_frame(), preserve_index=False)
            if _hides_times(values.to_frame(), alone, 0):
                raise ValueError
            fields.append(alone.schema.field(0).with_name(str(name)))
            columns.append(alone.column(0))
        except unconvertible:
            present = values[values.notna()]
            kinds = sorted({type(each).__name__ for each in present})
            why = f"values of {' and '.join(kinds)}" + (
                "" if kinds[1:] else " that Arrow cannot hold"
            )
            text = values.map(ascii).where(values.notna(), None)
            columns.append(pa.chunked_array([pa.array(text, pa.string(), from_pandas=True)]))
            fields.append(pa.field(str(name), pa.string(), metadata={MIXED: why.encode()}))
    return pa.table(columns, schema=pa.schema(fields))


def _hides_times(frame: Any, table: pa.Table, position: int) -> bool:
    """Would dates be made of times? Arrow does so where the first of some objects is a date."""
    import pyarrow.types as types

    values = frame.iloc[:, position]
    if values.dtype != object or not types.is_date(table.schema.field(position).type):
        return False
    return any(isinstance(each, datetime) for each in values)

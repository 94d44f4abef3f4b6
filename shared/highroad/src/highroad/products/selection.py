"""Which rows and columns a reader asks for, and which of them they may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

from highroad.errors import AccessError, DataError
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    from highroad.access.decisions import View

Condition = tuple[str, str, Any]


@dataclass(frozen=True)
class Selection:
    """What is read of a table: pushed down into its scan, so that nothing else is.

    Attributes:
        columns: In this order; None for all.
        masked: Those of them that are null.
        rows: Rows for which all conditions of any of these hold; empty for all rows.
    """

    columns: tuple[str, ...] | None = None
    masked: frozenset[str] = frozenset()
    rows: tuple[tuple[Condition, ...], ...] = ()

    def arrow(self, dataset: Any) -> Any:
        """An Arrow dataset as an Arrow table."""
        import pyarrow as pa
        import pyarrow.compute as pc

        columns: Any = None if self.columns is None else list(self.columns)
        if self.masked:
            columns = {
                name: pc.scalar(pa.scalar(None, dataset.schema.field(name).type))
                if name in self.masked
                else pc.field(name)
                for name in self.columns or dataset.schema.names
            }
        return dataset.to_table(columns=columns, filter=self._where())

    def duckdb(self, dataset: Any) -> Any:
        """An Arrow dataset as a DuckDB relation, which runs anew at every use."""
        import duckdb

        from highroad.products.rules.sql import quoted

        where = self._where()
        relation = duckdb.from_arrow(dataset if where is None else dataset.filter(where))
        if self.columns is None and not self.masked:
            return relation
        types = dict(zip(relation.columns, relation.types, strict=True))
        return relation.project(
            ", ".join(
                f"CAST(NULL AS {types[name]}) AS {quoted(name)}"
                if name in self.masked
                else quoted(name)
                for name in self.columns or relation.columns
            )
        )

    def polars(self, frame: Any) -> Any:
        """A lazy Polars frame with this selected."""
        import polars as pl

        if self.rows:
            alternatives = (
                reduce(and_, (_holds(pl.col(name), *rest) for name, *rest in conditions))
                for conditions in self.rows
            )
            frame = frame.filter(reduce(or_, alternatives))
        if self.masked:
            types = frame.collect_schema()
            frame = frame.with_columns(
                pl.lit(None, types[name]).alias(name) for name in sorted(self.masked)
            )
        return frame if self.columns is None else frame.select(self.columns)

    def _where(self) -> Any:
        import pyarrow.parquet as pq

        return pq.filters_to_expression([list(each) for each in self.rows]) if self.rows else None


def select(
    product: str,
    view: View | None,
    columns: Sequence[str] | None,
    rows: Sequence[Condition],
    stored: Sequence[str],
) -> Selection:
    """What a reader gets of what they ask for.

    Args:
        product: The product.
        view: What they may see of it; None where nothing is kept from anybody.
        columns: What they ask for; None for all that they may see.
        rows: Conditions that shall hold together.
        stored: The columns of the version.

    Raises:
        DataError: They ask for a column that is not there, or hidden: the message is the same.
        AccessError: They choose rows by a column whose values they may not see.
    """
    own = tuple(rows)
    if view is None:
        return Selection(tuple(columns) if columns else None, rows=(own,) if own else ())
    known = [each for each in stored if each in view.columns]
    for name in (*(columns or ()), *(name for name, _, _ in own)):
        if name not in known:
            raise DataError(
                f"{product} has no column '{name}'.{meant(name, known)} Columns: {', '.join(known)}."
            )
    for name, _, _ in own:
        if name in view.masked:
            raise AccessError(
                f"{product}: '{name}' is masked for you, so rows cannot be chosen by it."
            )
    wanted = tuple(columns or known)
    granted = ((),) if view.rows is None else view.rows
    alternatives = tuple((*own, *each) for each in granted)
    return Selection(
        wanted,
        view.columns.difference(view.shown).intersection(wanted),
        alternatives if any(alternatives) else (),
    )


def _holds(column: Any, operator: str, value: Any) -> Any:
    if operator in ("in", "not in"):
        is_in = column.is_in(list(value))
        return is_in if operator == "in" else ~is_in
    return {
        "=": column.__eq__,
        "==": column.__eq__,
        "!=": column.__ne__,
        "<": column.__lt__,
        "<=": column.__le__,
        ">": column.__gt__,
        ">=": column.__ge__,
    }[operator](value)

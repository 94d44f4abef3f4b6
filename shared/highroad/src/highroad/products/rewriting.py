"""Bring a product's table to its contract, in one version: types, and columns that come or go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from highroad.errors import DataError
from highroad.products.admission import PublishGate
from highroad.products.checks import check
from highroad.products.rule import PASS
from highroad.products.snapshot import Snapshot
from highroad.products.stored_types import SchemaChange, stored_type
from highroad.products.types import fits_logical, fits_physical

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Rewrite:
    """What a rewrite does, or would do, to one product.

    Attributes:
        product: The product.
        change: What becomes of its columns.
        rows: Rows that are written anew.
        bytes: Bytes of the files they are in now.
        consumers: Projects that read it.
        version: The version it made; None for a dry run, and where nothing was to be done.
    """

    product: str
    change: SchemaChange
    rows: int
    bytes: int
    consumers: Sequence[str]
    version: int | None = None

    def __str__(self) -> str:
        if not self.change:
            return f"{self.product}: its columns are those of the contract; nothing to rewrite"
        verb = "would rewrite" if self.version is None else f"version {self.version} rewrote"
        readers = ", ".join(self.consumers) or "nobody"
        return (
            f"{self.product}: {verb} {self.rows:,} rows, {self.bytes:,} bytes: {self.change}. "
            f"Read by {readers}"
        )


def rewrite(gate: PublishGate, consumers: Sequence[str], *, dry_run: bool = True) -> Rewrite:
    """Write all rows again with the columns of the contract, checked as a whole before they are committed.

    One partition is in memory at a time. A version appears whole or not at all.

    Args:
        gate: Of the product.
        consumers: Projects that read it, for the report.
        dry_run: Only say what would be done.

    Raises:
        BusyError: Another writer published meanwhile.
        DataError: There is no version, its files are damaged, or a value does not fit its new type.
        DataValidationError: The rows break the contract.
    """
    assert gate.table is not None
    table, contract = gate.table, gate.contract
    snapshot = table.snapshot()
    schema = target_schema(gate, snapshot)
    change = SchemaChange.between(snapshot.schema, schema)
    files = snapshot.paths()
    plan = Rewrite(
        contract.product, change, snapshot.rows(), sum(each.size for each in files), consumers
    )
    if dry_run or not change:
        return plan
    table.require_whole(snapshot.version)
    with table.staging(snapshot.by, schema) as staging:
        for partition in snapshot.partitions:
            rows = snapshot.dataset([partition]).to_table()
            staging.write(_converted(rows, schema, partition.name))
        staged = staging.finish()
        written = staging.dataset()
        report = check(written, contract, now=gate.now)
        gate.refuse_faults(written, report, publishing=True)
        facts = gate.facts(report, PASS)
        version = table.commit(
            schema, snapshot.by, staged, facts, snapshot.version, replace_all=True
        )
    return Rewrite(plan.product, change, plan.rows, plan.bytes, consumers, version)


def target_schema(gate: PublishGate, snapshot: Snapshot) -> pa.Schema:
    """The columns of a table under its contract; a type that fits already stays.

    Raises:
        DataError: The contract does not say the type of a column that changes.
    """
    import pyarrow as pa

    declared = gate.declared_types
    fields = []
    for column in gate.contract.columns:
        name = str(column.name)
        if name in snapshot.schema.names:
            now = snapshot.schema.field(name).type
            fits = (
                column.physicalType is None or fits_physical(column.physicalType, now) is not False
            )
            if fits and (column.logicalType is None or fits_logical(column.logicalType, now)):
                fields.append(pa.field(name, now))
                continue
        kind = stored_type(_exact_type(column.physicalType) or declared[name])
        if kind is None or kind == pa.null():
            raise DataError(
                f"{gate.product}: the contract does not say which type '{name}' is stored as; "
                "give it a physicalType."
            )
        fields.append(pa.field(name, kind))
    return pa.schema(fields)


def _exact_type(physical: str | None) -> pa.DataType | None:
    """A decimal with the sizes that a contract says."""
    import pyarrow as pa

    sized = re.match(
        r"^\s*(decimal|numeric|number|decimal128)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)\s*$",
        physical or "",
        re.I,
    )
    return pa.decimal128(int(sized[2]), int(sized[3] or 0)) if sized else None


def _converted(rows: pa.Table, schema: pa.Schema, partition: str) -> pa.Table:
    import pyarrow as pa

    columns = []
    for field in schema:
        if field.name not in rows.column_names:
            columns.append(pa.nulls(len(rows), field.type))
            continue
        column = rows.column(field.name)
        try:
            columns.append(column.cast(field.type))
        except (pa.ArrowException, ValueError) as error:
            where = f" in partition {partition}" if partition else ""
            raise DataError(
                f"column '{field.name}'{where} cannot become {field.type} without loss: "
                f"{str(error).splitlines()[0]}. Nothing was rewritten; publish the rows anew."
            ) from None
    return pa.table(columns, schema=schema)

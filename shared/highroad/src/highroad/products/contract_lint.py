"""Faults within a contract's table that show without data: each rule is tried on an empty one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from highroad.products.contract import Contract, column_name
from highroad.products.rule import ERROR, QUERY, TIME, Rule
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    import pyarrow as pa


def table_faults(contract: Contract, rules: Sequence[Rule]) -> Iterator[str]:
    """Names that stand twice, rules that cannot be asked, and limits that nothing keeps."""
    position = contract.tables.index(contract.table)
    for table in contract.tables:
        if table is not contract.table:
            where = contract.where("schema", contract.tables.index(table))
            yield (
                f"{where}: the table '{table.name}' is not of '{contract.product}' and is never checked; "
                "give it a product and a contract of its own."
            )
    if not contract.columns:
        where = contract.where("schema", position)
        yield f"{where}: the table has no columns; expected `properties` with at least one."
    yield from _twice(contract, position)
    yield from _kinds(contract, rules)
    yield from _limits(contract, rules)
    yield from _tried(contract, rules)


def _twice(contract: Contract, position: int) -> Iterator[str]:
    at: tuple[str | int, ...] = ("schema", position)
    names = [column_name(each) for each in contract.columns]
    for name, count in Counter(names).items():
        if count > 1:
            last = len(names) - 1 - names[::-1].index(name)
            where = contract.where(*at, "properties", last)
            yield f"{where}: the column '{name}' stands {count} times; one must go."
    places = [(at, "the table", contract.table.quality)]
    for index, column in enumerate(contract.columns):
        places.append(((*at, "properties", index), f"'{names[index]}'", column.quality))
    for where_at, what, entries in places:
        labels = [each.name or each.id for each in entries or []]
        for label, count in Counter(filter(None, labels)).items():
            if count > 1:
                last = len(labels) - 1 - labels[::-1].index(label)
                where = contract.where(*where_at, "quality", last)
                yield f"{where}: {what} has {count} rules called '{label}'; expected one."


def _kinds(contract: Contract, rules: Sequence[Rule]) -> Iterator[str]:
    """What each kind finds of its rules."""
    columns = {column_name(each): each for each in contract.columns}
    for rule in rules:
        try:
            column = columns.get(rule.columns[0]) if rule.columns else None
            for keys, what in rule.kind.lint(rule, column, rules):
                yield f"{contract.where(*rule.at, *keys)}: {what}"
        except Exception as error:  # of a kind that somebody added
            why = f"its kind '{rule.kind.name}' failed to lint it: {type(error).__name__}: {error}"
            yield f"{contract.where(*rule.at)}: '{rule.id}': {why}"


def _limits(contract: Contract, rules: Sequence[Rule]) -> Iterator[str]:
    for rule in rules:
        if rule.limit.operator in ("mustBeBetween", "mustNotBeBetween"):
            low, high = rule.limit.value
            if low > high:
                yield (
                    f"{contract.where(*rule.at, rule.limit.operator)}: '{rule.id}' is {rule.limit}; "
                    f"expected the lesser first, {high} and {low}."
                )


def _tried(contract: Contract, rules: Sequence[Rule]) -> Iterator[str]:
    """Rules that end in an error on an empty table of the contract's columns."""
    from highroad.products.checks.empty_scan import EmptyScan
    from highroad.products.checks.engine import results_of

    schema = _schema(contract)
    for rule in rules:
        for column in rule.columns:
            if column not in schema.names:
                hint = meant(column, schema.names)
                yield f"{contract.where(*rule.at)}: '{rule.id}' is about '{column}', which is no column.{hint}"
    is_known = not any(_is_unknown(each) for each in schema.types)
    scan, now = EmptyScan(schema), datetime.now(UTC)
    for result in results_of(scan, rules, contract.table, now, sample_rows=0)[1]:
        rule = result.rule
        known = all(name in schema.names and not _is_unknown(schema.field(name).type)
                    for name in rule.columns)  # fmt: skip
        # A column of another system's type, such as VARIANT, can only be tried with data.
        can_be_tried = known and (is_known or rule.about != QUERY)
        if result.verdict == ERROR and can_be_tried and rule.about != TIME:
            problem = result.reason.removeprefix(f"{rule.id}: ").rstrip(".")
            what = rule.kind.failure(rule, problem)
            yield f"{contract.where(*rule.at)}: '{rule.id}': {what}."


def _schema(contract: Contract) -> pa.Schema:
    """The contract's columns as Arrow's; null where its type is of another system."""
    import pyarrow as pa

    from highroad.products.types import arrow_type

    fields = {
        column_name(each): pa.field(
            column_name(each), arrow_type(each.physicalType, each.logicalType)
        )
        for each in contract.columns
    }
    return pa.schema([*fields.values()])


def _is_unknown(kind: pa.DataType) -> bool:
    return str(kind) == "null"

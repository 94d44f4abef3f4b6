"""Relationships of a contract: do they lead to a column that is there, and never back to themselves?

The standard writes a target as `table.column`; of another product it is
`<project>.<product>.yaml#table.column`. Whether the values match is not checked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from highroad.products.contract import SUFFIXES, Contract
from highroad_workspace.metadata import meant


class End(NamedTuple):
    """One end of a relationship."""

    product: str
    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.product}#{self.table}.{self.column}"


class Link(NamedTuple):
    """A relationship between two columns, and where it is written."""

    start: End
    end: End
    at: tuple[str | int, ...]


def relationship_faults(contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Relationships that lead nowhere, that join unlike numbers of columns, or lead back.

    Args:
        contracts: All contracts that could be read, by product.
    """
    onward: dict[End, list[tuple[Contract, Link]]] = {}
    for contract in contracts.values():
        for link in _links(contract):
            if isinstance(link, str):
                yield link
                continue
            where = contract.where(*link.at)
            problem = next(filter(None, (_missing(each, contracts) for each in link[:2])), None)
            if problem:
                yield f"{where}: the relationship {problem}"
            else:
                onward.setdefault(link.start, []).append((contract, link))
    told: set[End] = set()
    for start in onward:
        circle = _circle(start, onward)
        if circle and not told & {*circle}:
            told |= {*circle}
            contract, link = onward[start][0]
            names = " → ".join(map(str, circle))
            yield f"{contract.where(*link.at)}: the relationship leads back to where it starts: {names}."


def _links(contract: Contract) -> Iterator[Link | str]:
    for position, table in enumerate(contract.tables):
        at: tuple[str | int, ...] = ("schema", position)
        name = str(table.name)
        for index, each in enumerate(table.relationships or []):
            here = (*at, "relationships", index)
            yield from _pairs(contract, each.from_, each.to, here)
        for number, column in enumerate(table.properties or []):
            for index, each in enumerate(column.relationships or []):
                here = (*at, "properties", number, "relationships", index)
                start = each.from_ or f"{name}.{column.name}"
                yield from _pairs(contract, start, each.to, here)


def _pairs(
    contract: Contract, start: Any, end: Any, at: tuple[str | int, ...]
) -> Iterator[Link | str]:
    starts, ends = ([each] if isinstance(each, str) else list(each or []) for each in (start, end))
    if not starts or len(starts) != len(ends):
        yield (
            f"{contract.where(*at)}: the relationship goes from {len(starts)} to {len(ends)} columns; "
            "expected `from` and `to` of the same number, at least one."
        )
        return
    for one, other in zip(starts, ends, strict=True):
        yield Link(_end(contract.product, one), _end(contract.product, other), at)


def _end(product: str, text: str) -> End:
    """`table.column`, `product.yaml#table.column`, or the long form `…/schema/x/properties/y`."""
    file, _, inside = text.rpartition("#")
    if file:
        product = file.rpartition("/")[2]
        for suffix in SUFFIXES:
            product = product.removesuffix(suffix)
    parts = [each for each in inside.split("/") if each not in ("", "schema", "properties")]
    if len(parts) == 1:
        table, _, column = parts[0].partition(".")
        return End(product, table, column)
    return End(product, *(parts[:2] if len(parts) == 2 else (inside, "")))


def _missing(end: End, contracts: Mapping[str, Contract]) -> str | None:
    """What is not there of an end, in words; None where all of it is."""
    if end.product not in contracts:
        return f"names '{end.product}', which has no contract.{meant(end.product, [*contracts])}"
    tables = {
        str(name): table
        for table in contracts[end.product].tables
        for name in (table.id, table.physicalName, table.name)
        if name
    }
    if end.table not in tables:
        return f"names the table '{end.table}', which is not in {end.product}.{meant(end.table, [*tables])}"
    columns = _names(tables[end.table].properties or [])
    if end.column.partition(".")[0] not in columns:
        return (
            f"names '{end.table}.{end.column}', and {end.product} has no such column."
            f"{meant(end.column, columns)}"
        )
    return None


def _names(columns: Sequence[Any]) -> list[str]:
    return [
        str(name) for each in columns for name in (each.id, each.physicalName, each.name) if name
    ]


def _circle(start: End, onward: Mapping[End, list[tuple[Contract, Link]]]) -> list[End]:
    """The way from an end back to itself; empty where there is none."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop()
        for _, link in onward.get(way[-1], ()):
            if link.end == start:
                return [*way, start]
            if link.end not in seen:
                seen.add(link.end)
                ways.append([*way, link.end])
    return []

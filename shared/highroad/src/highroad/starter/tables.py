"""What a template has to know of the tables that a new project reads, from their contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

NUMBERS, TIMES, TEXTS = ("integer", "number"), ("timestamp",), ("string",)
MOST_FEATURES = 6


class Column(NamedTuple):
    """A column of a contract: its name, its logical type, and whether it is part of the key."""

    name: str
    kind: str
    is_key: bool


class Table(NamedTuple):
    """A data product that is read, or the sample that is made where none is.

    Attributes:
        product: The product; empty for the sample.
        purpose: What its contract says it is for.
        owner: Who answers for it.
        version: The contract's.
        latency: Its promise of freshness, such as `2 d`; empty where there is none.
        columns: Its columns.
    """

    product: str
    purpose: str
    owner: str
    version: str
    latency: str
    columns: tuple[Column, ...]

    @property
    def argument(self) -> str:
        """What functions call it."""
        return self.product.partition(".")[2] or "sample"

    @property
    def numbers(self) -> list[str]:
        """Columns of numbers that are no part of its key."""
        return [each.name for each in self.columns if each.kind in NUMBERS and not each.is_key]

    @property
    def target(self) -> str:
        """What a model of it predicts at first."""
        return self.numbers[-1]

    @property
    def features(self) -> list[str]:
        """What a model of it predicts that from."""
        return self.numbers[:-1][:MOST_FEATURES]

    @property
    def group(self) -> Column:
        """What its rows are counted by at first: a time, else a text, else its first column."""
        for kinds in (TIMES, TEXTS):
            for each in self.columns:
                if each.kind in kinds:
                    return each
        return self.columns[0]

    @property
    def is_timed(self) -> bool:
        """Whether its rows are counted by day."""
        return self.group.kind in TIMES

    @property
    def accepted(self) -> str:
        """The versions of the contract that a consumer takes: those that break nothing."""
        major = int(self.version.partition(".")[0] or 0)
        return f">={major},<{major + 1}"


SAMPLE = Table(
    "",
    "A small sample, made by the first node until there is a source",
    "",
    "",
    "",
    (
        Column("at", "timestamp", True),
        Column("shop", "string", True),
        Column("visitors", "integer", False),
        Column("revenue", "number", False),
    ),
)


def tables_of(products: Sequence[str], contracts: Mapping[str, Mapping[str, Any]]) -> list[Table]:
    """The tables of products, in their order.

    Args:
        products: Such as `flights.departures`.
        contracts: Each product's document.
    """
    return [_table(each, contracts[each]) for each in products]


def _table(product: str, contract: Mapping[str, Any]) -> Table:
    promised: Mapping[str, Any] = next(
        (each for each in contract.get("slaProperties") or () if each.get("property") == "latency"),
        {},
    )
    (schema, *_) = contract["schema"]
    return Table(
        product,
        str((contract.get("description") or {}).get("purpose", "")).rstrip("."),
        str((contract.get("team") or {}).get("name", "")),
        str(contract["version"]),
        f"{promised.get('value', '')} {promised.get('unit', '')}".strip(),
        tuple(
            Column(each["name"], each.get("logicalType", ""), bool(each.get("primaryKey")))
            for each in schema.get("properties") or ()
        ),
    )

"""Where a contract says that a column comes from: columns of other products, and how.

The standard's `transformSourceObjects` names them, here as `<project>.<product>.<column>`;
`transformLogic` or `transformDescription` says how.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from highroad.products.contract import Contract
from highroad_workspace.metadata import meant


def declared_sources(contract: Contract) -> dict[str, dict[str, Any]]:
    """Of each column that says where it comes from: `from` (columns) and `how` (a text, or None)."""
    return {
        str(each.name): {
            "from": list(each.transformSourceObjects),
            "how": each.transformDescription or each.transformLogic,
        }
        for each in contract.columns
        if each.transformSourceObjects
    }


def source_faults(contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Sources that are no column of a product.

    Args:
        contracts: All contracts that could be read, by product.
    """
    columns = {
        f"{product}.{column.name}"
        for product, contract in contracts.items()
        for table in contract.tables
        for column in table.properties or []
    }
    for contract in contracts.values():
        for position, table in enumerate(contract.tables):
            for number, column in enumerate(table.properties or []):
                for index, source in enumerate(column.transformSourceObjects or []):
                    if source in columns:
                        continue
                    at = ("schema", position, "properties", number, "transformSourceObjects", index)
                    yield (
                        f"{contract.where(*at)}: '{column.name}' is said to come from '{source}', which "
                        f"is no column of a product; expected <project>.<product>.<column>."
                        f"{meant(source, sorted(columns))}"
                    )

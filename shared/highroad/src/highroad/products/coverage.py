"""Which products that enter or leave a project are under contract, and how far it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from highroad.products.contract import read_contract
from highroad.products.rules import rules_of
from highroad.products.visible import VisibleProducts
from highroad_workspace.projects import Project


@dataclass(frozen=True)
class Coverage:
    """One product at a project's border.

    Attributes:
        project: The project.
        direction: `out` where it publishes the product, `in` where it consumes it.
        product: The product.
        contract: The contract's version; empty where there is none.
        columns: Columns the contract declares.
        columns_with_rules: Columns with a rule beyond being there.
        rules: Rules that are checked at each save and load.
        waived: Rules that nothing can check, with a waiver that holds.
    """

    project: str
    direction: str
    product: str
    contract: str
    columns: int
    columns_with_rules: int
    rules: int
    waived: int

    def facts(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return asdict(self)


def coverage(projects: Sequence[Project], products: VisibleProducts) -> list[Coverage]:
    """Every product that may be seen at every project's border, producers first."""
    rows = []
    for project in projects:
        for direction, named in (("out", project.publishes), ("in", project.consumes)):
            for product in filter(products.shows, named):
                if product not in products:
                    rows.append(Coverage(project.name, direction, product, "", 0, 0, 0, 0))
                    continue
                contract = read_contract(products[product])
                rules = rules_of(contract)
                checked = [rule for rule in rules if rule.is_checked]
                own = [rule.columns for rule in checked if not rule.kind.is_told_by_columns]
                ruled = len(set(chain.from_iterable(own)))
                counts = len(contract.columns), ruled, len(checked), len(rules) - len(checked)
                rows.append(Coverage(project.name, direction, product, contract.version, *counts))
    return rows

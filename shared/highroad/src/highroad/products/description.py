"""One product in full: its contract in words, who owns and reads it, and its latest version."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from highroad.config.platform import Platform
from highroad.products.rules import rules_of
from highroad.products.status import statuses, table_of
from highroad.products.visible import VisibleProducts
from highroad_workspace.projects import Project


def describe(
    product: str,
    products: VisibleProducts,
    root: Path,
    platform: Platform,
    projects: Sequence[Project],
    env: str = "base",
) -> dict[str, Any]:
    """What is known of a product, as plain values.

    Args:
        product: Its name.
        products: The products that whoever asks may see.
        root: The repository.
        platform: Its settings.
        projects: Its projects.
        env: The environment whose store is looked at.

    Returns:
        The facts of its status, and `purpose`, `columns` (by name: `type`, `description`, `rules`, and `masked` of one whose values are hidden), `keys` (rules of
        several columns) and `rules` of the table as a whole.

    Raises:
        ContractError: It has no contract that may be seen, or none that can be read.
    """
    contract, view = products.contract(product), products.view(product)
    (status,) = statuses(root, platform, projects, products, env, only=product)
    rules = [rule for rule in rules_of(contract) if view.columns.issuperset(rule.columns)]
    keys = dict.fromkeys(rule.says for rule in rules if len(rule.columns) > 1)
    columns = {
        str(column.name): {
            "type": column.physicalType or column.logicalType,
            "description": column.description or "",
            "rules": [rule.says for rule in rules if column.name in rule.columns],
            **({"masked": True} if column.name in view.masked else {}),
        }
        for column in contract.columns
        if column.name in view.columns
    }
    purpose = contract.model.description.purpose if contract.model.description else ""
    whole = [rule.says for rule in rules if not rule.columns]
    return {
        **status.facts(),
        "purpose": purpose or "",
        "columns": columns,
        "keys": [*keys],
        "rules": whole,
    }


def history(
    product: str, root: Path, platform: Platform, env: str = "base", most: int | None = None
) -> list[dict[str, Any]]:
    """The versions of a product, newest first, as plain values.

    Args:
        product: Its name.
        root: The repository.
        platform: Its settings.
        env: The environment whose store is looked at.
        most: At most so many; None means all.
    """
    return [
        {
            "version": version.number,
            "committed_at": version.committed_at.isoformat(timespec="seconds"),
            "run": version.facts.run,
            "commit": version.facts.commit,
            "contract": version.facts.contract_version,
            "verdict": version.facts.verdict,
        }
        for version in table_of(product, platform, root, env).history()[:most]
    ]

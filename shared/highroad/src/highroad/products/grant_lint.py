"""Every fault of teams and grants that shows beside the contracts, with file and line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from highroad.access.grants import ALL, Grant, read_rules
from highroad.errors import ConfigError, ContractError
from highroad.products.contract import find_contracts, read_contract
from highroad_workspace.metadata import meant
from highroad_workspace.projects import Project


def lint_grants(platform_conf: Path, projects: Sequence[Project], today: date) -> list[str]:
    """The faults of all teams and grants, a line each; none where the platform has none.

    Args:
        platform_conf: The platform's folder.
        projects: All projects.
        today: The day that grants are held against.
    """
    try:
        rules = read_rules(platform_conf)
    except ConfigError as error:
        return str(error).splitlines()
    if rules is None:
        return []
    contracts = find_contracts(platform_conf)

    @cache
    def columns_of(product: str) -> list[str]:
        try:
            return [str(each.name) for each in read_contract(contracts[product]).columns]
        except ContractError:  # which is a fault of the contract
            return []

    names = [each.name for each in projects]
    return [
        f"{platform_conf / fault}"
        for grant in rules.grants
        for fault in _faults(grant, contracts, columns_of, names, today)
    ]


def _faults(
    grant: Grant,
    products: Collection[str],
    columns_of: Callable[[str], list[str]],
    projects: Sequence[str],
    today: date,
) -> Iterator[str]:
    of_scope = [each for each in products if grant.scope in (each, each.partition(".")[0])]
    if not of_scope and grant.scope not in projects:
        hint = meant(grant.scope, [*projects, *products])
        yield (
            f"{grant.place}: '{grant.scope}' is no product and no project.{hint} Name the file after one."
        )
        return
    if not grant.holds(today):
        yield f"{grant.place}: the grant expired on {grant.until}. Delete it, or say anew until when."
    is_limited = grant.columns or grant.rows
    columns = {product: columns_of(product) for product in of_scope} if is_limited else {}
    for name in grant.columns or ():
        if name != ALL and not any(name in names for names in columns.values()):
            yield f"{grant.place}: no column '{name}'.{_hint(name, columns)}"
    for name, _, _ in grant.rows:
        for product, names in columns.items():
            if name not in names:
                yield f"{grant.place}: `rows` name '{name}', which {product} has not.{_hint(name, columns)}"


def _hint(name: str, columns: Mapping[str, list[str]]) -> str:
    names = sorted({each for names in columns.values() for each in names})
    return f"{meant(name, names)} Columns: {', '.join(names)}."

"""Every fault of teams and grants that shows beside the contracts, with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
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
    columns = dict(_columns(platform_conf))
    faults = [
        fault
        for grant in rules.grants
        for fault in _faults(grant, columns, [each.name for each in projects], today)
    ]
    faults = [f"{platform_conf / fault}" for fault in faults]
    return faults


def _columns(platform_conf: Path) -> Iterator[tuple[str, list[str]]]:
    for product, path in find_contracts(platform_conf).items():
        try:
            yield product, [str(each.name) for each in read_contract(path).columns]
        except ContractError:  # which is a fault of the contract
            yield product, []


def _faults(
    grant: Grant, columns: Mapping[str, list[str]], projects: Sequence[str], today: date
) -> Iterator[str]:
    of_scope = {
        product: names
        for product, names in columns.items()
        if grant.scope in (product, product.partition(".")[0])
    }
    if not of_scope and grant.scope not in projects:
        known = [*projects, *columns]
        yield (
            f"{grant.place}: '{grant.scope}' is no product and no project.{meant(grant.scope, known)} "
            "Name the file after one."
        )
        return
    if not grant.holds(today):
        yield f"{grant.place}: the grant expired on {grant.until}. Delete it, or say anew until when."
    for name in grant.columns or ():
        if name != ALL and not any(name in names for names in of_scope.values()):
            yield f"{grant.place}: no column '{name}'.{_hint(name, of_scope)}"
    for name, _, _ in grant.rows:
        for product, names in of_scope.items():
            if name not in names:
                yield f"{grant.place}: `rows` name '{name}', which {product} has not.{_hint(name, of_scope)}"


def _hint(name: str, columns: Mapping[str, list[str]]) -> str:
    names = sorted({each for names in columns.values() for each in names})
    return f"{meant(name, names)} Columns: {', '.join(names)}."

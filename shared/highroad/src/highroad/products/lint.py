"""Every fault of a contract that shows without data, with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from highroad.errors import ContractError
from highroad.products.compatibility import VERSION
from highroad.products.contract import WAIVERS, Contract, find_contracts, read_contract
from highroad.products.contract_lint import table_faults
from highroad.products.relationships import relationship_faults
from highroad.products.rule import Rule
from highroad.products.rules import rules_of
from highroad.products.sources import source_faults
from highroad.products.tolerances import tolerance_faults
from highroad_workspace.metadata import line_of, meant

if TYPE_CHECKING:
    from highroad.config.platform import Platform
    from highroad_workspace.projects import Project

STATUSES = ("proposed", "draft", "active", "deprecated", "retired")
_STANDARD = re.compile(r"v3\.\d+\.\d+\Z")


def lint_contracts(
    platform_conf: Path, platform: Platform, projects: Sequence[Project], today: date
) -> list[str]:
    """The faults of all contracts, and products that have none.

    Args:
        platform_conf: The platform's folder.
        platform: Its settings.
        projects: All projects.
        today: The day that waivers are held against.
    """
    faults: list[str] = []
    found = find_contracts(platform_conf)
    contracts: dict[str, Contract] = {}
    publishers: dict[str, list[Project]] = {}
    for project in projects:
        for product in dict.fromkeys(project.publishes):
            publishers.setdefault(product, []).append(project)
    for product, path in found.items():
        try:
            contracts[product] = read_contract(path)
            faults += lint(contracts[product], platform, publishers.get(product, ()), today)
        except ContractError as error:
            faults += str(error).splitlines()
    faults += relationship_faults(contracts)
    faults += source_faults(contracts)
    for project in projects:
        faults += [
            f"{_place(project, 'tool.highroad', 'publishes')}: publishes '{product}', which has no "
            f"contract; write {platform_conf.name}/contracts/{product}.yaml."
            for product in project.publishes
            if product not in found
        ]
    return faults


def lint(
    contract: Contract,
    platform: Platform,
    publishers: Sequence[Project],
    today: date,
) -> Iterator[str]:
    """The faults of one contract, a line each.

    Args:
        contract: The contract.
        platform: The platform's settings.
        publishers: The projects that publish its product.
        today: The day that waivers are held against.

    Raises:
        ContractError: It describes no table of the product, or its waivers or tolerances are no list.
    """
    yield from _identity(contract, publishers)
    yield from _servers(contract, platform)
    rules = rules_of(contract)
    yield from table_faults(contract, rules)
    yield from tolerance_faults(contract, rules)
    yield from _waivers(contract, rules, today)


def out_of_range(project: Project, platform_conf: Path) -> list[str]:
    """Consumed products whose contract's version the project does not accept, or cannot judge.

    A contract that is missing or unreadable is told elsewhere.
    """
    from highroad_workspace.ranges import version_range

    if not project.ranges:
        return []
    found = find_contracts(platform_conf)
    faults = []
    for product, text in project.ranges.items():
        try:
            version = read_contract(found[product]).version
        except (KeyError, ContractError):
            continue
        where = _place(project, "tool.highroad.consumes", product)
        if not VERSION.match(version):
            faults.append(
                f"{where}: accepts '{product}' {text}, and its contract's version is {version!r}; "
                "expected one such as 1.4.0."
            )
        elif not version_range(text).contains(version):
            faults.append(
                f"{where}: accepts '{product}' {text}, and its contract is {version}; adapt to the "
                "new version and widen the range in [tool.highroad.consumes]."
            )
    return faults


def _place(project: Project, table: str, key: str) -> str:
    """A key of a project's pyproject.toml as `file:line`."""
    try:
        text = Path(project.path, "pyproject.toml").read_text(encoding="utf-8")
    except OSError:
        text = ""
    line = line_of(text, table, key)
    return f"projects/{Path(project.path).name}/pyproject.toml" + (f":{line}" if line else "")


def _identity(contract: Contract, publishers: Sequence[Project]) -> Iterator[str]:
    product, model = contract.product, contract.model
    if model.id != product:
        yield f"{contract.where('id')}: id is {model.id!r}; expected '{product}', the file's name."
    if not _STANDARD.match(str(model.apiVersion)):
        yield (
            f"{contract.where('apiVersion')}: apiVersion is {model.apiVersion!r}; expected one of the "
            "standard's, such as v3.2.0."
        )
    if model.status not in STATUSES:
        hint = meant(str(model.status), STATUSES)
        yield (
            f"{contract.where('status')}: status is {model.status!r}; expected one of "
            f"{', '.join(STATUSES)}.{hint}"
        )
    if contract.version and not VERSION.match(contract.version):
        yield (
            f"{contract.where('version')}: version '{contract.version}' is no semantic version; "
            "expected one such as 1.4.0."
        )
    if not publishers:
        yield (
            f"{contract.where('id')}: no project publishes '{product}'; name it in [tool.highroad] "
            "publishes, or delete the contract."
        )
    for project in publishers:
        if contract.owner != project.owner:
            yield (
                f"{contract.where('team', 'name')}: the owner is '{contract.owner}', and [tool.highroad] "
                f"of {project.name} says '{project.owner}'; they must agree."
            )


def _servers(contract: Contract, platform: Platform) -> Iterator[str]:
    place = f"products/{contract.product}"
    for index, server in enumerate(contract.model.servers or []):
        if server.environment is not None and server.environment not in platform.environments:
            yield (
                f"{contract.where('servers', index)}: environment {server.environment!r} is not in "
                f"platform.yml; known: {', '.join(platform.environments)}."
            )
        if server.path is not None and server.path != place:
            yield (
                f"{contract.where('servers', index)}: path '{server.path}'; the product lies at '{place}' "
                "in each environment's store."
            )


def _waivers(contract: Contract, rules: Sequence[Rule], today: date) -> Iterator[str]:
    waived: set[str] = set()
    ids = {rule.id: rule for rule in rules}
    for index, waiver in enumerate(contract.waivers):
        where = contract.where_custom(WAIVERS, index)
        rule = ids.get(waiver.rule)
        if rule is None:
            yield f"{where}: the waiver of '{waiver.rule}' is of no rule.{meant(waiver.rule, [*ids])}"
        elif rule.is_checked:
            yield f"{where}: the waiver of '{waiver.rule}' is of a rule that is checked; take it out."
        elif not waiver.reason.strip():
            yield f"{where}: the waiver of '{waiver.rule}' gives no reason; say why nobody checks it."
        elif (expires := _date(waiver.expires)) is None:
            yield (
                f"{where}: the waiver of '{waiver.rule}' expires {waiver.expires!r}; expected an ISO "
                "date such as 2027-03-31."
            )
        elif expires < today:
            yield (
                f"{where}: the waiver of '{waiver.rule}' expired on {expires}; check the rule, or say "
                "anew why not."
            )
        waived.add(waiver.rule)
    for rule in rules:
        if not rule.is_checked and rule.id not in waived:
            yield (
                f"{contract.where(*rule.at)}: '{rule.id}' is not checked: {rule.reason.rstrip('.')}. Take "
                f"it out, or waive it under customProperties `{WAIVERS}` with rule, reason and expires."
            )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

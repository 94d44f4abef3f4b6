"""Every fault of a contract that shows without data, with file and line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from highroad.errors import ContractError
from highroad.products.contract import Contract, find_contracts, read_contract
from highroad.products.rule import Rule
from highroad.products.rules import rules_of
from highroad.workspace.metadata import meant

if TYPE_CHECKING:
    from highroad.config.platform import Platform
    from highroad.workspace.projects import Project

VERSION = re.compile(r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")


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
    for path in found.values():
        try:
            contract = read_contract(path)
            faults += lint(contract, platform, projects, today)
        except ContractError as error:
            faults.append(str(error))
    for project in projects:
        faults += [
            f"projects/{project.name}/pyproject.toml: publishes '{product}', which has no contract; "
            f"write {platform_conf.name}/contracts/{product}.yaml."
            for product in project.publishes
            if product not in found
        ]
    return faults


def lint(
    contract: Contract, platform: Platform, projects: Sequence[Project], today: date
) -> Iterator[str]:
    """The faults of one contract, a line each."""
    yield from _identity(contract, projects)
    yield from _servers(contract, platform)
    rules = rules_of(contract)
    yield from _names(contract)
    yield from _rules(contract, rules)
    yield from _waivers(contract, rules, today)


def out_of_range(project: Project, platform_conf: Path) -> list[str]:
    """Consumed products whose contract's version the project does not accept."""
    from highroad.workspace.ranges import Range

    found = find_contracts(platform_conf)
    faults = []
    for product, text in (project.ranges or {}).items():
        if product not in found:
            continue
        version = read_contract(found[product]).version
        if VERSION.match(version) and not Range(text).allows(version):
            faults.append(
                f"projects/{project.name}/pyproject.toml: accepts '{product}' {text}, and its contract "
                f"is {version}; adapt to the new version and widen the range in "
                "[tool.highroad.consumes]."
            )
    return faults


def _identity(contract: Contract, projects: Sequence[Project]) -> Iterator[str]:
    product = contract.product
    if contract.model.id != product:
        yield f"{contract.where('id')}: id is {contract.model.id!r}; expected '{product}', the file's name."
    if contract.version and not VERSION.match(contract.version):
        yield (
            f"{contract.where('version')}: version '{contract.version}' is no semantic version; "
            "expected one such as 1.4.0."
        )
    publishers = [each for each in projects if product in each.publishes]
    if not publishers:
        names = [each for project in projects for each in project.publishes]
        yield (
            f"{contract.where('id')}: no project publishes '{product}'.{meant(product, names)} Name it "
            "in [tool.highroad] publishes, or delete the contract."
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
        if server.environment not in platform.environments:
            yield (
                f"{contract.where('servers', index)}: environment {server.environment!r} is not in "
                f"platform.yml; known: {', '.join(platform.environments)}."
            )
        if server.path is not None and server.path != place:
            yield (
                f"{contract.where('servers', index)}: path '{server.path}'; the product lies at '{place}' "
                "in each environment's store."
            )


def _names(contract: Contract) -> Iterator[str]:
    for name, count in Counter(str(each.name) for each in contract.columns).items():
        if count > 1:
            yield f"{contract.where('schema')}: the column '{name}' stands {count} times; one must go."


def _rules(contract: Contract, rules: Sequence[Rule]) -> Iterator[str]:
    declared = {str(each.physicalName or each.name) for each in contract.columns}
    for rule in rules:
        where = contract.where(*rule.at)
        for column in rule.columns:
            if declared and column not in declared:
                hint = meant(column, sorted(declared))
                yield f"{where}: '{rule.id}' is about '{column}', which is no column.{hint}"
        if rule.kind == "pattern" and (problem := _bad_pattern(rule.arguments["value"])):
            yield f"{where}: '{rule.id}': the pattern is none: {problem}."
        if rule.kind == "sql" and (problem := _bad_query(contract, rule)):
            yield f"{where}: '{rule.id}': {problem}."


def _waivers(contract: Contract, rules: Sequence[Rule], today: date) -> Iterator[str]:
    waived: dict[str, Any] = {}
    where = contract.where("customProperties")
    for waiver in contract.waivers:
        if waiver.reason in ("", "None"):
            yield f"{where}: the waiver of '{waiver.rule}' gives no reason."
            continue
        try:
            expires = date.fromisoformat(waiver.expires)
        except ValueError:
            yield f"{where}: the waiver of '{waiver.rule}' expires {waiver.expires!r}; expected an ISO date."
            continue
        if expires < today:
            yield f"{where}: the waiver of '{waiver.rule}' expired on {expires}; check the rule, or say why not."
            continue
        waived[waiver.rule] = waiver
    ids = [rule.id for rule in rules]
    for name in waived:
        if name not in ids:
            yield f"{where}: the waiver of '{name}' is of no rule.{meant(name, ids)}"
    for rule in rules:
        if not rule.kind and rule.id not in waived:
            yield (
                f"{contract.where(*rule.at)}: '{rule.id}' is not checked: {rule.reason}. Take it out, or waive "
                "it under customProperties `highroad.waivers` with rule, reason and expires."
            )


def _bad_pattern(pattern: str) -> str | None:
    import duckdb

    try:
        duckdb.execute("SELECT regexp_full_match('', ?)", [pattern])
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return None


def _bad_query(contract: Contract, rule: Rule) -> str | None:
    """What is wrong with an SQL rule, asked of an empty table of the contract's columns."""
    import pyarrow as pa

    from highroad.products.checks.sandbox import ask
    from highroad.products.types import arrow_type

    fields = [
        pa.field(
            str(each.physicalName or each.name), arrow_type(each.physicalType, each.logicalType)
        )
        for each in contract.columns
    ]
    if any(field.type == pa.null() for field in fields):
        return None  # a type of another system: the query cannot be tried without data
    try:
        ask(rule, pa.schema(fields).empty_table())
    except ContractError as error:
        return str(error).removeprefix(f"{rule.id}: ")
    return None

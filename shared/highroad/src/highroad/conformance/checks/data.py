"""Checks of a project's data: its catalog, the contracts it lives by, and when it keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from highroad.config.faults import file_faults
from highroad.config.sources import Source
from highroad.conformance.check import (
    GOLD,
    SILVER,
    Finding,
    ProjectCheck,
    Result,
    not_applicable,
    unless,
)
from highroad.conformance.facts.project import ProjectFacts
from highroad.schedules import cron_fields, next_after
from highroad_workspace.metadata import meant
from highroad_workspace.ranges import version_range

_UNITS = {
    "d": 1,
    "day": 1,
    "days": 1,
    "h": 1 / 24,
    "hours": 1 / 24,
    "m": 1 / 1440,
    "minutes": 1 / 1440,
}
_FIRES = 32


class ConfigurationCanBeRead(ProjectCheck):
    """Every YAML file of conf/ is a mapping with each key once.

    It looks at the files alone. `nox -s catalog` merges them with the platform's in every environment,
    imports the classes and compares them with the pipelines, which takes seconds.
    """

    level = SILVER
    why = "Configuration is what a run reads first, and a fault in it is found at the worst time."
    remedy = "nox -s \"catalog(project='{project}')\""

    def run(self, facts: ProjectFacts) -> Result:
        files = [
            name
            for name in facts.files
            if name.startswith("conf/") and name.endswith((".yml", ".yaml"))
        ]
        findings = (
            Finding(*fault.split(": ", 1))
            for name in files
            for fault in file_faults(Source("", Path(facts.where(name)), facts.bytes(name)))
        )
        return unless(findings, f"conf/ has {len(files)} such files, and all can be read")


class ContractsAgree(ProjectCheck):
    """Each product that is published or consumed has a contract, of its owner, in the range that is accepted."""

    level = SILVER
    why = "Projects meet in data products alone, and a contract is all that they may take for granted."
    remedy = "nox -s contracts"

    def run(self, facts: ProjectFacts) -> Result:
        project = facts.project
        if not project.publishes and not project.consumes:
            return not_applicable("it publishes and consumes no product")
        count = len({*project.publishes, *project.consumes})
        return unless(self._findings(facts), f"{count} products are under contracts")

    def _findings(self, facts: ProjectFacts) -> Iterator[Finding]:
        project, contracts = facts.project, facts.repository.contracts
        for key, products in (("publishes", project.publishes), ("consumes", project.consumes)):
            for product in products:
                contract = contracts.get(product)
                if contract is None:
                    what = f"'{product}' has no contract.{meant(product, list(contracts))}"
                    yield Finding(facts.at("tool.highroad", key), what)
                    continue
                where = f"platform-conf/contracts/{product}.yaml"
                version = str(contract.get("version", ""))
                if not version:
                    yield Finding(where, "cannot be read as a contract, or has no version")
                elif (
                    key == "publishes" and (contract.get("team") or {}).get("name") != project.owner
                ):
                    yield Finding(
                        where, f"team.name is not '{project.owner}', who owns the project"
                    )
                accepted = (project.ranges or {}).get(product)
                if version and accepted and not _allows(accepted, version):
                    what = f"{product} is at {version}, and {accepted} is accepted"
                    yield Finding(facts.at("tool.highroad.consumes", product), what)


class ScheduleKeepsPromises(ProjectCheck):
    """A project that promises fresh products runs as often as its contracts' latency asks."""

    level = GOLD
    why = "A promise of fresh data that no schedule can keep is broken every day."
    remedy = (
        "Set `schedule` in [tool.highroad] of projects/{project}/pyproject.toml, or promise less."
    )

    def run(self, facts: ProjectFacts) -> Result:
        promised = dict(self._promised(facts))
        if not promised:
            return not_applicable("it promises no latency")
        return unless(
            self._findings(facts, promised), f"{facts.project.schedule} keeps what is promised"
        )

    def _promised(self, facts: ProjectFacts) -> Iterator[tuple[str, float]]:
        """Days of latency by product."""
        for product in facts.project.publishes:
            for each in facts.repository.contracts.get(product, {}).get("slaProperties") or ():
                if isinstance(each, Mapping) and each.get("property") == "latency":
                    unit = _UNITS.get(str(each.get("unit", "d")))
                    if unit and isinstance(each.get("value"), (int, float)):
                        yield product, float(each["value"]) * unit

    def _findings(self, facts: ProjectFacts, promised: Mapping[str, float]) -> Iterator[Finding]:
        schedule, where = facts.project.schedule, facts.at("tool.highroad", "schedule")
        product, days = min(promised.items(), key=lambda each: each[1])
        if schedule is None:
            yield Finding(
                where, f"{product} is promised within {days:g} days, and there is no schedule"
            )
            return
        try:
            longest = longest_wait(schedule)
        except ValueError as error:
            yield Finding(where, str(error))
            return
        if longest > timedelta(days=days):
            what = f"'{schedule}' leaves up to {longest / timedelta(days=1):.3g} days, and {product} is promised within {days:g}"
            yield Finding(where, what)


@cache
def longest_wait(schedule: str, start: datetime = datetime(2024, 1, 1, tzinfo=UTC)) -> timedelta:
    """The longest time between two runs, among the first that come after a moment.

    Raises:
        ValueError: It is no schedule.
    """
    fields, before, longest = cron_fields(schedule), start, timedelta()
    for number in range(_FIRES):
        moment = next_after(fields, before)
        longest = max(longest, moment - before) if number else longest
        before = moment
    return longest


def _allows(accepted: str, version: str) -> bool:
    try:
        return version_range(accepted).contains(version)
    except ValueError:
        return False

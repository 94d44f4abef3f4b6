"""Checks of a project's data: its catalog, the contracts it lives by, and when it keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import yaml

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
from highroad.conformance.facts.repository import read_yaml
from highroad.schedules import cron_fields, next_after
from highroad_workspace.metadata import meant
from highroad_workspace.ranges import Range

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


class CatalogIsSound(ProjectCheck):
    """The files of conf/ are YAML, and each entry of a catalog has a type and a layer that there is.

    It looks at the files alone. `nox -s catalog` merges them with the platform's in every environment,
    imports the classes and holds them against the pipelines, which takes seconds.
    """

    level = SILVER
    why = "A catalog is what a run reads first, and every fault in it is one at the worst time."
    remedy = "nox -s \"catalog(project='{project}')\""

    def run(self, facts: ProjectFacts) -> Result:
        files = [
            name
            for name in facts.files
            if name.startswith("conf/") and name.endswith((".yml", ".yaml"))
        ]
        return unless(
            self._findings(facts, files), f"conf/ has {len(files)} such files, and all can be read"
        )

    def _findings(self, facts: ProjectFacts, files: list[str]) -> Iterator[Finding]:
        for name in files:
            try:
                content = read_yaml(facts.text(name))
            except yaml.YAMLError as error:
                mark = getattr(error, "problem_mark", None)
                line = mark.line + 1 if mark else None
                yield Finding(
                    facts.where(name, line), f"is no YAML: {getattr(error, 'problem', error)}"
                )
                continue
            if not name.rpartition("/")[2].startswith("catalog") or content is None:
                continue
            if not isinstance(content, Mapping):
                yield Finding(facts.where(name), "is no mapping of datasets")
                continue
            for key, entry in content.items():
                yield from self._of_entry(facts, name, str(key), entry)

    def _of_entry(self, facts: ProjectFacts, name: str, key: str, entry: Any) -> Iterator[Finding]:
        if key.startswith("_"):  # a piece for others to include
            return
        if not isinstance(entry, Mapping) or "type" not in entry:
            yield Finding(facts.where(name), f"'{key}' has no type")
            return
        layers = facts.repository.platform.layers
        metadata = entry.get("metadata")
        viz = metadata.get("kedro-viz") if isinstance(metadata, Mapping) else None
        layer = viz.get("layer") if isinstance(viz, Mapping) else None
        if layer is not None and layer not in layers:
            yield Finding(
                facts.where(name), f"'{key}': no layer '{layer}'.{meant(str(layer), layers)}"
            )


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
        return Range(accepted).allows(version)
    except ValueError:
        return False

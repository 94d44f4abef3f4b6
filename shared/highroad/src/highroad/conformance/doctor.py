"""Run every check on every project and on the repository, and tell which level each holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from highroad.conformance.check import (
    GROUP,
    Check,
    Finding,
    Outcome,
    ProjectCheck,
    RepositoryCheck,
    Result,
    result_of,
    unless,
)
from highroad.conformance.checks.structure import MetadataIsSound
from highroad.conformance.facts.project import ProjectFacts
from highroad.conformance.facts.repository import RepositoryFacts
from highroad.conformance.waivers import Waiver, read_waivers, waiver_of
from highroad.entry_points import registered
from highroad.errors import ConfigError, WorkspaceError
from highroad_workspace.metadata import LEVELS, meant
from highroad_workspace.projects import no_project

REPOSITORY = "repository"
"""What the repository is called among the projects."""


@dataclass(frozen=True)
class Verdict:
    """What a check says of a project, and what the platform says to that.

    Attributes:
        check: The check.
        result: What it found.
        waiver: The waiver under which it may fail; None where there is none.
    """

    check: Check[Any]
    result: Result
    waiver: Waiver | None = None

    @property
    def is_kept(self) -> bool:
        """Whether it stands in the way of no level."""
        outcome = self.result.outcome
        return outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE) or self.waiver is not None


@dataclass(frozen=True)
class Diagnosis:
    """All that was found of a project, or of the repository.

    Attributes:
        subject: Its name.
        required: The level that it must hold.
        verdicts: In the order of the checks.
    """

    subject: str
    required: str
    verdicts: tuple[Verdict, ...]

    @cached_property
    def level(self) -> str | None:
        """The highest level of which all checks, and those of the levels below, are kept."""
        return level_of((each.check.level, each.is_kept) for each in self.verdicts)

    @property
    def summary(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return {
            "subject": self.subject,
            "level": self.level,
            "required": self.required,
            "checks": [
                {
                    "name": each.check.name,
                    "level": each.check.level,
                    "outcome": each.result.outcome.value,
                    "reason": each.result.reason,
                    "findings": [finding._asdict() for finding in each.result.findings],
                    "waived_until": each.waiver.until.isoformat() if each.waiver else None,
                }
                for each in self.verdicts
            ],
        }

    @property
    def is_enough(self) -> bool:
        """Whether it holds the level that it must."""
        return self.level is not None and LEVELS.index(self.level) >= LEVELS.index(self.required)

    @property
    def warnings(self) -> tuple[Verdict, ...]:
        """What passes today and is going to fail."""
        passing = (each for each in self.verdicts if each.result.outcome is Outcome.PASS)
        return tuple(each for each in passing if each.result.findings)

    @property
    def missing(self) -> tuple[Verdict, ...]:
        """What stands in the way of the next level, or of any higher one where that is none's own."""
        open_ = [each for each in self.verdicts if not each.is_kept]
        lowest = min((LEVELS.index(each.check.level) for each in open_), default=0)
        return tuple(each for each in open_ if LEVELS.index(each.check.level) == lowest)

    @property
    def next_level(self) -> str | None:
        """The level that it would hold without what is missing; None where nothing is."""
        return self.missing[0].check.level if self.missing else None


def level_of(kept: Iterable[tuple[str, bool]]) -> str | None:
    """The highest level such that what counts for it, or for a lower one, is kept; None where bronze is not.

    Args:
        kept: A level and whether it is kept, for each check.
    """
    broken = [LEVELS.index(level) for level, is_kept in kept if not is_kept]
    highest = min(broken, default=len(LEVELS)) - 1
    return LEVELS[highest] if highest >= 0 else None


def all_checks() -> tuple[Check[Any], ...]:
    """All checks of projects and of the repository, by entry points of the group `highroad.checks`.

    Raises:
        ConfigError: One of these cannot be imported, is no check, or has the name or level of none.
    """
    checks = [
        each
        for each in registered(GROUP, Check)
        if isinstance(each, (ProjectCheck, RepositoryCheck))
    ]
    for check in checks:
        if check.level not in LEVELS:
            raise ConfigError(
                f"the check '{check.name}' is of level '{check.level}'; expected {', '.join(LEVELS)}."
            )
    return tuple(sorted(checks, key=lambda each: LEVELS.index(each.level)))


def diagnose(
    root: Path,
    today: date,
    *,
    projects: Sequence[str] = (),
    only: Sequence[str] = (),
) -> list[Diagnosis]:
    """Check projects and the repository.

    Args:
        root: The repository.
        today: For waivers.
        projects: Only these; `repository` is the repository. None means all.
        only: Only these checks.

    Raises:
        ConfigError: platform.yml, the waivers or the constraints cannot be read; or there is no such check.
        WorkspaceError: There is no such project.
    """
    facts = RepositoryFacts(root, today)
    checks = all_checks()
    names = [each.name for each in checks]
    for name in only:
        if name not in names:
            raise ConfigError(
                f"No check '{name}'.{meant(name, names)} (checks: {', '.join(names)})"
            )
    chosen = [each for each in checks if not only or each.name in only]
    good = {each.name: each for each in facts.projects}
    subjects = [*sorted({*good, *facts.survey.faults}), REPOSITORY]
    for name in projects:
        if name not in subjects:
            raise WorkspaceError(no_project(name, subjects))
    waivers = read_waivers(facts.conf, names, subjects)
    found = []
    for name in (each for each in subjects if not projects or each in projects):
        results: Mapping[Check[Any], Result]
        if name == REPOSITORY:
            results = _run(facts, chosen, RepositoryCheck)
        elif name in good:
            results = _run(ProjectFacts(good[name], facts), chosen, ProjectCheck)
        else:
            results = _of_faulty(facts.survey.faults[name], chosen)
        required = (good[name].conformance if name in good else None) or facts.platform.conformance
        verdicts = tuple(
            _verdict(each, result, waivers, name, today) for each, result in results.items()
        )
        found.append(Diagnosis(name, required, verdicts))
    return found


def _of_faulty(faults: Sequence[str], chosen: Sequence[Check[Any]]) -> Mapping[Check[Any], Result]:
    """Of a project whose metadata has faults, these are all that can be said."""
    findings = [Finding(*each.split(": ", 1)) for each in faults]
    return {each: unless(findings, "") for each in chosen if isinstance(each, MetadataIsSound)}


def _run(facts: Any, chosen: Sequence[Check[Any]], kind: type[Any]) -> Mapping[Check[Any], Result]:
    return {each: result_of(each, facts) for each in chosen if isinstance(each, kind)}


def _verdict(
    check: Check[Any], result: Result, waivers: Sequence[Waiver], subject: str, today: date
) -> Verdict:
    if result.outcome is not Outcome.FAIL:
        return Verdict(check, result)
    good, old = waiver_of(waivers, check.name, subject, today)
    if old is not None:
        told = Finding(old.where, f"the waiver of {old.owner} ran out on {old.until}")
        result = result._replace(findings=(*result.findings, told))
    return Verdict(check, result, good)

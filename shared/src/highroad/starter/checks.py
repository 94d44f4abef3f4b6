"""The check that a project is still as its template has it; added by the entry point `highroad.checks`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from highroad.conformance.check import (
    GOLD,
    Finding,
    ProjectCheck,
    Result,
    not_applicable,
    unknown,
    unless,
)
from highroad.conformance.facts.project import ProjectFacts
from highroad.starter.extension import VERSION, design_of
from highroad.starter.making import MANAGED, RECORD, render


class TemplateIsCurrent(ProjectCheck):
    """The files of a project that are the template's are as today's template has them.

    They are those that no team has a reason to write otherwise: `settings.py` and `__main__.py`. What else
    the template gives is a beginning, and the team's from then on.
    """

    level = GOLD
    why = "A file that once diverged misses every correction that comes after."
    remedy = "Make a project of the same choices with `nox -s new`, and take over its settings.py and __main__.py."

    def run(self, facts: ProjectFacts) -> Result:
        text = facts.text(RECORD)
        if not text:
            return not_applicable("it was made from no template that is on record")
        try:
            told = tomllib.loads(text)
            version, answers = str(told["template"]["version"]), dict(told["answers"])
            findings = list(self._findings(facts, version, answers))
        except (KeyError, TypeError, ValueError) as error:
            return unknown(f"{facts.where(RECORD)} cannot be read: {error!r}")
        return unless(findings, f"it is as template {VERSION} has it")

    def _findings(
        self, facts: ProjectFacts, version: str, answers: Mapping[str, Any]
    ) -> Iterator[Finding]:
        design = design_of(facts.name, answers, facts.repository.root)
        for name, expected in render(design, MANAGED).items():
            if facts.text(name) != expected:
                how = "is not as the template has it" if facts.text(name) else "is missing"
                since = (
                    ""
                    if version == VERSION
                    else f" (made from template {version}, today's is {VERSION})"
                )
                yield Finding(facts.where(name), f"{how}{since}")

"""The check that a project keeps no convention that has ended."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any

from highroad.conformance.check import (
    BRONZE,
    Finding,
    ProjectCheck,
    Result,
    not_applicable,
    unless,
    warned,
)
from highroad.conformance.facts.deprecations import Deprecation
from highroad.conformance.facts.project import ProjectFacts


class ConventionsHaveNotEnded(ProjectCheck):
    """The project keeps no convention that platform-conf/deprecations.yml has ended.

    One that is going to end is warned of, and fails from its day on.
    """

    level = BRONZE
    why = "The platform can only change what it may take away, and a team only keep up with what it was told in time."
    remedy = "Do what the message says in its place."

    def run(self, facts: ProjectFacts) -> Result:
        known, today = facts.repository.deprecations, facts.repository.today
        told = [each for each in known if today >= each.warned]
        if not told:
            return not_applicable("no convention has ended or is about to")
        kept = [(each, where) for each in told if (where := _where(each, facts))]
        ended = [_finding(each, where) for each, where in kept if today >= each.enforced]
        if ended:
            return unless(ended, "")
        return warned(
            [_finding(each, where) for each, where in kept], f"none of {len(told)} is kept"
        )


def _finding(each: Deprecation, where: str) -> Finding:
    return Finding(where, f"{each.what}: it ends on {each.enforced}. {each.instead}")


def _where(each: Deprecation, facts: ProjectFacts) -> str:
    """Where a project keeps a convention; empty if it does not."""
    if each.path:
        return next((facts.where(name) for name in facts.files if fnmatch(name, each.path)), "")
    *tables, key = each.key.split(".")
    found: Any = facts.pyproject
    for name in tables:
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping) or key not in found:
        return ""
    is_table = isinstance(found[key], Mapping)
    return facts.at(each.key) if is_table else facts.at(".".join(tables), key)

"""Checks of what a project has left behind: its last run, and the template it was made from."""

from __future__ import annotations

from highroad.conformance.check import (
    GOLD,
    Finding,
    ProjectCheck,
    Result,
    not_applicable,
    passed,
    unknown,
    unless,
)
from highroad.conformance.facts.project import ProjectFacts
from highroad.tracking.record import FINISHED, RUNNING


class LastRunIsOnRecord(ProjectCheck):
    """The project's last run is on record, with its commit, and ended well."""

    level = GOLD
    why = "A prediction that nobody can trace to code and data is one that nobody can answer for."
    remedy = "nox -s \"run(project='{project}')\""

    def run(self, facts: ProjectFacts) -> Result:
        if not facts.project.uses_library:
            return unless(
                [
                    Finding(
                        facts.at("project", "dependencies"),
                        "does not depend on highroad, which keeps records",
                    )
                ],
                "",
            )
        record = facts.repository.last_run(facts.name)
        if record is None:
            return unknown(
                "no run of it is on record here; HIGHROAD_RECORDS names a store that has more"
            )
        if record.status == RUNNING:
            return unknown(f"run {record.id[:12]} is at work")
        if record.status != FINISHED:
            return unless(
                [Finding(facts.where(), f"its last run, {record.id[:12]}, is {record.status}")], ""
            )
        commit = str(record.code.get("commit") or "")
        return passed(f"run {record.id[:12]} at commit {commit[:12] or 'none'}")


class TemplateIsCurrent(ProjectCheck):
    """What the template manages in the project is as the template has it, or an accepted divergence."""

    level = GOLD
    why = "A file that once diverged misses every correction that comes after."
    remedy = "Compare the project with its template; nothing upgrades it by itself yet."

    def run(self, facts: ProjectFacts) -> Result:
        return not_applicable("it was made from no template that is on record")

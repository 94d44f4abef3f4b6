"""Checks of what a project has left behind."""

from __future__ import annotations

from highroad.conformance.check import (
    GOLD,
    Finding,
    ProjectCheck,
    Result,
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

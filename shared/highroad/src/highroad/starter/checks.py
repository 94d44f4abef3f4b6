"""The check that a project is as its template has it; added by the entry point `highroad.checks`."""

from __future__ import annotations

from highroad.conformance.check import GOLD, Finding, ProjectCheck, Result, not_applicable, unless
from highroad.conformance.facts.project import ProjectFacts
from highroad.starter.choices import listed
from highroad.starter.divergence import State, divergences
from highroad.starter.extension import FIELDS, VERSION, contracts_of
from highroad.starter.record import CHOSEN, read_chosen, read_given
from highroad.starter.steps import managed


class TemplateIsCurrent(ProjectCheck):
    """The managed files of a project are as today's template has them, or differ for a reason on record.

    They are pyproject.toml, but for what a project says of itself there, `settings.py` and `__main__.py`. What
    else the template gives is a beginning, and the team's from then on.
    """

    level = GOLD
    why = "A file that once diverged misses every correction that comes after."
    remedy = "nox -s upgrade -- {project}; what is to stay goes as [[accepted]], with reason and owner, into .highroad.toml."

    def run(self, facts: ProjectFacts) -> Result:
        if not facts.text(CHOSEN):
            return not_applicable("it was made from no template that is on record")
        root, chosen = facts.repository.root, read_chosen(facts.folder, FIELDS)
        contracts = contracts_of(root, listed(chosen.answers.get("consumes", "")))
        files = managed(facts.name, chosen, root, contracts)
        found = [
            each
            for each in divergences(facts.folder, files, chosen.accepted, facts.pyproject)
            if each.state not in (State.PRISTINE, State.ACCEPTED)
        ]
        version = read_given(facts.folder).version if found else VERSION
        is_old = version != VERSION
        since = f" (it was given template {version}, today's is {VERSION})" if is_old else ""
        return unless(
            (Finding(facts.where(each.file), f"{each.what}{since}") for each in found),
            f"it is as template {VERSION} has it",
        )

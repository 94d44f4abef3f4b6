"""Checks of the organisation: `nox -s conform` runs them beside the platform's."""

from highroad.conformance.check import GOLD, Finding, ProjectCheck, Result, not_applicable, unless
from highroad.conformance.facts.project import ProjectFacts


class HeadlineIsNamed(ProjectCheck):
    """A project with a model names the figure that it is judged by."""

    level = GOLD
    why = "`nox -s summary` shows one figure a project; without it nobody sees that a model became worse."
    remedy = "Set `headline` in [tool.highroad] of projects/{project}/pyproject.toml."

    def run(self, facts: ProjectFacts) -> Result:
        """Look at `headline` in pyproject.toml."""
        if not facts.project.models:
            return not_applicable("the project has no model")
        missing = (
            []
            if facts.project.headline
            else [Finding(facts.where("pyproject.toml"), "has no headline")]
        )
        return unless(missing, "the headline is named")

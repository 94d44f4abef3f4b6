"""Checks of what a project is made of: its metadata, its files, its owner."""

from __future__ import annotations

from collections.abc import Iterator

from highroad.conformance.check import BRONZE, Finding, ProjectCheck, Result, passed, unless
from highroad.conformance.facts.project import ProjectFacts
from highroad_workspace.metadata import meant


class MetadataIsSound(ProjectCheck):
    """The project's names agree, and `[tool.highroad]` says what it is.

    A project whose metadata has faults has no other checks: nobody knows what it means to be.
    """

    level = BRONZE
    why = "Sessions, CI, images and contracts find a project by its pyproject.toml alone."
    remedy = "Correct projects/{project}/pyproject.toml as the message says."

    def run(self, facts: ProjectFacts) -> Result:
        return passed(f"{facts.where()} says what it is")


class FilesAreInPlace(ProjectCheck):
    """The files that Kedro needs are where it looks, and nothing of conf/local is in git."""

    level = BRONZE
    why = "A project that is laid out like every other one is run, tested and read like every other one."
    remedy = "Create what is missing; `git rm --cached` what must not be there."

    def run(self, facts: ProjectFacts) -> Result:
        return unless(
            self._findings(facts), "the package, its settings, pipelines and conf/base are there"
        )

    def _findings(self, facts: ProjectFacts) -> Iterator[Finding]:
        there = set(facts.files)
        source = str(facts.pyproject.get("tool", {}).get("kedro", {}).get("source_dir", "src"))
        for name in ("__init__.py", "settings.py", "pipeline_registry.py"):
            path = f"{source}/{facts.name}/{name}"
            if path not in there:
                yield Finding(
                    facts.where(path), "is missing, or not in git; Kedro looks for it there"
                )
        if not any(name.startswith("conf/base/") for name in there):
            yield Finding(
                facts.where("conf/base"), "is missing; Kedro reads it in every environment"
            )
        for name in sorted(there):
            if name.startswith("conf/local/") and not name.endswith(".gitkeep"):
                yield Finding(facts.where(name), "is in git; conf/local is for this machine alone")


class OwnerIsKnown(ProjectCheck):
    """The project's owner is one of `owners` in platform.yml, which says how to reach it."""

    level = BRONZE
    why = "What fails at night, and what others depend on, needs somebody to ask."
    remedy = "Add the team to `owners` in platform-conf/platform.yml, or correct `owner` in [tool.highroad]."

    def run(self, facts: ProjectFacts) -> Result:
        owner, known = facts.project.owner, facts.repository.platform.owners
        if owner in known:
            return passed(f"{owner}, {known[owner].handle}")
        what = f"owner '{owner}' is not in `owners` of platform.yml.{meant(owner, list(known))}"
        return unless([Finding(facts.at("tool.highroad", "owner"), what)], "")


class ProjectIsDocumented(ProjectCheck):
    """README.md has a title, says what the project is for, and names each product it publishes."""

    level = "silver"
    why = "Who takes over a project, or builds on its products, begins there."
    remedy = "Write projects/{project}/README.md: what it is for, how it is run, what it publishes."
    _LEAST = 200

    def run(self, facts: ProjectFacts) -> Result:
        return unless(self._findings(facts), f"{facts.where('README.md')} says what it is for")

    def _findings(self, facts: ProjectFacts) -> Iterator[Finding]:
        text = facts.text("README.md")
        where = facts.where("README.md")
        if not text:
            yield Finding(where, "is missing")
            return
        if not text.lstrip().startswith("#"):
            yield Finding(where, "has no title")
        if len(text) < self._LEAST:
            yield Finding(where, f"has {len(text)} signs; expected at least {self._LEAST}")
        for product in facts.project.publishes:
            if product not in text and product.partition(".")[2] not in text:
                yield Finding(where, f"does not name {product}, which the project publishes")

"""Checks of a project's code: pure nodes, tests, no secrets, and an image that is the platform's."""

from __future__ import annotations

from collections.abc import Iterator

from highroad.conformance.check import BRONZE, SILVER, Finding, ProjectCheck, Result, passed, unless
from highroad.conformance.facts.locks import requirements
from highroad.conformance.facts.project import ProjectFacts
from highroad.releases.secrets_scan import in_file
from highroad_workspace.imports import import_faults

_NOT_IN_IMAGES = {
    "black", "build", "coverage", "hypothesis", "ipykernel", "ipython", "isort", "jupyter", "jupyterlab",
    "kedro-viz", "mypy", "notebook", "pip", "pre-commit", "pytest", "pytest-cov", "ruff", "setuptools", "twine", "uv",
}  # fmt: skip
"""What is for people who develop, and has no place among what a container runs with."""


class NodesArePure(ProjectCheck):
    """Nodes import neither Kedro nor the library, and no project imports another one."""

    level = SILVER
    why = (
        "A function of data and parameters is tested in milliseconds, and outlives every framework."
    )
    remedy = "Move the import to pipeline.py or hooks.py; load another project's data as a product."

    def run(self, facts: ProjectFacts) -> Result:
        told = import_faults(facts.project, facts.repository.projects, only_readable=True)
        found = (Finding(*each.split(": ", 1)) for each in told)
        return unless(found, "nodes are functions of data and parameters")


class TestsAreThere(ProjectCheck):
    """The project has tests, as many as it set itself with `least_tests` of `[tool.highroad]`."""

    level = SILVER
    why = "An upgrade of the whole fleet is only as safe as what each project says must stay true."
    remedy = "Write tests in projects/{project}/tests; see docs/pages/how-to/add-a-project.md."

    def run(self, facts: ProjectFacts) -> Result:
        least = facts.project.least_tests or 1
        if facts.tests >= least:
            return passed(f"{facts.tests} tests, at least {least} are asked")
        what = f"there are {facts.tests} tests, and at least {least} are asked"
        return unless([Finding(facts.where("tests"), what)], "")


class SecretsStayOut(ProjectCheck):
    """No file of the project that git tracks holds a token, a key or a password."""

    level = BRONZE
    why = "What was once in git is in every clone of it for ever."
    remedy = "Revoke it, move it to conf/local/credentials.yml, and mark what is none with `pragma: allowlist secret`."

    def run(self, facts: ProjectFacts) -> Result:
        return unless(self._findings(facts), f"{len(facts.files)} files were looked through")

    def _findings(self, facts: ProjectFacts) -> Iterator[Finding]:
        for name in facts.files:
            if name == "uv.lock":
                continue
            for line, what in in_file(name, facts.text(name)):
                yield Finding(facts.where(name, line), what)


class ImageIsThePlatforms(ProjectCheck):
    """The project has no Dockerfile of its own, and nothing of a developer's tools among its dependencies."""

    level = SILVER
    why = "One Dockerfile is hardened, measured and upgraded for all; a tool in an image is weight and a way in."
    remedy = "Delete the file; move tools to [dependency-groups] dev of projects/{project}/pyproject.toml."

    def run(self, facts: ProjectFacts) -> Result:
        return unless(
            self._findings(facts),
            "the Dockerfile is the platform's, dependencies are what it runs with",
        )

    def _findings(self, facts: ProjectFacts) -> Iterator[Finding]:
        for name in ("Dockerfile", ".dockerignore", "docker-compose.yml"):
            if name in facts.files:
                yield Finding(
                    facts.where(name), "is not used: images are built by the platform's Dockerfile"
                )
        wanted = requirements(facts.pyproject.get("project", {}).get("dependencies", ()))
        for name in sorted({each.name for each in wanted} & _NOT_IN_IMAGES):
            yield Finding(
                facts.at("project", "dependencies"),
                f"{name} is a tool, and would be in every image",
            )

"""Checks of what a project depends on: its lock, its Python, and whose work it uses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from packaging.utils import canonicalize_name

from highroad.conformance.check import (
    BRONZE,
    GOLD,
    SILVER,
    Finding,
    ProjectCheck,
    Result,
    not_applicable,
    passed,
    unknown,
    unless,
)
from highroad.conformance.facts.licences import is_allowed
from highroad.conformance.facts.locks import Lock, requirements
from highroad.conformance.facts.project import ProjectFacts
from highroad_workspace.ranges import newest_allowed, version_range


class LockIsCurrent(ProjectCheck):
    """uv.lock was written from pyproject.toml as it stands, and from the library's."""

    level = BRONZE
    why = "An environment, an image and a release are what the lock says, so it must say what was meant."
    remedy = "nox -s \"lock(project='{project}')\""

    def run(self, facts: ProjectFacts) -> Result:
        if facts.lock is None:
            return unless([Finding(facts.where("uv.lock"), "is missing")], "")
        return unless(self._findings(facts, facts.lock), "uv.lock and pyproject.toml agree")

    def _findings(self, facts: ProjectFacts, lock: Lock) -> Iterator[Finding]:
        where = facts.where("uv.lock")
        asked = facts.project.requires_python
        if version_range(asked) != version_range(lock.requires_python):
            yield Finding(where, f"is for Python {lock.requires_python}, and {asked} is required")
        locked = lock.requirements_of(canonicalize_name(facts.name))
        if locked is None:
            yield Finding(where, f"holds no '{facts.name}'; it is another project's")
            return
        wanted = facts.pyproject
        project = wanted.get("project", {})
        groups = dict(wanted.get("dependency-groups", {}))
        if "dependencies" not in project.get("dynamic", ()):  # else they are in another file
            extras = project.get("optional-dependencies", {}).values()
            groups[""] = [*project.get("dependencies", ()), *chain.from_iterable(extras)]
        for group, texts in groups.items():
            if any(not isinstance(each, str) for each in texts):
                continue  # it includes another group, which uv resolves
            told = f"of group {group} " if group else ""
            before, now = locked.get(group, frozenset()), requirements(texts)
            names = sorted({each.name for each in before ^ now})
            if names:
                yield Finding(where, f"is stale {told}in {', '.join(names)}")
        library = lock.requirements_of("highroad")
        own = requirements(facts.repository.library_requirements)
        if library is not None and own and not own <= library[""]:
            names = sorted({each.name for each in own - library[""]})
            yield Finding(where, f"is stale in what the library requires: {', '.join(names)}")


class LockKeepsConstraints(ProjectCheck):
    """Every locked version keeps platform-conf/constraints.txt."""

    level = SILVER
    why = "The platform knows which versions are unsafe or do not work together; no team has to find out again."
    remedy = "nox -s \"lock(project='{project}')\" -- --upgrade"

    def run(self, facts: ProjectFacts) -> Result:
        constraints = facts.repository.constraints
        if not constraints or facts.lock is None:
            return not_applicable("there are no constraints, or no lock")
        asked = {each.name: each for each in constraints}
        found = []
        for name, version in facts.lock.versions():
            each = asked.get(name)
            if each and not each.versions.contains(version, prereleases=True):
                what = f"{name} {version} is locked, and {each.versions} is asked: {each.why} ({each.where})"
                found.append(Finding(facts.where("uv.lock"), what))
        return unless(found, f"{len(asked)} constraints are kept")


class PythonIsSupported(ProjectCheck):
    """`requires-python` allows a Python of the platform, and the project names one where it names any."""

    level = BRONZE
    why = "CI, images and upgrades have these Pythons and no other."
    remedy = "Widen requires-python in projects/{project}/pyproject.toml, or see `pythons` in platform.yml."

    def run(self, facts: ProjectFacts) -> Result:
        pythons, wanted = facts.repository.platform.pythons, facts.project.requires_python
        listed = ", ".join(pythons)
        try:
            newest = newest_allowed(pythons, wanted)
        except ValueError as error:
            return unknown(f"requires-python: {error}")
        where = facts.at("project", "requires-python")
        if newest is None:
            what = f"requires-python is '{wanted}', and the platform has {listed}"
            return unless([Finding(where, what)], "")
        if facts.project.python and facts.project.python not in pythons:
            what = f"python is {facts.project.python}, and the platform has {listed}"
            return unless([Finding(facts.at("tool.highroad", "python"), what)], "")
        return passed(f"{wanted or 'any Python'}; CI gives it {facts.project.python or newest}")


class LicencesAreAllowed(ProjectCheck):
    """Every package that the project runs with has a licence that platform.yml allows."""

    level = GOLD
    why = "What is shipped is shipped under other people's terms, which somebody has to have agreed to."
    remedy = "Replace the package, or have the platform add its licence or an exception, with a reason, to `licences`."

    def run(self, facts: ProjectFacts) -> Result:
        settings = facts.repository.platform.licences
        if not settings.allowed:
            return not_applicable("platform.yml names no licences")
        if facts.lock is None or facts.licences is None:
            return unknown(
                f"its environment is not there; nox -s \"test(project='{facts.name}')\" makes it"
            )
        locked = {name for name, _ in facts.lock.versions()}
        own = {str(canonicalize_name(facts.name)), "highroad"}
        installed = {name: each for name, each in facts.licences.items() if name in locked - own}
        exceptions = set(map(canonicalize_name, settings.exceptions))
        found = [
            Finding(
                facts.where("uv.lock"),
                f"{name} is under {licence or 'a licence that its metadata does not give'}",
            )
            for name, licence in sorted(installed.items())
            if name not in exceptions and not is_allowed(licence, settings.allowed)
        ]
        return unless(found, f"{len(installed)} packages, all under licences that are allowed")

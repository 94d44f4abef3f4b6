"""What needs somebody now, gathered for the home page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from highroad.conformance.doctor import REPOSITORY
from highroad.errors import HighroadError
from highroad.portal.knowledge import Knowledge

BAD, WARN = "bad", "warn"


class Need(NamedTuple):
    """One thing that somebody should look at.

    Attributes:
        severity: `bad` or `warn`.
        owner: The team whose it is; `platform` where it is nobody else's.
        what: In a few words.
        why: In a sentence.
        link: The page that shows it.
    """

    severity: str
    owner: str
    what: str
    why: str
    link: str


def needs(knowledge: Knowledge) -> tuple[list[Need], list[str]]:
    """What needs somebody, the worst first, and what could not be looked at.

    A store that is away hides what is in it and nothing else.
    """
    needed: list[Need] = []
    problems: list[str] = []
    for look in (_products, _runs, _levels, _promotions):
        try:
            needed += look(knowledge)
        except HighroadError as error:
            problems.append(str(error))
    return sorted(needed, key=lambda need: need.severity), list(dict.fromkeys(problems))


def _products(knowledge: Knowledge) -> Iterator[Need]:
    for facts in knowledge.products():
        name, owner = facts["product"], facts["owner"] or "platform"
        link = f"/products/{name}"
        if facts["problem"]:
            yield Need(WARN, owner, name, facts["problem"].partition("\n")[0], link)
            continue
        if facts["freshness"] in ("stale", "unknown"):
            yield Need(BAD, owner, name, f"is {facts['freshness']}", link)
        if facts["verdict"] != "pass":
            why = f"its last check says: {facts['verdict']}"
            yield Need(WARN, owner, name, why, link)


def _runs(knowledge: Knowledge) -> Iterator[Need]:
    for project in knowledge.projects():
        for run in knowledge.runs(project.name)[:1]:
            if run["status"] in ("failed", "lost"):
                error = (run["error"] or "").partition("\n")[0]
                why = f"its last run {run['status']}" + (f": {error}" if error else "")
                yield Need(BAD, project.owner, project.name, why, f"/runs/{run['id']}")


def _levels(knowledge: Knowledge) -> Iterator[Need]:
    owners = {project.name: project.owner for project in knowledge.projects()}
    today = date.today()
    for subject, diagnosis in knowledge.levels().items():
        link = "/projects" if subject == REPOSITORY else f"/projects/{subject}"
        owner = owners.get(subject, "platform")
        if not diagnosis.is_enough:
            held = diagnosis.level or "no level"
            yield Need(BAD, owner, subject, f"holds {held}; {diagnosis.required} required", link)
        for verdict in diagnosis.verdicts:
            if verdict.waiver and (left := (verdict.waiver.until - today).days) <= 14:
                why = f"the waiver of {verdict.check.name} ends in {left} days"
                yield Need(WARN, owner, subject, why, link)


def _promotions(knowledge: Knowledge) -> Iterator[Need]:
    """Releases that hold in one environment and are not in the next."""
    deployed = knowledge.deployed()
    owners = {project.name: project.owner for project in knowledge.projects()}
    environments = knowledge.platform().environments
    for project, places in deployed["projects"].items():
        for env in deployed["environments"]:
            deploy = environments[env].deploy
            before = deploy.after if deploy else None
            if before and (waiting := places.get(before)) and waiting != places[env]:
                why = f"release {waiting[:12]} holds in {before} and is not in {env}"
                yield Need(WARN, owners[project], project, why, "/releases")

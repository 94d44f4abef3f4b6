"""What a scheduler has to know to run a project: its tasks, when, how long, how often, for whom; of no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from highroad.config.entries import stem
from highroad.config.platform import Platform
from highroad.orchestration.tasks import Task
from highroad.products.contract import contract_of
from highroad.products.freshness import promise_of
from highroad_workspace.projects import Project

WHOLE = Task("run", ())
"""The one task of a project whose nodes are not known: all of it."""


class Promise(NamedTuple):
    """What a contract promises of a product: its version, and the most that its newest data may age."""

    version: str
    fresh_within: timedelta | None


@dataclass(frozen=True)
class Workflow:
    """A project in an environment, as every scheduler runs it.

    Attributes:
        project: The project.
        environment: The environment.
        description: Of the project.
        owner: The team that answers for it.
        contact: How to reach them; empty where the platform does not say.
        kind: Of the project.
        schedule: Five cron fields or one of cron's names, in UTC; None runs on demand.
        retries: How often a task that failed is tried again.
        timeout: How long a run may take, all tries of all tasks.
        tasks: Each after those that it needs; at least one.
        produces: What is promised of each product that it publishes.
        consumes: The same of each that it reads.
        release: The release's id; empty for a working tree.
        commit: The release's commit; empty for a working tree.
    """

    project: str
    environment: str
    description: str
    owner: str
    contact: str
    kind: str
    schedule: str | None
    retries: int
    timeout: timedelta
    tasks: tuple[Task, ...]
    produces: Mapping[str, Promise] = field(default_factory=dict)
    consumes: Mapping[str, Promise] = field(default_factory=dict)
    release: str = ""
    commit: str = ""

    @property
    def name(self) -> str:
        """Of the project and the environment: what a scheduler knows it by."""
        return f"{self.project}-{self.environment}"

    def command(self, task: Task) -> tuple[str, ...]:
        """What runs a task in the project's folder."""
        words = ("kedro", "run", "--env", self.environment)
        return (*words, "--nodes", ",".join(task.nodes)) if task.nodes else words

    def products_of(self, task: Task) -> tuple[list[str], list[str]]:
        """The products that a task reads and those that it publishes, sorted."""
        if not task.nodes:
            return sorted(self.consumes), sorted(self.produces)
        read, wrote = ({stem(name) for name in names} for names in (task.reads, task.writes))
        return sorted(read & self.consumes.keys()), sorted(wrote & self.produces.keys())


def workflow_of(
    project: Project,
    environment: str,
    tasks: tuple[Task, ...],
    platform: Platform,
    conf: Path,
    *,
    release: str = "",
    commit: str = "",
) -> Workflow:
    """A project's workflow, by its metadata and its contracts.

    Args:
        project: The project.
        environment: The environment.
        tasks: Of its pipeline; none is all of it as one.
        platform: The platform's settings.
        conf: The folder platform-conf, which has the contracts.
        release: The release's id.
        commit: The release's commit.

    Raises:
        ContractError: A product has no contract that can be read.
    """
    owner = platform.owners.get(project.owner)
    return Workflow(
        project.name,
        environment,
        project.description,
        project.owner,
        owner.contact if owner is not None else "",
        project.kind,
        project.schedule,
        platform.retries if project.retries is None else project.retries,
        timedelta(minutes=project.timeout_min or platform.timeout_min),
        tasks or (WHOLE,),
        {each: _promise(each, conf) for each in project.publishes},
        {each: _promise(each, conf) for each in project.consumes},
        release,
        commit,
    )


def _promise(product: str, conf: Path) -> Promise:
    contract = contract_of(product, conf)
    seconds = promise_of(contract).latency_s
    return Promise(contract.version, timedelta(seconds=seconds) if seconds is not None else None)

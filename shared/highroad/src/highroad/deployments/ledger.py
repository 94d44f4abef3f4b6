"""The ledger: who deployed which release where, when and why, and what came of it. It only grows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from highroad.deployments.lock import Lock
from highroad.tracking.database import Database

DEPLOY, ROLLBACK = "deploy", "rollback"
"""Kinds of deployment."""
BEGAN, DONE, FAILED, ABANDONED = "began", "done", "failed", "abandoned"
"""Steps. What began and has no other step is at work, or its process was killed."""

_COLUMNS = (
    "number, deployment, at_s, project, environment, release, kind, step, made_by, why, detail"
)
_PUT = """
INSERT INTO highroad_deployments
  (deployment, at_s, project, environment, release, kind, step, made_by, why, detail)
VALUES (:deployment, {now}, :project, :environment, :release, :kind, :step, :made_by, :why, :detail)
"""


@dataclass(frozen=True)
class Deployment:
    """One attempt to bring a release to an environment.

    Attributes:
        id: Of the attempt.
        project: The project.
        environment: Where to.
        release: The release's id.
        kind: `deploy` or `rollback`.
        by: Who; empty where the platform does not ask.
        why: In words.
    """

    id: str
    project: str
    environment: str
    release: str
    kind: str
    by: str = ""
    why: str = ""


@dataclass(frozen=True)
class Entry:
    """A row of the ledger.

    Attributes:
        number: Counted as they are written, of all projects.
        at: When, by the database's clock, in UTC.
        deployment: Which attempt.
        step: What became of it: `began`, `done`, `failed` or `abandoned`.
        detail: More, such as the run that proved it or what failed.
    """

    number: int
    at: datetime
    deployment: Deployment
    step: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class Standing(NamedTuple):
    """What is where, as the ledger has it.

    Attributes:
        good: Releases that were deployed one after the other, the last of which is in place; a
            rollback takes the last one away.
        entry: The row by which the last of them came; None where nothing is in place.
        unsettled: An attempt of which nothing says how it ended.
    """

    good: tuple[str, ...]
    entry: Entry | None
    unsettled: Entry | None

    @property
    def release(self) -> str | None:
        """The release in place; None where none is."""
        return self.good[-1] if self.good else None


class Ledger:
    """The ledger.

    Args:
        database: The record store.
    """

    def __init__(self, database: Database):
        self._database = database

    def write(
        self, lock: Lock, deployment: Deployment, step: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Add a row, if whoever writes holds the lock still; the two are one transaction.

        Raises:
            BusyError: The lock went to somebody else meanwhile.
        """
        values = {
            "deployment": deployment.id,
            "project": deployment.project,
            "environment": deployment.environment,
            "release": deployment.release,
            "kind": deployment.kind,
            "step": step,
            "made_by": deployment.by,
            "why": deployment.why,
            "detail": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
        }
        with self._database.connect() as connection:
            lock.require(connection)
            connection.run(_PUT, values)

    def entries(
        self, project: str | None = None, environment: str | None = None, most: int | None = None
    ) -> list[Entry]:
        """Rows, oldest first; of the newest `most`, where that is given."""
        values = {"project": project, "environment": environment, "most": most}
        given = {key: value for key, value in values.items() if value is not None}
        where = " AND ".join(f"{key} = :{key}" for key in given if key != "most")
        query = f"SELECT {_COLUMNS} FROM highroad_deployments"
        query += f" WHERE {where}" if where else ""
        query += " ORDER BY number DESC" + (" LIMIT :most" if most is not None else "")
        with self._database.connect() as connection:
            return [_entry(row) for row in reversed(connection.run(query, given))]

    def standing(self, project: str, environment: str) -> Standing:
        """What is in place of a project in an environment."""
        return standing(self.entries(project, environment))


def standing(entries: Iterable[Entry]) -> Standing:
    """What rows of one project and environment, oldest first, add up to."""
    good: list[str] = []
    came: list[Entry] = []
    unsettled: Entry | None = None
    for entry in entries:
        unsettled = entry if entry.step == BEGAN else None
        if entry.step != DONE:
            continue
        release = entry.deployment.release
        if entry.deployment.kind == ROLLBACK:
            # To the one before, or by name further back; what lay between is not gone back to.
            while good and good[-1] != release:
                good.pop()
                came.pop()
        elif good[-1:] != [release]:
            good.append(release)
            came.append(entry)
    return Standing(tuple(good), came[-1] if came else None, unsettled)


def _entry(row: Sequence[Any]) -> Entry:
    number, id_, at_s, project, environment, release, kind, step, by, why, detail = row
    return Entry(
        number,
        datetime.fromtimestamp(at_s, UTC),
        Deployment(id_, project, environment, release, kind, by, why),
        step,
        json.loads(detail),
    )

"""The ledger: who deployed which release where, when and why, and what came of it. It only grows, as a chain."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from highroad.deployments.chain import Break, Row, breaks, recall, remember, row_hash
from highroad.deployments.lock import Lock
from highroad.errors import DataError
from highroad.tracking.database import Connection, Database

DEPLOY, ROLLBACK, ACCEPT = "deploy", "rollback", "accept"
"""Kinds of deployment; the last one deploys nothing, and says why rows that were rewritten stay."""
BEGAN, DONE, FAILED, ABANDONED = "began", "done", "failed", "abandoned"
"""Steps. What began and has no other step is at work, or its process was killed."""

_COLUMNS = "number, deployment, at_s, project, environment, release, kind, step, made_by, why, detail, previous"
_ADD = f"""
INSERT INTO highroad_deployments ({_COLUMNS})
SELECT COALESCE(MAX(number), 0) + 1, :deployment, {{now}}, :project, :environment, :release, :kind, :step,
  :made_by, :why, :detail, :previous
FROM highroad_deployments
"""
_ALL = f"SELECT {_COLUMNS} FROM highroad_deployments ORDER BY number"
_LAST = f"SELECT {_COLUMNS} FROM highroad_deployments ORDER BY number DESC LIMIT 1"
_NEWEST = """
INSERT INTO highroad_ledger_newest (id, hash) VALUES (1, '')
ON CONFLICT (id) DO UPDATE SET hash = highroad_ledger_newest.hash RETURNING hash
"""
"""Read, and kept by this transaction until it ends: rows come one after the other."""
_MOVE_NEWEST = "UPDATE highroad_ledger_newest SET hash = :hash WHERE id = 1"


@dataclass(frozen=True)
class Deployment:
    """One attempt to bring a release to an environment.

    Attributes:
        id: Of the attempt.
        project: The project.
        environment: Where to.
        release: The release's id.
        kind: `deploy`, `rollback` or `accept`.
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


class DeploymentState(NamedTuple):
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
        witness: A file that keeps the newest row that this machine saw.
    """

    def __init__(self, database: Database, witness: Path | None = None):
        self._database = database
        self._witness = witness

    def write(
        self, lock: Lock, deployment: Deployment, step: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Add a row, if whoever writes holds the lock still; the two are one transaction.

        Raises:
            BusyError: The lock went to somebody else meanwhile.
        """
        with self._database.connect() as connection:
            lock.require(connection)
            row = _add(connection, deployment, step, detail or {})
        remember(self._witness, row)

    def verify(self) -> int:
        """See that every row follows from the one before, up to the newest; gives how many there are.

        Raises:
            DataError: Rows were changed or removed, and nobody accepted that; says which.
        """
        with self._database.connect() as connection:
            rows, broken = self._broken(connection)
        if broken:
            listed = "\n".join(f"  {each.message}" for each in broken)
            raise DataError(
                f"The ledger of deployments in {self._database.shown} was rewritten:\n{listed}\nNothing is deployed by "
                "it. Find out who did, and restore the record store from a backup; or have the ledger go on as it is, "
                "on record: highroad deployments verify --accept WHY"
            )
        if rows:
            remember(self._witness, rows[-1])
        return len(rows)

    def accept(self, by: str, why: str) -> list[Break]:
        """Let the ledger go on from what is there, with a row that says so; gives what was broken.

        Args:
            by: Who accepts it.
            why: In words.
        """
        with self._database.connect() as connection:
            rows, broken = self._broken(connection)
            if not broken:
                return []
            connection.run(_MOVE_NEWEST, {"hash": row_hash(rows[-1]) if rows else ""})
            accepted = Deployment(secrets.token_hex(8), "", "", "", ACCEPT, by, why)
            detail = {"accepted": [each.key for each in broken]}
            row = _add(connection, accepted, DONE, detail)
        remember(self._witness, row)
        return broken

    def _broken(self, connection: Connection) -> tuple[list[tuple[Any, ...]], list[Break]]:
        ((newest,),) = connection.run(_NEWEST, {})
        rows = connection.run(_ALL, {})
        accepted = set[str]()
        for row in rows:
            with suppress(KeyError, TypeError, ValueError):  # a row that was rewritten is anything
                accepted.update(json.loads(row[10])["accepted"] if row[6] == ACCEPT else ())
        found = breaks(rows, newest, recall(self._witness))
        return rows, [each for each in found if each.key not in accepted]

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

    def standing(self, project: str, environment: str) -> DeploymentState:
        """What is in place of a project in an environment."""
        return standing(self.entries(project, environment))


def standing(entries: Iterable[Entry]) -> DeploymentState:
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
    return DeploymentState(tuple(good), came[-1] if came else None, unsettled)


def _add(
    connection: Connection, deployment: Deployment, step: str, detail: Mapping[str, Any]
) -> Row:
    values = {
        "deployment": deployment.id,
        "project": deployment.project,
        "environment": deployment.environment,
        "release": deployment.release,
        "kind": deployment.kind,
        "step": step,
        "made_by": deployment.by,
        "why": deployment.why,
        "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True),
    }
    ((newest,),) = connection.run(_NEWEST, {})
    connection.run(_ADD, values | {"previous": newest})
    (row,) = connection.run(_LAST, {})  # as it is kept: SQLite's RETURNING gives 1.0 as 1
    connection.run(_MOVE_NEWEST, {"hash": row_hash(row)})
    return row


def _entry(row: Row) -> Entry:
    number, id_, at_s, project, environment, release, kind, step, by, why, detail, _ = row
    deployment = Deployment(id_, project, environment, release, kind, by, why)
    try:
        return Entry(
            number, datetime.fromtimestamp(at_s, UTC), deployment, step, json.loads(detail)
        )
    except (OSError, OverflowError, TypeError, ValueError):
        raise DataError(
            f"Row {number} of the ledger of deployments cannot be read; see `highroad deployments verify`."
        ) from None

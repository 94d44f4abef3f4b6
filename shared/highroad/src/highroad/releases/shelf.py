"""Where releases are kept: in the record store, each for ever as it was made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from highroad.errors import DataError
from highroad.releases.release import Release
from highroad.tracking.database import Database
from highroad_workspace.metadata import meant

SHORTEST_ID, LENGTH_OF_ID = 6, 64
_ID = re.compile(r"[0-9a-f]+\Z")
_NAMED = re.compile(r"(?P<project>[a-z]\w*)(~(?P<back>\d{1,9}))?\Z")
_PUT = """
INSERT INTO highroad_releases (id, project, version, made_at, made_by, manifest, signature)
VALUES (:id, :project, :version, :made_at, :made_by, :manifest, :signature)
ON CONFLICT (id) DO NOTHING
"""
_SIGN = "UPDATE highroad_releases SET signature = :signature WHERE id = :id AND signature = ''"
_COLUMNS = "SELECT number, made_at, made_by, manifest, signature, id FROM highroad_releases"


@dataclass(frozen=True)
class Kept:
    """A release as it is kept.

    Attributes:
        release: The release.
        number: Counted in the order in which releases were made, of all projects.
        made_at: ISO 8601 in UTC.
        made_by: Who; empty where the platform does not ask.
        signature: Empty where it is not signed.
    """

    release: Release
    number: int
    made_at: str
    made_by: str
    signature: str


class Shelf:
    """Releases.

    Args:
        database: The record store.
    """

    def __init__(self, database: Database):
        self._database = database

    def put(self, release: Release, *, by: str = "", signature: str = "") -> Kept:
        """Keep a release; one that is kept already stays as it is, and may be signed later."""
        values = {
            "id": release.id,
            "project": release.project,
            "version": release.version,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "made_by": by,
            "manifest": release.to_json(),
            "signature": signature,
        }
        with self._database.connect() as connection:
            connection.run(_PUT, values)
            if signature:
                connection.run(_SIGN, {"id": release.id, "signature": signature})
        return self.find(release.id)

    def recent(self, project: str | None = None, most: int = 20) -> list[Kept]:
        """The newest releases, newest first."""
        where = " WHERE project = :project" if project else ""
        query = f"{_COLUMNS}{where} ORDER BY number DESC LIMIT :most"
        values = {"most": most} | ({"project": project} if project else {})
        with self._database.connect() as connection:
            return [_kept(row) for row in connection.run(query, values)]

    def find(self, wanted: str) -> Kept:
        """A release by its id, the beginning of it, or as `PROJECT` (its newest), `PROJECT~1`, ….

        Raises:
            DataError: There is none, several begin so, or the one that is kept is not what it was.
        """
        if _ID.match(wanted) and SHORTEST_ID <= len(wanted) <= LENGTH_OF_ID:
            least, most = (wanted.ljust(LENGTH_OF_ID, each) for each in "0f")
            query = f"{_COLUMNS} WHERE id BETWEEN :least AND :most ORDER BY number DESC LIMIT 5"
            with self._database.connect() as connection:
                found = [
                    _kept(row) for row in connection.run(query, {"least": least, "most": most})
                ]
            if len(found) == 1:
                return found[0]
            if found:
                listed = ", ".join(
                    f"{each.release.id[:16]} ({each.release.project})" for each in found
                )
                raise DataError(f"'{wanted}' is the beginning of several releases: {listed}.")
        if named := _NAMED.match(wanted):
            back = int(named["back"] or 0)
            newest = self.recent(named["project"], back + 1)
            if len(newest) > back:
                return newest[back]
        raise DataError(self._unknown(wanted))

    def _unknown(self, wanted: str) -> str:
        with self._database.connect() as connection:
            rows: Sequence[tuple[str, ...]] = connection.run(
                "SELECT DISTINCT project FROM highroad_releases ORDER BY project", {}
            )
        projects = [row[0] for row in rows]
        if not projects:
            return f"no release '{wanted}': none was made yet. `nox -s \"release(project='…')\"` makes one."
        return (
            f"no release '{wanted}'.{meant(wanted, projects)} Expected an id, at least {SHORTEST_ID} signs of "
            f"its beginning, or a project for its newest: {', '.join(projects)}."
        )


def _kept(row: tuple[object, ...]) -> Kept:
    number, made_at, made_by, manifest, signature, id_ = row
    release = Release.from_json(str(manifest), f"release {id_}")
    if release.id != id_:
        raise DataError(
            f"release {id_}: its manifest was changed, it is {release.id[:12]} now. Nothing that depends on it is "
            "done; make the release again from its commit."
        )
    return Kept(release, int(str(number)), str(made_at), str(made_by), str(signature))

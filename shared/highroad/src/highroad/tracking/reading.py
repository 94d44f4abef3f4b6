"""Find runs in the record store: by id, by project, by what they read and wrote."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from highroad.errors import DataError
from highroad.tracking.database import Database
from highroad.tracking.process import is_gone
from highroad.tracking.record import LOST, RUNNING, Record
from highroad.tracking.visible import visible_record
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    import sqlalchemy as sa

    from highroad.products.visible import VisibleProducts

SILENT_S = 150.0
"""A run on another machine that gave no sign of life for so long is lost; it gives one in 30 s."""
WAITS_S = 86_400.0
"""A run of several tasks of which none is at work waits for its scheduler, but not for ever."""
SHORTEST_ID, LENGTH_OF_ID = 4, 32
_OF_PROJECT = re.compile(r"(?P<project>[a-z]\w*)(~(?P<back>\d{1,9}))?\Z")
_ID = re.compile(r"[0-9a-f]+\Z")


class RecordReader:
    """Read records.

    Args:
        database: Where they are.
        products: The products that whoever asks may see; None shows records as they are.
    """

    def __init__(self, database: Database, products: VisibleProducts | None = None):
        self._database = database
        self._products = products

    def recent(self, project: str | None = None, most: int = 20) -> list[Record]:
        """The newest runs, newest first; killed ones are `lost`.

        Args:
            project: Only this project's.
            most: At most so many.

        Raises:
            DataError: The database cannot be reached.
        """
        import sqlalchemy as sa

        from highroad.tracking.schema import runs

        query = sa.select(runs).order_by(runs.c.id.desc()).limit(most)
        if project is not None:
            query = query.where(runs.c.project == project)
        with self._connection() as connection:
            return self._records(connection, query)

    def projects(self) -> list[str]:
        """The projects that have runs on record, by name.

        Raises:
            DataError: The database cannot be reached.
        """
        with self._connection() as connection:
            return self._projects(connection)

    def find(self, wanted: str) -> Record:
        """One run: by its id, the beginning of it, or as `PROJECT` (its last run), `PROJECT~1`, ….

        Raises:
            DataError: There is none, or several begin so; says which.
        """
        import sqlalchemy as sa

        from highroad.tracking.schema import runs

        with self._connection() as connection:
            if _ID.match(wanted) and len(wanted) >= SHORTEST_ID:
                # Of one length and of digits alone, ids sort alike in every collation.
                least, most = (wanted.ljust(LENGTH_OF_ID, each) for each in "0f")
                found = self._records(
                    connection,
                    sa.select(runs)
                    .where(runs.c.id.between(least, most))
                    .order_by(runs.c.id.desc())
                    .limit(5),
                )
                if len(found) == 1 or (found and found[0].id == wanted):
                    return found[0]
                if found:
                    raise DataError(
                        f"'{wanted}' is the beginning of several runs: "
                        f"{', '.join(f'{each.id} ({each.project})' for each in found)}. Write more of it."
                    )
            if named := _OF_PROJECT.match(wanted):
                back = int(named["back"] or 0)
                query = (
                    sa.select(runs)
                    .where(runs.c.project == named["project"])
                    .order_by(runs.c.id.desc())
                    .offset(back)
                    .limit(1)
                )
                if found := self._records(connection, query):
                    return found[0]
            raise DataError(self._unknown(connection, wanted))

    def using(
        self, place: str, version: str | None = None, most: int = 1000
    ) -> list[tuple[str, Record]]:
        """The runs that read (`in`) or wrote (`out`) what lies at a place, newest first.

        Args:
            place: A file, a folder or a product's table, as records have it.
            version: Only this version of it.
            most: At most so many.
        """
        import sqlalchemy as sa

        from highroad.tracking.schema import datasets, runs

        query = (
            sa.select(datasets.c.direction, runs)
            .join(runs, runs.c.id == datasets.c.run)
            .where(datasets.c.place == place)
            .order_by(runs.c.id.desc())
            .limit(most)
        )
        if version is not None:
            query = query.where(datasets.c.version == version)
        with self._connection() as connection:
            now = _now(connection, self._database.kind)
            return [
                (str(row.direction), self._shown(_record(row, now)))
                for row in connection.execute(query)
            ]

    def places_of(self, version: str) -> list[str]:
        """Where data of this version was written or read."""
        import sqlalchemy as sa

        from highroad.tracking.schema import datasets

        query = sa.select(datasets.c.place).where(datasets.c.version == version).distinct()
        with self._connection() as connection:
            return sorted(filter(None, connection.execute(query).scalars()))

    def _projects(self, connection: Any) -> list[str]:
        import sqlalchemy as sa

        from highroad.tracking.schema import runs

        return sorted(connection.execute(sa.select(runs.c.project).distinct()).scalars())

    def _unknown(self, connection: Any, wanted: str) -> str:
        projects = self._projects(connection)
        if not projects:
            return f"no run '{wanted}': no run is on record in {self._database.shown} yet."
        return (
            f"no run '{wanted}' in {self._database.shown}.{meant(wanted, projects)} Expected an id, at "
            f"least {SHORTEST_ID} signs of its beginning, or a project for its last run: "
            f"{', '.join(projects)}. `highroad runs list` shows them."
        )

    def _records(self, connection: Any, query: Any) -> list[Record]:
        now = _now(connection, self._database.kind)
        return [self._shown(_record(row, now)) for row in connection.execute(query)]

    def _shown(self, record: Record) -> Record:
        return record if self._products is None else visible_record(record, self._products)

    @cached_property
    def _engine(self) -> sa.Engine:
        import sqlalchemy as sa

        with self._database.connect():
            pass  # makes the schema where it is missing
        engine = sa.create_engine(self._database.url)
        weakref.finalize(self, engine.dispose)
        return engine

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        import sqlalchemy as sa

        try:
            with self._engine.connect() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise DataError(f"{self._database.shown}: {error.orig}") from error


def ids_beginning(reader: RecordReader, start: str, most: int = 20) -> Sequence[str]:
    """Ids and projects to complete a word with; none where the database cannot be reached."""
    try:
        found = reader.recent(most=200)
    except DataError:
        return ()
    words = dict.fromkeys([each.project for each in found] + [each.id for each in found])
    return [word for word in words if word.startswith(start)][:most]


def _now(connection: Any, kind: str) -> float:
    """The database's clock, which beats are told by."""
    from highroad.tracking.database import NOW

    return float(connection.exec_driver_sql(f"SELECT {NOW[kind]}").scalar_one())


def _record(row: Any, now: float) -> Record:
    record = Record.from_json(row.record, f"run {row.id}")
    if row.status != RUNNING:
        return record
    gone = is_gone(row.process) if row.process else None
    patience_s = SILENT_S if row.process else WAITS_S
    lost = gone if gone is not None else now - row.beat_s > patience_s
    return replace(record, status=LOST) if lost else record

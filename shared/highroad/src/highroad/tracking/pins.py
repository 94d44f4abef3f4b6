"""What all tasks of a run read alike: whichever comes first settles on a version, the others take it."""

from __future__ import annotations

from highroad.tracking.database import Connection, Database
from highroad.tracking.writing import parts_of

_PIN = """
INSERT INTO highroad_run_pins (run, name, version) VALUES (:run, :name, :version)
ON CONFLICT (run, name) DO NOTHING
"""
_PINNED = "SELECT version FROM highroad_run_pins WHERE run = :run AND name = :name"


class Pins:
    """The versions of data that one run reads.

    Args:
        database: The record store.
        run: The run's id; it has begun on record.
    """

    def __init__(self, database: Database, run: str):
        self._database = database
        self._run = run

    def settle(self, name: str, latest: str) -> str:
        """The version of this data for the whole run: the one that a task settled on before, else `latest`.

        Raises:
            DataError: The record store cannot be reached.
        """
        with self._database.connect() as connection:
            return _settled(connection, self._run, name, latest)

    def written(self, kind: str) -> dict[str, str]:
        """The versions of a kind (see `DatasetUse`) that tasks of the run wrote, by the dataset's name.

        Raises:
            DataError: The record store cannot be reached.
        """
        with self._database.connect() as connection:
            return {
                use.name: use.version
                for part in parts_of(connection, self._run)
                for use in part.outputs
                if use.kind == kind and use.version
            }


def _settled(connection: Connection, run: str, name: str, latest: str) -> str:
    values = {"run": run, "name": name}
    connection.run(_PIN, {**values, "version": latest})
    return str(connection.run(_PINNED, values)[0][0])

"""The record store's database, spoken to in its driver's own tongue by the runs that write to it.

A run writes a few statements, the same for both databases. SQLAlchemy, which reading and migrations
use, costs a small run more CPU to import than its whole record; `sqlite3` costs a thirtieth of that,
and `psycopg` is needed either way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from highroad.errors import ConfigError, DataError
from highroad.secrets.redaction import redact

REVISION = "0005"
"""The schema this version writes; the name of the newest migration."""
PATIENCE_S = 20
"""How long a writer waits for others that write to an SQLite file."""
CONNECT_S = 4
NOW = {
    "sqlite": "CAST(strftime('%s', 'now') AS REAL)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS double precision)",
}
_PLACE = re.compile(r"(?<![:\w]):([a-z]\w*)")


class Database(NamedTuple):
    """Where records are.

    Attributes:
        kind: `sqlite` or `postgresql`.
        place: A file, or a URL as psycopg takes it.
    """

    kind: str
    place: str

    @property
    def url(self) -> str:
        """As SQLAlchemy takes it."""
        if self.kind == "sqlite":
            return f"sqlite:///{self.place}"
        return self.place.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def shown(self) -> str:
        """For messages: without the password."""
        return redact(self.place)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection with the schema in place; what is done in it is done whole or not at all.

        Raises:
            DataError: The database cannot be reached, or is none.
        """
        connection = self._current()
        try:
            if self.kind == "sqlite":
                connection.run("BEGIN IMMEDIATE", {})
            yield connection
            connection.raw.commit()
        except _errors(self.kind) as error:
            raise DataError(f"{self.shown}: {_first_line(error)}") from error
        finally:
            connection.raw.close()

    def _current(self) -> Connection:
        for _ in range(2):
            connection = Connection(self.kind, self._driver())
            if self._is_current(connection):
                return connection
            connection.raw.close()
            self._migrate()
        return Connection(self.kind, self._driver())

    def _driver(self) -> Any:
        try:
            if self.kind == "sqlite":
                import sqlite3

                Path(self.place).parent.mkdir(parents=True, exist_ok=True)
                raw = sqlite3.connect(self.place, timeout=PATIENCE_S, isolation_level=None)
                raw.execute("PRAGMA foreign_keys = ON")
                return raw
            import psycopg

            return psycopg.connect(self.place, connect_timeout=CONNECT_S)
        except ImportError as error:
            raise ConfigError(
                f"records lie in {self.shown}, and psycopg is not installed here: depend on "
                "highroad[postgresql]."
            ) from error
        except OSError as error:
            raise DataError(f"{self.shown}: {_first_line(error)}") from error
        except _errors(self.kind) as error:
            raise DataError(f"{self.shown}: {_first_line(error)}") from error

    def _is_current(self, connection: Connection) -> bool:
        """Is the schema this version's, or one of a newer version, which only adds to it?"""
        try:
            found = connection.run("SELECT version_num FROM highroad_version", {})
        except _errors(self.kind):
            connection.raw.rollback()
            return False
        connection.raw.rollback()
        return bool(found) and found[0][0] >= REVISION

    def _migrate(self) -> None:
        from highroad.tracking.migrating import migrate

        migrate(self.url, REVISION)


class Connection:
    """A driver's connection that takes `:name` for values and `{now}` for its clock."""

    def __init__(self, kind: str, raw: Any):
        self._kind = kind
        self.raw = raw

    def run(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Rows of one statement; none where it gives none."""
        cursor = self.raw.cursor()
        cursor.execute(self._own(statement), dict(values))
        return cursor.fetchall() if cursor.description else []

    def run_many(self, statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """One statement for each row of values."""
        if rows:
            self.raw.cursor().executemany(self._own(statement), [dict(row) for row in rows])

    def _own(self, statement: str) -> str:
        statement = (
            statement.replace("{now}", NOW[self._kind]) if "{now}" in statement else statement
        )
        if self._kind == "sqlite":
            return statement
        return _PLACE.sub(r"%(\1)s", statement)


def database_of(url: str, home: Path) -> Database:
    """The database of a URL.

    Args:
        url: `sqlite:///FILE` or `postgresql://…`.
        home: What a relative file is relative to.

    Raises:
        ConfigError: It is of another kind.
    """
    scheme, _, rest = url.partition("://")
    kind = scheme.partition("+")[0]
    if kind == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return Database("sqlite", (home / rest[1:]).as_posix())  # an absolute path stays what it is
    if kind in ("postgresql", "postgres") and rest:
        return Database("postgresql", f"postgresql://{rest}")
    raise ConfigError(
        f"records: '{redact(url)}' is no database for run records; expected "
        "sqlite:///path/to/file.db or postgresql://user@host/database."
    )


def _errors(kind: str) -> tuple[type[BaseException], ...]:
    if kind == "sqlite":
        import sqlite3

        return (sqlite3.Error,)
    import psycopg

    return (psycopg.Error,)


def _first_line(error: BaseException) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if line == "database is locked":
        return f"{line}: another process wrote to it for {PATIENCE_S} s; try again once that has ended."
    return line

"""Bring a record store's schema up to date; one at a time, whoever comes first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from highroad.errors import DataError
from highroad.secrets.redaction import redact

_LOCK = 7_140_352_801_169_235_012
"""A number that PostgreSQL knows this lock by; nobody else's, being random."""


def migrate(url: str, revision: str) -> None:
    """Run the migrations that a store lacks.

    Args:
        url: The store's, as SQLAlchemy takes it.
        revision: The newest migration.

    Raises:
        DataError: The database refuses.
    """
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config

    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", "highroad.tracking:migrations")
    try:
        with _alone(engine.url), engine.connect() as connection:
            if engine.dialect.name == "sqlite":  # readers need not wait for writers, for ever after
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                connection.commit()
            else:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            if _revision(connection) < revision:
                config.attributes["connection"] = connection
                command.upgrade(config, revision)
            connection.commit()
    except sa.exc.DBAPIError as error:
        raise DataError(f"{redact(url)}: {str(error.orig).strip().splitlines()[0]}") from error
    finally:
        engine.dispose()


@contextmanager
def _alone(url: Any) -> Iterator[None]:
    if url.get_backend_name() != "sqlite":
        yield
        return
    from filelock import FileLock

    with FileLock(f"{url.database}.lock"):
        yield


def _revision(connection: Any) -> str:
    from alembic.migration import MigrationContext

    from highroad.tracking.schema import VERSION_TABLE

    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision() or ""

"""An empty record store on SQLite, and one on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from highroad.tracking.database import Database, database_of


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty record store of each kind."""
    if request.param == "sqlite":
        return database_of("sqlite:///records.db", tmp_path)
    url = request.getfixturevalue("postgresql")
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        # Sorted as people sort, as a server in production may be.
        connection.execute("DROP DATABASE IF EXISTS records WITH (FORCE)")
        connection.execute(
            "CREATE DATABASE records TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'"
        )
    return database_of(url.replace("/postgres?", "/records?"), tmp_path)

"""The tables of the record store, as SQLAlchemy reads them; migrations make them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

VERSION_TABLE = "highroad_version"
"""Where Alembic keeps the schema's version; a name of its own, for a database that others use too."""
metadata = MetaData()

runs = Table(
    "highroad_runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("began_at", Text, nullable=False),
    Column("ended_at", Text),
    Column("process", Text, nullable=False),
    Column("beat_s", Double, nullable=False),
    Column("record", Text, nullable=False),
    Index("highroad_runs_project", "project", "id"),
)
"""A row a run. `record` is the whole as JSON; `beat_s` the database's own clock when it last
lived, in seconds since 1970; times are ISO 8601 in UTC."""

datasets = Table(
    "highroad_run_datasets",
    metadata,
    Column("run", Text, ForeignKey("highroad_runs.id", ondelete="CASCADE"), nullable=False),
    Column("direction", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("place", Text),
    Column("kind", Text, nullable=False),
    Column("version", Text),
    Column("row_count", BigInteger),
    Column("byte_count", BigInteger),
    PrimaryKeyConstraint("run", "direction", "dataset"),
    Index("highroad_run_datasets_place", "place", "version"),
    Index("highroad_run_datasets_version", "version"),
)
"""What each run read (`in`) and wrote (`out`), to walk from data to runs and back."""

tasks = Table(
    "highroad_run_tasks",
    metadata,
    Column("run", Text, ForeignKey("highroad_runs.id", ondelete="CASCADE"), nullable=False),
    Column("task", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("record", Text, nullable=False),
    PrimaryKeyConstraint("run", "task"),
)
"""Of a run that a scheduler runs as several processes, the part of each, of its latest attempt."""

pins = Table(
    "highroad_run_pins",
    metadata,
    Column("run", Text, ForeignKey("highroad_runs.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    PrimaryKeyConstraint("run", "name"),
)
"""Which version of its data such a run reads: whichever task comes first settles it for all."""

releases = Table(
    "highroad_releases",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("project", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Index("highroad_releases_project", "project", "number"),
)
"""A row a release, counted as they are made. `id` is SHA-256 of `manifest`, which is JSON."""

deployments = Table(
    "highroad_deployments",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("deployment", Text, nullable=False),
    Column("at_s", Double, nullable=False),
    Column("project", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", Text),
    Index("highroad_deployments_place", "project", "environment", "number"),
)
"""The ledger: a row a step of a deployment, which the database refuses to change or remove. `at_s` is
the database's own clock, in seconds since 1970; `detail` is JSON; `previous` the hash of the row before, see `highroad.deployments.chain`."""

ledger_newest = Table(
    "highroad_ledger_newest",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", Text, nullable=False),
)
"""One row: the hash of the newest row of the ledger."""

deployment_locks = Table(
    "highroad_deployment_locks",
    metadata,
    Column("project", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("until_s", Double, nullable=False),
    PrimaryKeyConstraint("project", "environment"),
)
"""Who deploys a project to an environment just now, and until when nobody else may, by the database's clock."""

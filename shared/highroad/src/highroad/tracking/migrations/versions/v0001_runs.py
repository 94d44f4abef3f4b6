"""Runs, and the datasets they read and wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "highroad_runs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("began_at", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("beat_s", sa.Double, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("highroad_runs_project", "highroad_runs", ["project", "id"])
    op.create_table(
        "highroad_run_datasets",
        sa.Column(
            "run", sa.Text, sa.ForeignKey("highroad_runs.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("dataset", sa.Text, nullable=False),
        sa.Column("place", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("row_count", sa.BigInteger),
        sa.Column("byte_count", sa.BigInteger),
        sa.PrimaryKeyConstraint("run", "direction", "dataset"),
    )
    table = "highroad_run_datasets"
    op.create_index("highroad_run_datasets_place", table, ["place", "version"])
    op.create_index("highroad_run_datasets_version", table, ["version"])

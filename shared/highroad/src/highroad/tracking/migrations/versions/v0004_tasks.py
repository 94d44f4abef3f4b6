"""Runs of several processes: their parts, and what they settled on."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "highroad_run_tasks",
        sa.Column(
            "run", sa.Text, sa.ForeignKey("highroad_runs.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run", "task"),
    )
    op.create_table(
        "highroad_run_pins",
        sa.Column(
            "run", sa.Text, sa.ForeignKey("highroad_runs.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run", "name"),
    )

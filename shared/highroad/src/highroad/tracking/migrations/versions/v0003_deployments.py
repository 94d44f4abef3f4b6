"""Deployments: a ledger that the database itself keeps from being changed, and locks."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_LEDGER = "highroad_deployments"


def upgrade() -> None:
    """Make the tables, and let the ledger only grow."""
    op.create_table(
        _LEDGER,
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("deployment", sa.Text, nullable=False),
        sa.Column("at_s", sa.Double, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("highroad_deployments_place", _LEDGER, ["project", "environment", "number"])
    op.create_table(
        "highroad_deployment_locks",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("until_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("project", "environment"),
    )
    for statement in _only_grows(op.get_bind().dialect.name):
        op.execute(statement)


def _only_grows(dialect: str) -> list[str]:
    """Statements that make the database refuse to change or remove a row of the ledger."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {_LEDGER}_no_{verb.lower()} BEFORE {verb} ON {_LEDGER} "
            "BEGIN SELECT RAISE(ABORT, 'the ledger of deployments only grows'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE FUNCTION {_LEDGER}_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RAISE EXCEPTION ''the ledger of deployments only grows''; END'",
        f"CREATE TRIGGER {_LEDGER}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {_LEDGER} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_LEDGER}_only_grows()",
    ]

"""The ledger of deployments as a chain: each row holds the hash of the one before."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_LEDGER, _NEWEST = "highroad_deployments", "highroad_ledger_newest"
_ONLY_GROWS = "the ledger of deployments only grows, by this version of highroad or a newer one"
_COLUMNS = (
    "number, deployment, at_s, project, environment, release, kind, step, made_by, why, detail"
)


def upgrade() -> None:
    """Chain the rows that are there, and let only chained ones follow."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _sqlite_opens() if is_sqlite else [_postgresql("DISABLE")]:
        op.execute(statement)
    op.add_column(_LEDGER, sa.Column("previous", sa.Text))
    op.create_table(
        _NEWEST,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
    )
    newest = _fill(op.get_bind())
    op.execute(
        sa.text(f"INSERT INTO {_NEWEST} (id, hash) VALUES (1, :hash)").bindparams(hash=newest)
    )
    for statement in _sqlite_closes() if is_sqlite else [_postgresql("ENABLE")]:
        op.execute(statement)
    if not is_sqlite:
        op.create_check_constraint(f"{_LEDGER}_chained", _LEDGER, "previous IS NOT NULL")


def _fill(connection: sa.Connection) -> str:
    """Give each row the hash of the one before; gives that of the last."""
    newest = ""
    change = sa.text(f"UPDATE {_LEDGER} SET previous = :previous WHERE number = :number")
    rows = connection.execute(sa.text(f"SELECT {_COLUMNS} FROM {_LEDGER} ORDER BY number")).all()
    for row in rows:
        connection.execute(change, {"previous": newest, "number": row[0]})
        text = json.dumps([*row, newest], ensure_ascii=False, separators=(",", ":"))
        newest = hashlib.sha256(text.encode()).hexdigest()
    return newest


def _postgresql(verb: str) -> str:
    return f"ALTER TABLE {_LEDGER} {verb} TRIGGER {_LEDGER}_only_grows"


def _sqlite_opens() -> list[str]:
    return [f"DROP TRIGGER {_LEDGER}_no_{verb}" for verb in ("update", "delete")]


def _sqlite_closes() -> list[str]:
    """The same triggers again, and one more: REPLACE deletes without asking the one for DELETE."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_ONLY_GROWS}'); END"
    there = f"EXISTS (SELECT 1 FROM {_LEDGER} WHERE number = NEW.number)"
    return [
        f"CREATE TRIGGER {_LEDGER}_no_update BEFORE UPDATE ON {_LEDGER} {refuse}",
        f"CREATE TRIGGER {_LEDGER}_no_delete BEFORE DELETE ON {_LEDGER} {refuse}",
        f"CREATE TRIGGER {_LEDGER}_no_replace BEFORE INSERT ON {_LEDGER} "
        f"WHEN NEW.previous IS NULL OR {there} {refuse}",
    ]

"""Run by Alembic, with the connection that `migrate` gives it."""

from alembic import context

from highroad.tracking.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()

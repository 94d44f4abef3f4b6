"""Alembic's migrations of the record store."""

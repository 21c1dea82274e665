"""Alembic: every change of the tables, in order."""

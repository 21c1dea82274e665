"""Alembic's environment: it works on the connection that `web.database.upgrade` hands over, and on no other."""

from __future__ import annotations

from alembic import context

from web.database import metadata


def _run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, transaction_per_migration=False
    )
    with context.begin_transaction():
        context.run_migrations()


_run()

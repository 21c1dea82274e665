"""The outbox: work that follows from a commit, written in the same transaction and done afterwards, at least once.

Several workers may take from it: PostgreSQL skips rows that another holds, SQLite has one writer at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ledger.basics.canonical import Json, canonical, parse_object
from ledger.store.engine import to_ms
from ledger.store.tables import outbox

LEASE: Final = timedelta(seconds=60)  # how long a worker has, before another may try
MAX_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Message:
    """One piece of work; `attempts` counts this one."""

    id: int
    topic: str
    body: dict[str, Json]
    attempts: int


def put(conn: sa.Connection, topic: str, body: dict[str, Json], at: datetime) -> None:
    """Writes a message, due at once."""
    row = {"topic": topic, "body": canonical(body), "created": to_ms(at), "due": to_ms(at)}
    conn.execute(sa.insert(outbox).values(**row))


def take(conn: sa.Connection, now: datetime, limit: int = 50) -> list[Message]:
    """Takes due messages for the time of `LEASE`, oldest first. Commit, do the work, then `done` or `failed`."""
    rows = conn.execute(
        sa.select(outbox.c.id, outbox.c.topic, outbox.c.body, outbox.c.attempts)
        .where(outbox.c.done.is_(None), outbox.c.due <= to_ms(now))
        .order_by(outbox.c.due, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    messages = [Message(row.id, row.topic, parse_object(bytes(row.body)), row.attempts + 1) for row in rows]
    if messages:
        conn.execute(
            sa.update(outbox)
            .where(outbox.c.id.in_([one.id for one in messages]))
            .values(attempts=outbox.c.attempts + 1, due=to_ms(now + LEASE))
        )
    return messages


def done(conn: sa.Connection, message: Message, now: datetime) -> None:
    """The work is done."""
    conn.execute(sa.update(outbox).where(outbox.c.id == message.id).values(done=to_ms(now), error=""))


def failed(conn: sa.Connection, message: Message, error: str, now: datetime) -> None:
    """It failed with an error code; it is due again after a wait that doubles from 2 s to an hour."""
    wait = min(MAX_WAIT, timedelta(seconds=2 ** min(message.attempts, 12)))
    conn.execute(sa.update(outbox).where(outbox.c.id == message.id).values(due=to_ms(now + wait), error=error[:128]))

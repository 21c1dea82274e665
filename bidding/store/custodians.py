"""Which custodians have proved lately that they can open: a dead one is seen hours before the deadline, not at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bidding.store.tables import custodians_seen as table
from ledger.basics import clock

# A custodian is given this share of the time between two challenges before it is called silent.
PATIENCE: Final = 2


@dataclass(frozen=True)
class Seen:
    """When a custodian was last challenged for a tender and last answered right (text of 24, empty for never)."""

    custodian: str
    challenged: str
    answered: str
    silent: bool


def due(conn: sa.Connection, tender: str, custodian: str, every: timedelta, now: datetime) -> bool:
    """Whether it is time to challenge a custodian again."""
    last = conn.execute(
        sa.select(table.c.challenged).where(table.c.tender == tender, table.c.custodian == custodian)
    ).scalar_one_or_none()
    return not last or clock.parse_time(last) + every <= now


def challenged(conn: sa.Connection, tender: str, custodian: str, now: datetime) -> None:
    """A challenge was left for it."""
    _set(conn, tender, custodian, {"challenged": clock.text(now)})


def answered(conn: sa.Connection, tender: str, custodian: str, now: datetime) -> None:
    """It answered a challenge, and rightly."""
    _set(conn, tender, custodian, {"answered": clock.text(now)})


def seen(conn: sa.Connection, tender: str, every: timedelta, now: datetime) -> list[Seen]:
    """Every custodian that was challenged for a tender; `silent`: its last challenge waits too long for an answer."""
    out = []
    for row in conn.execute(sa.select(table).where(table.c.tender == tender).order_by(table.c.custodian)):
        late = not row.answered or row.answered < row.challenged
        waits = bool(row.challenged) and clock.parse_time(row.challenged) + every / PATIENCE <= now
        out.append(Seen(row.custodian, row.challenged, row.answered, late and waits))
    return out


def _set(conn: sa.Connection, tender: str, custodian: str, values: dict[str, str]) -> None:
    where = (table.c.tender == tender, table.c.custodian == custodian)
    if conn.execute(sa.update(table).where(*where).values(**values)).rowcount == 0:
        row = {"tender": tender, "custodian": custodian, "challenged": "", "answered": "", **values}
        conn.execute(sa.insert(table).values(**row))

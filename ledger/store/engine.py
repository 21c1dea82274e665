"""Engines, transactions and the database's clock, the same for SQLite and PostgreSQL.

SQLite: WAL, foreign keys, `BEGIN IMMEDIATE` for whatever writes (a read transaction that upgrades would get
SQLITE_BUSY), every commit on disk. PostgreSQL: READ COMMITTED, row locks where the code says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from ledger.basics import clock
from ledger.basics.clock import Clock

_CLOCK: Final = "mingjing_clock"
_WRITES: Final = "mingjing_writes"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BUSY_MS: Final = 30_000


def create_engine(
    url: str,
    now: Clock | None = None,
    **options: Any,  # noqa: ANN401 - SQLAlchemy's own
) -> sa.Engine:
    """An engine for `sqlite:///path` or `postgresql://…` (psycopg 3).

    `now` stands in for the database's clock (tests, demonstrations); `options` go to `sqlalchemy.create_engine`.
    """
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    engine = sa.create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    return engine.execution_options(**{_CLOCK: now}) if now else engine


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One writing transaction: commits at the end, rolls back if anything is raised."""
    with engine.execution_options(**{_WRITES: True}).begin() as conn:
        yield conn


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection to read with; several statements see one state on SQLite, each its own on PostgreSQL."""
    with engine.connect() as conn:
        yield conn


def database_now(conn: sa.Connection) -> datetime:
    """The database's clock at this statement, UTC, cut to the millisecond.

    Read after the locks that a decision needs: on PostgreSQL it is `clock_timestamp()`, not the transaction's start.
    """
    fixed: Clock | None = conn.get_execution_options().get(_CLOCK)
    if fixed is not None:
        return clock.cut(fixed())
    if conn.dialect.name == "sqlite":
        text = conn.execute(sa.text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now') || 'Z'")).scalar_one()
        return clock.parse_time(text)
    found: datetime = conn.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    return clock.cut(found)


def to_ms(at: datetime) -> int:
    """Milliseconds since the Unix epoch, as the tables hold times."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The time (UTC) of `to_ms`."""
    return _EPOCH + timedelta(milliseconds=ms)


def _sqlite_connect(raw: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection has no common type
    # The driver must not begin transactions of its own; `_sqlite_begin` does.
    raw.isolation_level = None
    cursor = raw.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(conn: sa.Connection) -> None:
    conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get(_WRITES) else "BEGIN")

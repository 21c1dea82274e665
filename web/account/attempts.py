"""Wrong passwords: counted by login name and by address, in the database, so that a restart forgets nothing.

What comes from a browser in which the login was opened before is counted for that browser, and for all such browsers of
the login together (`web.account.known`): strangers who try a name do not make its owner wait.

An attempt is counted before it is judged: who tries many at the same time has no more tries. A success takes it back.
Only the way by password asks here; a passkey opens whatever somebody else has tried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ledger.basics import clock
from ledger.basics.errors import Refusal
from web.account.tables import attempts

FORGOTTEN: Final = timedelta(hours=24)
_FIRST: Final = timedelta(seconds=15)
_MOST: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class Subject:
    """What attempts are counted for; `free`: so many may go wrong before anybody waits.

    `shared`: by many people, so that a success takes back its own attempt and no other.
    """

    key: str
    free: int
    shared: bool = False


def account(name: str) -> Subject:
    """A login name, whether there is such a login or not."""
    return Subject(_key("name", name), 5)


def browser(number: str) -> Subject:
    """A browser in which the login was opened before, by the number in its mark."""
    return Subject(_key("browser", number), 5)


def browsers(login: str) -> Subject:
    """All browsers in which a login was opened before: however many there are, guesses from them do not add up."""
    return Subject(_key("browsers", login), 30)


def address(network: str) -> Subject:
    """Where it comes from: a whole house may stand behind one address."""
    return Subject(_key("address", network), 30, shared=True)


def arrival(network: str) -> Subject:
    """New logins from an address: none is taken back, so that nobody fills the table."""
    return Subject(_key("sign-up", network), 30, shared=True)


def wait(failures: int, free: int, since: timedelta) -> timedelta:
    """How long the next attempt must wait, `since` the last one: 15 s, doubled by each failure, 15 minutes at most."""
    if failures < free or since >= FORGOTTEN:
        return timedelta(0)
    doubled: int = 2 ** min(failures - free, 10)
    return max(timedelta(0), min(_MOST, _FIRST * doubled) - since)


def admit(conn: sa.Connection, subjects: Sequence[Subject], now: datetime) -> None:
    """Counts one attempt for each subject; `Refusal("signin.wait", seconds)`, counting none, where one has to wait.

    The caller commits before it judges the password.
    """
    conn.execute(sa.delete(attempts).where(attempts.c.last < clock.text(now - FORGOTTEN)))
    ordered = sorted(subjects, key=lambda one: one.key)  # two requests lock them in one order
    counts = {one.key: _locked(conn, one.key, now) for one in ordered}
    waits = [wait(counts[one.key][0], one.free, now - counts[one.key][1]) for one in ordered]
    if longest := max(waits, default=timedelta(0)):
        raise Refusal("signin.wait", seconds=-(-longest // timedelta(seconds=1)))
    for one in ordered:
        _set(conn, one.key, counts[one.key][0] + 1, now)


def forgive(conn: sa.Connection, subjects: Sequence[Subject]) -> None:
    """After a success: nothing is left against who was counted alone, and this attempt not against a shared address."""
    alone = [one.key for one in subjects if not one.shared]
    conn.execute(sa.delete(attempts).where(attempts.c.subject.in_(alone)))
    shared = [one.key for one in subjects if one.shared]
    conn.execute(
        sa.update(attempts)
        .where(attempts.c.subject.in_(shared), attempts.c.failures > 0)
        .values(failures=attempts.c.failures - 1)
    )


def _locked(conn: sa.Connection, key: str, now: datetime) -> tuple[int, datetime]:
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(insert(attempts).values(subject=key, failures=0, last=clock.text(now)).on_conflict_do_nothing())
    row = conn.execute(sa.select(attempts).where(attempts.c.subject == key).with_for_update()).one()
    return int(row.failures), clock.parse_time(row.last)


def _set(conn: sa.Connection, key: str, failures: int, now: datetime) -> None:
    conn.execute(sa.update(attempts).where(attempts.c.subject == key).values(failures=failures, last=clock.text(now)))


def _key(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}\0{value}".encode()).hexdigest()

"""Sessions: who is signed in, and where. On the server only; the cookie is a random token whose hash is kept."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import sqlalchemy as sa

from bidding.store import tables as office
from ledger.basics import clock
from ledger.basics.ids import Entropy, new_id
from web.access import Principal
from web.account.tables import logins, sessions

Method = Literal["passkey", "totp", "password"]
IDLE: Final = timedelta(hours=2)
WHOLE: Final = timedelta(hours=12)
FRESH: Final = timedelta(minutes=15)  # after which keys and passwords are changed only by signing in again
_SEEN_EVERY: Final = timedelta(minutes=5)  # a page looked at is no reason to write each time
_AGENT: Final = 200


@dataclass(frozen=True)
class Device:
    """Where a session is: what the browser says it is, and its network."""

    agent: str
    network: str


@dataclass(frozen=True)
class Session:
    """A session that holds. `principal`: who acts by it; None as long as the login has no account that is open."""

    session: str
    login: str
    name: str
    method: str
    created: datetime
    principal: Principal | None

    def fresh(self, now: datetime) -> bool:
        """Whether somebody signed in just now."""
        return now - self.created < FRESH


@dataclass(frozen=True)
class Listed:
    """A session in its owner's list; times are text."""

    session: str
    method: str
    agent: str
    network: str
    created: str
    seen: str


def open_session(
    conn: sa.Connection, login: str, method: Method, device: Device, now: datetime, entropy: Entropy
) -> str:
    """A new session of a login; its token (256 random bits, 43 characters). What has ended is thrown away."""
    conn.execute(
        sa.delete(sessions).where((sessions.c.expires < clock.text(now)) | (sessions.c.seen < clock.text(now - IDLE)))
    )
    token = base64.urlsafe_b64encode(entropy(32)).decode("ascii").rstrip("=")
    conn.execute(
        sa.insert(sessions).values(
            token_hash=_hash(token),
            session=new_id(entropy),
            login=login,
            method=method,
            agent=_printable(device.agent)[:_AGENT],
            network=device.network[:64],
            created=clock.text(now),
            seen=clock.text(now),
            expires=clock.text(now + WHOLE),
        )
    )
    return token


def find(conn: sa.Connection, token: str, now: datetime) -> Session | None:
    """The session of a token; None where there is none, it has ended, or its account is shut."""
    accounts = office.accounts
    row = conn.execute(
        sa.select(
            *(sessions.c.session, sessions.c.login, sessions.c.method, sessions.c.created),
            *(logins.c.name, logins.c.person, accounts.c.role, accounts.c.party, accounts.c.disabled),
        )
        .join(logins, logins.c.login == sessions.c.login)
        .outerjoin(accounts, accounts.c.person == logins.c.person)
        .where(
            sessions.c.token_hash == _hash(token),
            sessions.c.expires > clock.text(now),
            sessions.c.seen > clock.text(now - IDLE),
        )
    ).one_or_none()
    if row is None or row.disabled:
        return None
    who = Principal(row.person, row.role, row.party) if row.role else None
    return Session(row.session, row.login, row.name, row.method, clock.parse_time(row.created), who)


def unseen(conn: sa.Connection, token: str, now: datetime) -> bool:
    """Whether it is time to write down that the session is in use."""
    last = conn.execute(sa.select(sessions.c.seen).where(sessions.c.token_hash == _hash(token))).scalar_one_or_none()
    return last is not None and now - clock.parse_time(last) > _SEEN_EVERY


def touch(conn: sa.Connection, token: str, now: datetime) -> None:
    """Writes down that the session is in use."""
    conn.execute(sa.update(sessions).where(sessions.c.token_hash == _hash(token)).values(seen=clock.text(now)))


def listed(conn: sa.Connection, login: str, now: datetime) -> list[Listed]:
    """The sessions of a login that hold, the one last used first."""
    rows = conn.execute(
        sa.select(sessions)
        .where(
            sessions.c.login == login,
            sessions.c.expires > clock.text(now),
            sessions.c.seen > clock.text(now - IDLE),
        )
        .order_by(sessions.c.seen.desc(), sessions.c.session)
    )
    return [Listed(row.session, row.method, row.agent, row.network, row.created, row.seen) for row in rows]


def strengthen(conn: sa.Connection, session: str) -> None:
    """A session opened by a password has now shown a code, too."""
    conn.execute(
        sa.update(sessions).where(sessions.c.session == session, sessions.c.method == "password").values(method="totp")
    )


def end(conn: sa.Connection, login: str, session: str) -> None:
    """Ends one of a login's sessions, at once."""
    conn.execute(sa.delete(sessions).where(sessions.c.login == login, sessions.c.session == session))


def end_others(conn: sa.Connection, login: str, kept: str) -> None:
    """Ends all of a login's sessions but one."""
    conn.execute(sa.delete(sessions).where(sessions.c.login == login, sessions.c.session != kept))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())

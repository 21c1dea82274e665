"""What is said once and answered once, within minutes: challenges of passkeys, and links for making a login."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import sqlalchemy as sa

from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy
from web.account.tables import challenges

Purpose = Literal["sign-up", "sign-in", "add", "link"]
LIFE: Final = {
    "sign-up": timedelta(minutes=10),
    "sign-in": timedelta(minutes=30),  # of autofill: it waits as long as the page is open
    "add": timedelta(minutes=10),
    "link": timedelta(hours=24),
}


@dataclass(frozen=True)
class Challenge:
    """`subject`: the login (for a link the account) it is for, empty for nobody's; `name`: a login's name to be."""

    purpose: Purpose
    subject: str = ""
    name: str = ""


def issue(conn: sa.Connection, what: Challenge, now: datetime, entropy: Entropy) -> bytes:
    """32 random bytes that answer to `what`; the outdated ones are thrown away."""
    value = entropy(32)
    conn.execute(sa.delete(challenges).where(challenges.c.expires < clock.text(now)))
    conn.execute(
        sa.insert(challenges).values(
            challenge_hash=_hash(value),
            purpose=what.purpose,
            subject=what.subject,
            name=what.name,
            expires=clock.text(now + LIFE[what.purpose]),
        )
    )
    return value


def look(conn: sa.Connection, value: bytes, purpose: Purpose, now: datetime) -> Challenge:
    """What a challenge was for, without using it up; `Refusal("passkey.challenge")` if there is none such."""
    row = conn.execute(
        sa.select(challenges).where(
            challenges.c.challenge_hash == _hash(value),
            challenges.c.purpose == purpose,
            challenges.c.expires > clock.text(now),
        )
    ).one_or_none()
    if row is None:
        raise Refusal("link.used" if purpose == "link" else "passkey.challenge")
    return Challenge(purpose, row.subject, row.name)


def take(conn: sa.Connection, value: bytes, purpose: Purpose, now: datetime) -> Challenge:
    """As `look`, once: of two that take it at the same time, one is refused."""
    found = look(conn, value, purpose, now)
    gone = conn.execute(sa.delete(challenges).where(challenges.c.challenge_hash == _hash(value)))
    if gone.rowcount != 1:
        raise Refusal("link.used" if purpose == "link" else "passkey.challenge")
    return found


def _hash(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()

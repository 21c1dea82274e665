"""Accounts and bearer tokens. Of a token only its SHA-256 is kept: who reads the table can't sign in with it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from bidding.store.tables import accounts, tokens
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy


@dataclass(frozen=True)
class Account:
    """A person who signs in.

    `role`: bidder, tenderee, agency, centre or supervisor; `party`: the organisation it acts for.
    """

    person: str
    role: str
    party: str


def open_account(conn: Connection, account: Account, now: datetime) -> None:
    """Notes a new account."""
    conn.execute(
        insert(accounts).values(
            person=account.person, role=account.role, party=account.party, created=clock.text(now), disabled=False
        )
    )


def issue_token(conn: Connection, person: str, now: datetime, life: timedelta, entropy: Entropy) -> str:
    """A new token (256 random bits, 43 characters), said this once."""
    token = base64.urlsafe_b64encode(entropy(32)).decode("ascii").rstrip("=")
    conn.execute(
        insert(tokens).values(
            token_hash=_hash(token), person=person, created=clock.text(now), expires=clock.text(now + life)
        )
    )
    return token


def sign_in(conn: Connection, token: str, now: datetime) -> Account:
    """The account of a token; `Refusal("auth.bad_token")` if there is none, it ran out or the account is disabled."""
    row = conn.execute(
        select(accounts.c.person, accounts.c.role, accounts.c.party)
        .join(tokens, tokens.c.person == accounts.c.person)
        .where(
            tokens.c.token_hash == _hash(token),
            tokens.c.expires > clock.text(now),
            accounts.c.disabled.is_(False),
        )
    ).one_or_none()
    if row is None:
        raise Refusal("auth.bad_token")
    return Account(row.person, row.role, row.party)


def disable(conn: Connection, person: str) -> None:
    """Nobody signs in to this account any more. Raises `Refusal("account.unknown")`."""
    if conn.execute(update(accounts).where(accounts.c.person == person).values(disabled=True)).rowcount != 1:
        raise Refusal("account.unknown", person=person[:64])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8")).hexdigest()

"""What the box is made of: its engine, blobs, clock, receipt key. Handed in by `web/serve.py`, never looked up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Request
from sqlalchemy import Connection, Engine

from bidding.store.box import lots as box_lots
from bidding.submission import BoxLot, check_taking
from bidding.tickets import check_ticket
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import Entropy
from ledger.sealed.tickets import Ticket
from ledger.store.engine import database_now, transaction
from web import signed as requests
from web.blobs import Blobs
from web.signed import Signed


@dataclass(frozen=True)
class Asked:
    """A request whose signature holds and whose nonce is new."""

    signed: Signed

    @property
    def envelope(self) -> dict[str, Json]:
        """The whole signed request, kept where it has to serve as a signature later."""
        return self.signed.envelope

    def body(self, data: bytes) -> bytes:
        """`data` if it is the body that was signed."""
        if H(data).hex() != self.signed.body_sha256:
            raise Refusal("request.body_differs")
        return data


@dataclass(frozen=True)
class Parts:
    """`interval` is the length of a box minute; the clock is the engine's (`ledger.store.engine`)."""

    engine: Engine
    blobs: Blobs
    entropy: Entropy
    receipt_key: Ed25519PrivateKey
    interval: timedelta

    @contextmanager
    def write(self) -> Iterator[tuple[Connection, datetime]]:
        """A write transaction and the time at its start; a deadline is judged by the time read under the lot's lock."""
        with transaction(self.engine) as conn:
            yield conn, database_now(conn)

    def signed(self, conn: Connection, request: Request, now: datetime) -> Asked:
        """Who asks; the nonce is used up with the transaction."""
        who = requests.signed(request, now)
        box_lots.use_nonce(conn, who.key, who.nonce, now)
        return Asked(who)

    def reading(self, request: Request, now: datetime) -> Asked:
        """Who asks only to read: no nonce is kept, as any key at all may ask and gets nothing but its own."""
        return Asked(requests.signed(request, now))

    def admit(self, lot: BoxLot, bid_key: str, ticket: Json, now: datetime) -> None:
        """Refuses unless the lot takes bids now and the ticket is this key's for this lot."""
        check_taking(lot, now)
        check_ticket(lot.spki, Ticket.parse(ticket), bid_key)

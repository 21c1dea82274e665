"""What the box is made of: engine, blobs, clock, receipt key, limits. Handed in by `web/serve.py`, never looked up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Request
from sqlalchemy import Connection, Engine

from bidding.store.box import lots as box_lots
from bidding.store.box import uploads as box_uploads
from bidding.submission import BoxLot, check_taking
from bidding.tickets import check_ticket
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import Entropy, check_id
from ledger.sealed.tickets import Ticket
from ledger.store.engine import database_now, reading, transaction
from web import signed as requests
from web.blobs import Blobs
from web.limits import STRANGER, Brake, Room
from web.signed import Signed

THREADS: Final = 64
REQUESTS: Final = 1200  # a minute, of one bid key
BURST: Final = 2000  # requests of one bid key at once: 200 files, each announced, sent and asked for three times over
PIECES: Final = 2  # of one bid key at the same time, however many others there are: the share tells nothing of them
MESSAGES: Final = 2  # of one bid key at the same time


@dataclass(frozen=True)
class Limits:
    """Of one process of the box. `requests`: of one bid key; `pieces`, `messages`: bodies on their way at once.

    Threads are left over for what has no body. Whoever has neither ticket nor upload is a stranger: all together have a
    little room, as none of what they could send would be taken. Nothing here knows an address.
    """

    requests: Brake
    pieces: Room
    messages: Room

    @classmethod
    def of(cls, threads: int, requests_per_minute: int) -> Limits:
        """The limits of a process with so many threads."""
        pieces, messages = max(1, threads * 5 // 8), max(1, threads // 4)
        return cls(
            Brake(requests_per_minute, burst=BURST), Room(pieces, PIECES), Room(messages, MESSAGES, -(-messages // 4))
        )


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
    limits: Limits = field(default_factory=lambda: Limits.of(THREADS, REQUESTS))

    @contextmanager
    def write(self) -> Iterator[tuple[Connection, datetime]]:
        """A write transaction and the time at its start; a deadline is judged by the time read under the lot's lock."""
        with transaction(self.engine) as conn:
            yield conn, database_now(conn)

    def signed(self, conn: Connection, request: Request, now: datetime) -> Asked:
        """Who asks; the nonce is used up with the transaction."""
        who = requests.signed(request, now)
        self.limits.requests.call(who.key)
        box_lots.use_nonce(conn, who.key, who.nonce, now)
        return Asked(who)

    def reading(self, request: Request, now: datetime) -> Asked:
        """Who asks only to read: no nonce is kept, as any key at all may ask and gets nothing but its own."""
        who = requests.signed(request, now)
        self.limits.requests.call(who.key)
        return Asked(who)

    def sender(self, request: Request) -> str:
        """The bid key that sends this body, if it has an upload or shows a ticket; else `STRANGER`.

        Asked before the body is read: what is wrong with the request is said when it is there.
        """
        with reading(self.engine) as conn:
            try:
                key = requests.signed(request, database_now(conn)).key
                if not box_uploads.knows(conn, key):
                    bearer = requests.ticket(request)
                    spki = box_lots.ticket_key(
                        conn, check_id(bearer["tender"], "tender"), check_id(bearer["lot"], "lot")
                    )
                    check_ticket(spki, Ticket.parse(bearer["ticket"]), key)
            except Refusal:
                return STRANGER
        return key

    def admit(self, lot: BoxLot, bid_key: str, ticket: Json, now: datetime) -> None:
        """Refuses unless the lot takes bids now and the ticket is this key's for this lot."""
        check_taking(lot, now)
        check_ticket(lot.spki, Ticket.parse(ticket), bid_key)

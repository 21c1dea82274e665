"""Tickets for a hall's socket: the office gives one, the live process takes it once (docs/formats/live.md).

A ticket is not the blind ticket of a bid: it says only which hall its holder may watch, as whom, for a minute. Office
and live process share a key; what was used is remembered by the live process alone, until it would have expired. A
process that starts anew remembers nothing, so it takes no ticket that is older than itself.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, cast

from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, members, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy
from web.live.protocol import Audience

LIFE: Final = timedelta(seconds=60)
KEY_BYTES: Final = 32
# How far the two processes' readings of the clock may lie apart.
SKEW: Final = timedelta(seconds=5)
_LABEL: Final = b"mingjing/hall-ticket/v1\0"
_MEMBERS: Final = "audience tender lot issued expires nonce"
_REMEMBERED: Final = 100_000


@dataclass(frozen=True)
class Ticket:
    """What a ticket says; `nonce`: 16 random bytes, hex."""

    audience: Audience
    tender: str
    lot: str
    issued: datetime
    expires: datetime
    nonce: str


def issue(key: bytes, audience: Audience, tender: str, lot: str, now: datetime, entropy: Entropy) -> str:
    """A new ticket: hex of its canonical object, a point, hex of its HMAC-SHA256 under `key`."""
    said: dict[str, Json] = {
        "audience": audience,
        "tender": tender,
        "lot": lot,
        "issued": clock.text(now),
        "expires": clock.text(now + LIFE),
        "nonce": entropy(16).hex(),
    }
    body = canonical(said)
    return f"{body.hex()}.{_mac(key, body).hex()}"


def read(key: bytes, text: str) -> Ticket:
    """The ticket that `issue` wrote with this key. Raises `Refusal("live.ticket_invalid")`."""
    body_hex, _, mac = text.partition(".")
    try:
        body, given = bytes.fromhex(body_hex), bytes.fromhex(mac)
    except ValueError as why:
        raise Refusal("live.ticket_invalid") from why
    if not hmac.compare_digest(given, _mac(key, body)):
        raise Refusal("live.ticket_invalid")
    return _ticket(members(parse_object(body), _MEMBERS))


def _ticket(said: Mapping[str, Json]) -> Ticket:
    if said["audience"] not in ("public", "staff"):
        raise Refusal("live.ticket_invalid")
    return Ticket(
        cast(Audience, said["audience"]),
        str(said["tender"]),
        str(said["lot"]),
        clock.parse_time(said["issued"]),
        clock.parse_time(said["expires"]),
        str(said["nonce"]),
    )


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, _LABEL + body, sha256).digest()


class Gate:
    """Takes each ticket once. `started`: when this process began, by the clock that tickets are issued by."""

    def __init__(self, key: bytes, started: datetime) -> None:
        self._key, self._started = key, started
        self._used: dict[str, datetime] = {}

    def take(self, text: str, now: datetime) -> Ticket:
        """What a ticket says, from now on used up.

        Raises `Refusal`: `live.ticket_invalid`, `live.ticket_expired`, `live.ticket_older` (than this process),
        `live.ticket_used`, `live.crowded`.
        """
        ticket = read(self._key, text)
        if now >= ticket.expires or ticket.issued > now + SKEW:
            raise Refusal("live.ticket_expired")
        if ticket.issued < self._started:
            raise Refusal("live.ticket_older")
        if ticket.nonce in self._used:
            raise Refusal("live.ticket_used")
        self._forget(now)
        if len(self._used) >= _REMEMBERED:
            raise Refusal("live.crowded")
        self._used[ticket.nonce] = ticket.expires
        return ticket

    def _forget(self, now: datetime) -> None:
        """Those that would be refused by their age anyway: they stand in the order in which they came."""
        while self._used:
            nonce = next(iter(self._used))
            if self._used[nonce] > now:
                return
            del self._used[nonce]

"""Tickets in a lot: the right to bid, shown without saying whose it is (docs/formats/submission.md).

The mathematics is `ledger.sealed.tickets`; here stands what a ticket means in a lot.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ledger.basics import signing
from ledger.basics.canonical import members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.sealed import tickets
from ledger.sealed.tickets import Ticket

BLINDED: Final = tickets.KEY_BITS // 8


@dataclass(frozen=True)
class Issuance:
    """A `ticket.issued` event: `party` asked by its seal for a blind signature over `blinded` (384 bytes, hex)."""

    party: str
    blinded: str


def check_ticket(spki: bytes, ticket: Ticket, bid_key: str, other_keys: Iterable[bytes] = ()) -> None:
    """Raises `Refusal` unless `ticket` is for `bid_key` (hex) under the lot's key (DER).

    `submission.ticket_other_lot` if it holds under one of `other_keys`, else `submission.ticket_invalid`.
    """
    public = unhex(bid_key, 32, "bid_key")
    if _holds(spki, public, ticket):
        return
    if any(_holds(other, public, ticket) for other in other_keys):
        raise Refusal("submission.ticket_other_lot")
    raise Refusal("submission.ticket_invalid")


def parse_issuance(public: object, *, tender: str, lot: str, seal_key: str) -> Issuance:
    """The issuance of an event's `public` `{party, request}`, signed by the party's seal (`seal_key`, hex).

    Raises `Refusal("submission.issuance_other_lot")`, `signature.*`, `canonical.*`.
    """
    got = members(public, "party request")
    wanted = members(signing.verify("issuance", got["request"], seal_key), "tender lot blinded_message")
    if (wanted["tender"], wanted["lot"]) != (tender, lot):
        raise Refusal("submission.issuance_other_lot", tender=tender, lot=lot)
    return Issuance(check_id(got["party"], "party"), unhex(wanted["blinded_message"], BLINDED, "blinded_message").hex())


def issued_for(spki: bytes, ticket: Ticket, blind_seed: str, issuance: Issuance) -> bool:
    """Whether this ticket is the one that was issued: `(signature · r)^e mod n` is the blinded message."""
    return tickets.blinded_again(spki, ticket, unhex(blind_seed, 32, "blind_seed")).hex() == issuance.blinded


def _holds(spki: bytes, bid_key: bytes, ticket: Ticket) -> bool:
    try:
        tickets.verify_ticket(spki, bid_key, ticket)
    except Refusal:
        return False
    return True

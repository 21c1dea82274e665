"""Whether an organisation gets its ticket for a lot. The blind signature itself is the office's (sealing.md §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.parties import Party
from bidding.procedures import Procedure
from ledger.basics import signing
from ledger.basics.canonical import Json, members, unhex
from ledger.basics.errors import Refusal
from ledger.events import Draft
from ledger.sealed.tickets import ticket_key


@dataclass(frozen=True)
class IssueTicket:
    """`request`: envelope TYPE issuance over `{tender, lot, blinded_message}` by the party's seal key.

    `issued`: the blinded message this party had signed for the lot before, "" if none.
    """

    party: Party
    request: Mapping[str, Json]
    issued: str = ""


def stream_of(tender: str, lot: str) -> str:
    """The name of a lot's stream of issuances."""
    return f"issuance/{tender}/{lot}"


def decide(procedure: Procedure, command: IssueTicket, now: datetime) -> Decision:
    """`ticket.issued`, disclosed when the lot is announced; nothing for the same request again: same answer.

    Raises `Refusal`: `tickets.not_open`, `tender.deadline_passed`, `tickets.other_tender`, `tickets.second`,
    `tickets.blinded_message`, `tender.wrong_state`, `signature.*`.
    """
    procedure.running("ticket.issued")
    obj = members(
        signing.verify("issuance", dict(command.request), command.party.seal_key), "tender lot blinded_message"
    )
    if obj["tender"] != procedure.tender.tender:
        raise Refusal("tickets.other_tender", tender=procedure.tender.tender)
    lot = procedure.notice.lot(str(obj["lot"])[:64])
    blinded = unhex(obj["blinded_message"], None, "blinded_message")
    if command.issued:
        if command.issued != blinded.hex():
            raise Refusal("tickets.second", lot=lot.lot, party=command.party.party)
        return {}
    if not procedure.tender.tickets_open:
        raise Refusal("tickets.not_open", tender=procedure.tender.tender)
    if now >= procedure.deadline:
        raise Refusal("tender.deadline_passed", tender=procedure.tender.tender)
    key = ticket_key(lot.spki)
    if len(blinded) != key.size or not 1 < int.from_bytes(blinded, "big") < key.n:
        raise Refusal("tickets.blinded_message", lot=lot.lot, bytes=key.size)
    public: dict[str, Json] = {"party": command.party.party, "request": dict(command.request)}
    return {stream_of(procedure.tender.tender, lot.lot): [Draft("ticket.issued", public, visible=False)]}

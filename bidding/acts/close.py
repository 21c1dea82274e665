"""Closing a lot: the roll, once. Its raw entry stands directly before the event's leaf, the tickets' before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bidding import roll as rolls
from bidding.acts.decision import Decision, failed
from bidding.procedures import Procedure, listing, payloads
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft


@dataclass(frozen=True)
class Close:
    """`body`: public of `bidding.roll.closed_body`, of the roll that `bidding.roll.count` gave; its list is stored.

    `issued`: (salt, leaf) of the lot's `ticket.issued`, in order.
    """

    lot: str
    body: Mapping[str, Json]
    issued: Sequence[tuple[bytes, bytes]]


def decide(procedure: Procedure, command: Close, now: datetime) -> Decision:
    """`lot.closed`, and `lot.failed` where fewer bids are on the roll than the profile wants (招标投标法 art. 28).

    Raises `Refusal`: `close.too_early`, `close.without_tickets`, `objection.unanswered`, `roll.*`,
    `lot.wrong_state`, `tender.wrong_state`.
    """
    procedure.may(command.lot, "lot.closed")
    if now < procedure.deadline:
        raise Refusal("close.too_early", deadline=clock.text(procedure.deadline))
    procedure.not_standing_still(command.lot)
    body = dict(command.body)
    payloads.check("lot.closed", body)
    listing.rows("lot.closed", body, procedure.read)
    roll = rolls.parse_roll(body["roll"])
    if (roll["tender"], roll["lot"]) != (procedure.tender.tender, command.lot):
        raise Refusal("roll.other_lot", tender=procedure.tender.tender, lot=command.lot)
    issued = rolls.issued_entry(procedure.tender.tender, command.lot, command.issued)
    drafts = [Draft("lot.closed", body, before=(issued, rolls.roll_entry(roll)))]
    profile, count = procedure.clocks.profile, len(rolls.listed(roll))
    if count and not procedure.tender.tickets_open:
        raise Refusal("close.without_tickets", lot=command.lot)
    if count < profile.min_bids:
        drafts.append(failed("lot.too_few_bids", profile.min_bids_article, found=count, wanted=profile.min_bids))
    return {procedure.lot_stream(command.lot): drafts}

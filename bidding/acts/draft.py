"""Drafting a tender: nothing is public yet but that somebody's draft has this hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.procedures import tender as tenders
from bidding.procedures.tender import TenderState
from ledger.basics.canonical import unhex
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.events import Draft
from ledger.sealed.keyset import REHEARSAL_TENDER


@dataclass(frozen=True)
class DraftTender:
    """`draft_sha256`: of the canonical draft, hex."""

    tender: str
    party: str
    draft_sha256: str


def decide(tender: TenderState | None, command: DraftTender, now: datetime) -> Decision:
    """`tender.drafted`, disclosed when the tender is published; may be drafted again till then."""
    del now
    tenders.require(tender, "tender.drafted")
    check_id(command.party, "party")
    unhex(command.draft_sha256, 32, "draft_sha256")
    if check_id(command.tender, "tender") == REHEARSAL_TENDER:
        raise Refusal("tender.reserved_id", tender=command.tender)
    if tender is not None and (tender.tender, tender.party) != (command.tender, command.party):
        raise Refusal("tender.other_draft", tender=tender.tender)
    public = {"tender": command.tender, "party": command.party, "draft_sha256": command.draft_sha256}
    return {tenders.stream_of(command.tender): [Draft("tender.drafted", {**public}, visible=False)]}

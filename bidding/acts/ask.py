"""Asking about the documents: the question is published, the asker never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.procedures import Procedure
from bidding.procedures.payloads import ENQUIRY_TEXT
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.events import Draft


@dataclass(frozen=True)
class Ask:
    """`enquiry`: a fresh random id."""

    enquiry: str
    text: str


def decide(procedure: Procedure, command: Ask, now: datetime) -> Decision:
    """`enquiry.asked`. Raises `Refusal`: `enquiry.too_late`, `enquiry.exists`, `shape.length`."""
    procedure.running("enquiry.asked")
    if now >= procedure.notice.enquiries_until:
        raise Refusal("enquiry.too_late", until=clock.text(procedure.notice.enquiries_until))
    if check_id(command.enquiry, "enquiry") in procedure.tender.enquiries:
        raise Refusal("enquiry.exists", enquiry=command.enquiry)
    ENQUIRY_TEXT(command.text, "text")
    return {procedure.stream: [Draft("enquiry.asked", {"enquiry": command.enquiry, "text": command.text})]}

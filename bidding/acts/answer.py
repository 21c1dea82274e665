"""Answering an enquiry, for everybody to read. One key."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.keyed import tender_body
from bidding.acts.keys import Signed
from bidding.procedures import Procedure
from ledger.basics.errors import Refusal
from ledger.events import Draft


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`enquiry.answered` with body `{enquiry, text}`.

    Raises `Refusal`: `enquiry.unknown`, `enquiry.already_answered`, `tender.deadline_passed`, and `keyed`'s.
    """
    body = tender_body(procedure, "enquiry.answered", signed, now)
    enquiries = procedure.tender.enquiries
    if body["enquiry"] not in enquiries:
        raise Refusal("enquiry.unknown", enquiry=body["enquiry"])
    if enquiries[body["enquiry"]]:
        raise Refusal("enquiry.already_answered", enquiry=body["enquiry"])
    if now >= procedure.deadline:
        raise Refusal("tender.deadline_passed", tender=procedure.tender.tender)
    return {procedure.stream: [Draft("enquiry.answered", signed.public())]}

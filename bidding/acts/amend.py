"""Issuing an addendum: one that affects bids comes so long before the deadline, or the deadline moves. One key."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.keyed import tender_body
from bidding.acts.keys import Signed
from bidding.acts.publish import check_edge
from bidding.procedures import Procedure
from bidding.procedures.tender import check_later
from ledger.basics import clock
from ledger.basics.clock import parse_time
from ledger.basics.errors import Refusal
from ledger.events import Draft

# What a bid is judged by is fixed with the notice; an addendum can't slip another one in.
FIXED = ("profile.json", "calendar.json", "form-", "rules-")


def earliest_deadline(procedure: Procedure, affects_bids: bool, now: datetime) -> datetime:  # noqa: FBT001 - the member of the payload
    """The earliest deadline an addendum at `now` may name: what a client proposes to the person who signs."""
    if not affects_bids:
        return procedure.deadline
    return procedure.clocks.moved_deadline(now, procedure.deadline, procedure.notice.interval)


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`addendum.issued` with body `{number, text, affects_bids, deadline, documents}`.

    Its documents are uploaded before. Raises `Refusal`: `tender.deadline_passed`,
    `addendum.number`, `addendum.deadline_too_early` (with the earliest lawful one, 招标投标法 art. 23), `deadline.*`,
    `document.missing`, `document.fixed`, and `keyed`'s.
    """
    body = tender_body(procedure, "addendum.issued", signed, now)
    if now >= procedure.deadline:
        raise Refusal("tender.deadline_passed", tender=procedure.tender.tender)
    if body["number"] != len(procedure.tender.addenda) + 1:
        raise Refusal("addendum.number", wanted=len(procedure.tender.addenda) + 1, found=body["number"])
    deadline = parse_time(body["deadline"], "deadline")
    check_later(procedure.deadline, deadline)
    name = "addendum_before_deadline"
    if body["affects_bids"] and not procedure.clocks.keeps(name, now, deadline):
        period = procedure.clocks.period(name)
        raise Refusal(
            "addendum.deadline_too_early",
            earliest=clock.text(earliest_deadline(procedure, affects_bids=True, now=now)),
            amount=period.amount,
            unit=period.unit,
            article=period.article,
        )
    check_edge(deadline, procedure.notice.interval)
    for item in body["documents"]:
        if item["name"].startswith(FIXED):
            raise Refusal("document.fixed", name=item["name"])
        if procedure.stored.get(item["sha256"]) != item["size"]:
            raise Refusal("document.missing", name=item["name"], sha256=item["sha256"])
    return {procedure.stream: [Draft("addendum.issued", signed.public())]}

"""An objection (异议), signed by a bid key: to the documents, to the opening on the spot, or to the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bidding import shape
from bidding.acts.decision import Decision
from bidding.procedures import Procedure
from bidding.procedures import tender as tenders
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.events import Draft


@dataclass(frozen=True)
class MakeObjection:
    """`signature`: envelope TYPE request by the bid key, whose `body_sha256` is that of `body(…)`."""

    objection: str
    kind: str
    lot: str
    bid_key: str
    text: str
    signature: Mapping[str, Json]


def body(tender: str, lot: str, kind: str, text: str) -> dict[str, Json]:
    """What the bid key signs for: the request's body is `canonical(body(…))`."""
    return {"kind": kind, "lot": lot, "tender": tender, "text": text}


def decide(procedure: Procedure, command: MakeObjection, now: datetime) -> Decision:
    """`objection.made`.

    Whether the bid key has a ticket (documents) the box has checked; here: that it signed, that the kind's time runs
    (实施条例 art. 22, 44, 54), and that objections to opening and result come from an announced bid, counted or not.
    Raises `Refusal`: `objection.kind`, `objection.too_early`, `objection.too_late`, `objection.not_a_bidder`,
    `objection.other_body`, `objection.exists`, `signature.*`.
    """
    tenders.require(procedure.tender, "objection.made")
    if check_id(command.objection, "objection") in procedure.tender.objections:
        raise Refusal("objection.exists", objection=command.objection)
    shape.text(10_000)(command.text, "text")
    unhex(command.bid_key, 32, "bid_key")
    request = signing.verify("request", dict(command.signature), command.bid_key)
    signed_body = canonical(body(procedure.tender.tender, command.lot, command.kind, command.text))
    if request.get("body_sha256") != H(signed_body).hex():
        raise Refusal("objection.other_body", objection=command.objection)
    start, limit = window(procedure, command.kind, command.lot)
    if start is None or now < start:
        raise Refusal("objection.too_early", kind=command.kind)
    if limit is not None and now >= limit:
        raise Refusal("objection.too_late", kind=command.kind, until=clock.text(limit))
    if command.kind != "documents" and command.bid_key not in procedure.bidders(command.lot):
        raise Refusal("objection.not_a_bidder", kind=command.kind, lot=command.lot)
    public: dict[str, Json] = {
        "objection": command.objection,
        "kind": command.kind,
        "lot": command.lot,
        "bid_key": command.bid_key,
        "text": command.text,
        "signature": dict(command.signature),
    }
    return {procedure.stream: [Draft("objection.made", public)]}


def window(procedure: Procedure, kind: str, lot: str) -> tuple[datetime | None, datetime | None]:
    """From when (None: not yet) and until when (None: no end is set yet) an objection of this kind may be made."""
    if kind == "documents":
        if lot:
            procedure.notice.lot(lot)
        published = cast(datetime, procedure.tender.published_at)
        lawful = procedure.clocks.objections_to_documents_until(published, procedure.deadline)
        # An addendum that moved the deadline moves this limit with it.
        return published, max(procedure.notice.objections_until, lawful)
    state = procedure.lot(lot)
    if kind == "opening":
        # Whoever was announced void may say so; the window runs from the last thing that was opened.
        announced, offers = state.times.get("lot.announced"), state.times.get("lot.offers_opened")
        last = announced if state.announced_failed else offers
        return announced, procedure.clocks.end("opening_objection", last) if last else None
    if kind == "result":
        return state.times.get("lot.candidates_published"), state.until
    raise Refusal("objection.kind", kind=str(kind)[:32])

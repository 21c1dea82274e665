"""Explaining an abnormally low price, signed by its bid key: who was asked may add to what was said until the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.procedures import Procedure
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.events import Draft


@dataclass(frozen=True)
class Explain:
    """`signature`: envelope TYPE request by the bid key, whose `body_sha256` is that of `body(…)`."""

    lot: str
    bid_key: str
    text: str
    signature: Mapping[str, Json]


def body(tender: str, lot: str, text: str) -> dict[str, Json]:
    """What the bid key signs for: the request's body is `canonical(body(…))`."""
    return {"lot": lot, "tender": tender, "text": text}


def decide(procedure: Procedure, command: Explain, now: datetime) -> Decision:
    """`lot.explanation_given`, by a bid that was asked, before the end it was told (财库〔2026〕2号).

    Raises `Refusal`: `explanation.too_late`, `explanation.not_asked`, `explanation.other_body`, `lot.wrong_state`,
    `tender.wrong_state`, `shape.*`, `signature.*`.
    """
    state = procedure.may(command.lot, "lot.explanation_given")
    public: dict[str, Json] = {
        "bid_key": command.bid_key,
        "text": command.text,
        "signature": dict(command.signature),
    }
    draft = Draft("lot.explanation_given", public)
    after(state, draft, now)
    request = signing.verify("request", dict(command.signature), command.bid_key)
    signed = canonical(body(procedure.tender.tender, command.lot, command.text))
    if request.get("body_sha256") != H(signed).hex():
        raise Refusal("explanation.other_body", lot=command.lot)
    until = cast(datetime, state.explain_until)
    if now >= until:
        raise Refusal("explanation.too_late", until=clock.text(until))
    return {procedure.lot_stream(command.lot): [draft]}

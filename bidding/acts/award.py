"""Awarding a lot to the first standing candidate: by itself under `no_touch: award`, with one key under `precheck`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.acts.keyed import lot_body
from bidding.acts.keys import Signed
from bidding.procedures import Procedure
from bidding.procedures.lot import LotState
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft


@dataclass(frozen=True)
class Award:
    """The lot whose standstill is over."""

    lot: str


def decide(procedure: Procedure, command: Award, now: datetime) -> Decision:
    """`lot.awarded` without keys.

    Raises `Refusal`: `award.wants_key` (under `precheck` a person awards), `award.standstill`,
    `objection.unanswered`, `objection.upheld`, `award.no_candidate`, `lot.wrong_state`.
    """
    if procedure.notice.no_touch != "award":
        raise Refusal("award.wants_key", lot=command.lot)
    state = procedure.may(command.lot, "lot.awarded")
    _standstill(procedure, state, now)
    return {procedure.lot_stream(command.lot): [Draft("lot.awarded", body(state))]}


def signed(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`lot.awarded` with the tenderee's key, under `precheck`; the body is `body(lot)`: the first candidate, no other.

    Raises the codes of `decide` and `award.no_key`, `award.not_first`, `act.*`.
    """
    if procedure.notice.no_touch != "precheck":
        raise Refusal("award.no_key", lot=signed.subject)
    state, _ = lot_body(procedure, "lot.awarded", signed, now)
    _standstill(procedure, state, now)
    draft = Draft("lot.awarded", signed.public())
    after(state, draft, now)
    return {procedure.lot_stream(state.lot): [draft]}


def body(state: LotState) -> dict[str, Json]:
    """`{bid_key, rank, price_fen}` of the candidate the lot goes to. Raises `Refusal("award.no_candidate")`."""
    standing = state.standing()
    if standing is None:
        raise Refusal("award.no_candidate", lot=state.lot)
    return {"bid_key": standing.bid_key, "rank": standing.rank, "price_fen": standing.price_fen}


def _standstill(procedure: Procedure, state: LotState, now: datetime) -> None:
    if state.until is None or now < state.until:
        raise Refusal("award.standstill", until=clock.text(state.until) if state.until else "")
    procedure.not_standing_still(state.lot)
    for objection in procedure.upheld(state.lot):
        raise Refusal("objection.upheld", objection=objection)

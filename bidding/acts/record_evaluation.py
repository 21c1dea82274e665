"""Recording the report of the evaluation, which `evaluation/` made by itself from rules and opened offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bidding.acts.decision import Decision, failed
from bidding.acts.foreseen import after
from bidding.procedures import Procedure
from bidding.procedures.lot import LotState
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft

ALL_REJECTED = "招标投标法第42条"


@dataclass(frozen=True)
class RecordEvaluation:
    """`body`: the `public` of `lot.evaluated`; the report lies among the documents."""

    lot: str
    body: Mapping[str, Json]


def decide(procedure: Procedure, command: RecordEvaluation, now: datetime) -> Decision:
    """`lot.evaluated`, and `lot.failed` with it where the report has no candidate (招标投标法 art. 42).

    Not before the window for objections on the spot is over and each is answered (实施条例 art. 44). Raises `Refusal`:
    `evaluation.too_early`, `evaluation.unjudged`, `evaluation.other_rules`, `evaluation.other_bids`,
    `evaluation.over_bid_limit`, `evaluation.earlier_lots`, `objection.unanswered`, `lot.wrong_state`.
    """
    state = may_mark(procedure, command.lot, "lot.evaluated", now)
    if state.status == "explaining":
        if state.given:
            raise Refusal("evaluation.unjudged", lot=command.lot)
        until = cast(datetime, state.explain_until)
        if now < until:
            raise Refusal("evaluation.too_early", until=clock.text(until))
    drafts = [Draft("lot.evaluated", dict(command.body))]
    then = after(state, drafts[0], now)
    if not {key for _, key, _ in then.ranking} <= procedure.opened(command.lot):
        raise Refusal("evaluation.other_bids", lot=command.lot)
    if drafts[0].public["rules"] != procedure.notice.lot(command.lot).rules:
        raise Refusal("evaluation.other_rules", lot=command.lot)
    beyond = procedure.over_bid_limit(command.lot)
    if beyond is None:
        raise Refusal("evaluation.earlier_lots", lot=command.lot)
    if any(key in beyond for _, key, _ in then.ranking):
        raise Refusal("evaluation.over_bid_limit", lot=command.lot, limit=procedure.notice.bid_limit)
    if then.evaluation_failed or not then.proposed:
        drafts.append(failed("lot.all_rejected", ALL_REJECTED))
    return {procedure.lot_stream(command.lot): drafts}


def may_mark(procedure: Procedure, lot: str, type: str, now: datetime) -> LotState:
    """The lot, if marking may begin: nobody objects to the opening, and nobody can any more.

    Raises `Refusal`: `tender.wrong_state`, `lot.wrong_state`, `objection.unanswered`, `evaluation.too_early`.
    """
    state = procedure.may(lot, type)
    procedure.not_standing_still(lot)
    limit = procedure.clocks.end("opening_objection", state.times["lot.offers_opened"])
    if now < limit:
        raise Refusal("evaluation.too_early", until=clock.text(limit))
    return state

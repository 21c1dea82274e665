"""Asking who bid an abnormally low price to explain it (异常低价审查): the rule set says whom, so the machine asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.acts.record_evaluation import may_mark
from bidding.procedures import Procedure
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft

PERIOD = "explanation"


@dataclass(frozen=True)
class AskExplanations:
    """`asked`: rows `{bid_key, price_fen, tests}` by bid key; `minutes`: what the rule set gives them."""

    lot: str
    asked: Sequence[Json]
    minutes: int


def decide(procedure: Procedure, command: AskExplanations, now: datetime) -> Decision:
    """`lot.explanations_asked`, once, when marking may begin (财库〔2026〕2号; the period is the rule set's).

    A demonstration's profile shortens every period, this one too. Raises `Refusal`: `evaluation.too_early`,
    `evaluation.other_bids`, `evaluation.earlier_lots`, `evaluation.over_bid_limit`, `objection.unanswered`,
    `lot.wrong_state`, `explanation.unsorted`, `shape.*`.
    """
    state = may_mark(procedure, command.lot, "lot.explanations_asked", now)
    clocks = procedure.clocks
    short = clocks.profile.demonstration and clocks.has(PERIOD)
    until = clocks.end(PERIOD, now) if short else now + timedelta(minutes=command.minutes)
    draft = Draft(
        "lot.explanations_asked",
        {"asked": list(command.asked), "minutes": command.minutes, "until": clock.text(until)},
    )
    then = after(state, draft, now)
    if not set(then.asked) <= procedure.opened(command.lot):
        raise Refusal("evaluation.other_bids", lot=command.lot)
    beyond = procedure.over_bid_limit(command.lot)
    if beyond is None:
        raise Refusal("evaluation.earlier_lots", lot=command.lot)
    if beyond & set(then.asked):
        raise Refusal("evaluation.over_bid_limit", lot=command.lot, limit=procedure.notice.bid_limit)
    return {procedure.lot_stream(command.lot): [draft]}

"""Judging the explanations of abnormally low prices. Two keys, and a reason for each that everybody reads."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.acts.keyed import lot_body
from bidding.acts.keys import Signed
from bidding.procedures import Procedure
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.events import Draft


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`lot.explanations_judged` with body `{findings: [{bid_key, proved, finding}]}`: each bid that explained, once.

    Not before the end that they were told: until then they may add to it. Raises `Refusal`: `explanation.not_over`,
    `explanation.other_bids`, `explanation.unsorted`, and `keyed`'s.
    """
    state, _ = lot_body(procedure, "lot.explanations_judged", signed, now)
    until = cast(datetime, state.explain_until)
    if now < until:
        raise Refusal("explanation.not_over", until=clock.text(until))
    draft = Draft("lot.explanations_judged", signed.public())
    after(state, draft, now)
    return {procedure.lot_stream(state.lot): [draft]}

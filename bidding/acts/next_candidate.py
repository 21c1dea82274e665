"""Passing to the next candidate when the first falls away (实施条例 art. 55). Two keys."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.acts.keyed import lot_body
from bidding.acts.keys import Signed
from bidding.procedures import Procedure
from ledger.basics.errors import Refusal
from ledger.events import Draft


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`lot.next_candidate` with body `{from, to, reason}`: the first one fell away (实施条例 art. 55). Two keys.

    Raises `Refusal`: `next_candidate.from`, `next_candidate.to`, `next_candidate.win_limit`, `objection.unanswered`,
    and `keyed`'s.
    """
    state, body = lot_body(procedure, "lot.next_candidate", signed, now)
    procedure.not_standing_still(state.lot)
    draft = Draft("lot.next_candidate", signed.public())
    after(state, draft, now)
    if not procedure.may_follow(state.lot, body["to"]):
        raise Refusal("next_candidate.win_limit", lot=state.lot, limit=procedure.notice.win_limit)
    return {procedure.lot_stream(state.lot): [draft]}

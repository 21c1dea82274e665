"""Linking a lot to the new tender that takes its place. Two keys."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.acts.keyed import lot_body
from bidding.acts.keys import Signed
from bidding.procedures import Procedure
from ledger.events import Draft


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`lot.retendered` with body `{successor, reason}`: a new tender takes the lot's place. Two keys.

    Raises `Refusal`: `retender.itself`, and `keyed`'s.
    """
    state, _ = lot_body(procedure, "lot.retendered", signed, now)
    draft = Draft("lot.retendered", signed.public())
    after(state, draft, now)
    return {procedure.lot_stream(state.lot): [draft]}

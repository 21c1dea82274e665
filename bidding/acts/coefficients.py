"""Drawing the coefficients, in the open, once t custodians answered for the coin."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.acts.opened import Opened, ready
from bidding.procedures import Procedure
from ledger.basics.errors import Refusal
from ledger.events import Draft


def decide(procedure: Procedure, command: Opened, now: datetime) -> Decision:
    """`lot.coefficients`. Raises `Refusal`: `opening.waiting`, `coefficients.other_parties`, `lot.wrong_state`."""
    state = ready(procedure, command, "lot.coefficients", "coin")
    draft = Draft("lot.coefficients", dict(command.body))
    after(state, draft, now)
    listed = draft.public["contributions"]
    parties = [item["party"] for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    if parties != list(procedure.notice.contributors):
        raise Refusal("coefficients.other_parties", lot=command.lot)
    return {procedure.lot_stream(command.lot): [draft]}

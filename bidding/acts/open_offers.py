"""Opening the offers of the bids that count, once t custodians answered for them."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.acts.opened import Opened, ready
from bidding.procedures import Procedure
from ledger.events import Draft


def decide(procedure: Procedure, command: Opened, now: datetime) -> Decision:
    """`lot.offers_opened`. Raises `Refusal`: `opening.waiting`, `offers.*`, `lot.wrong_state`."""
    state = ready(procedure, command, "lot.offers_opened", "offer")
    draft = Draft("lot.offers_opened", dict(command.body))
    after(state, draft, now)
    return {procedure.lot_stream(command.lot): [draft]}

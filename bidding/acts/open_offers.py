"""Opening the offers of the bids that count, once t custodians answered for them."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.acts.opened import Opened, ready
from bidding.procedures import Procedure, listing
from ledger.basics.errors import Refusal
from ledger.events import Draft


def decide(procedure: Procedure, command: Opened, now: datetime) -> Decision:
    """`lot.offers_opened`.

    Raises `Refusal`: `opening.waiting`, `offers.*`, `lot.wrong_state`, and what reading the list raises.
    """
    state = ready(procedure, command, "lot.offers_opened", "offer")
    draft = Draft("lot.offers_opened", dict(command.body))
    after(state, draft, now)
    bids = listing.rows("lot.offers_opened", command.body, procedure.read)
    if sorted(bid["bid_key"] for bid in bids) != sorted(procedure.counted(command.lot)):
        raise Refusal("offers.other_bids", lot=command.lot)
    return {procedure.lot_stream(command.lot): [draft]}

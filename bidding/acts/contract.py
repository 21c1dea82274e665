"""Recording the contract. One key."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.acts.keyed import lot_body
from bidding.acts.keys import Signed
from bidding.procedures import Procedure
from ledger.events import Draft


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`lot.contracted` with body `{bid_key, contract}`; `contract`: SHA-256 of the signed document. One key.

    Late is lawful to record and shown as late (招标投标法 art. 46: within 30 days). Raises `Refusal`:
    `contract.not_awarded`, and `keyed`'s.
    """
    state, _ = lot_body(procedure, "lot.contracted", signed, now)
    draft = Draft("lot.contracted", signed.public())
    after(state, draft, now)
    return {procedure.lot_stream(state.lot): [draft]}

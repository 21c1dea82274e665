"""Suspending a tender: nothing falls due and no bid is taken till it is resumed. Two keys, with a reason."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.keyed import tender_body
from bidding.acts.keys import Signed
from bidding.procedures import Procedure
from ledger.events import Draft


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`tender.suspended` with body `{reason}`. Raises `keyed`'s refusals."""
    tender_body(procedure, "tender.suspended", signed, now)
    return {procedure.stream: [Draft("tender.suspended", signed.public())]}

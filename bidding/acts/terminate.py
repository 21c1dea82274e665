"""Terminating a tender (实施条例 art. 31): nothing comes after it but its account. Two keys, with a reason."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.keyed import tender_body
from bidding.acts.keys import Signed
from bidding.procedures import Procedure
from ledger.basics.errors import Refusal
from ledger.events import Draft


def decide(procedure: Procedure, signed: Signed, now: datetime) -> Decision:
    """`tender.terminated` with body `{reason}` (实施条例 art. 31). Not once a lot is contracted."""
    tender_body(procedure, "tender.terminated", signed, now)
    for lot in procedure.all_lots():
        if lot.status == "contracted":
            raise Refusal("terminate.contracted", lot=lot.lot)
    return {procedure.stream: [Draft("tender.terminated", signed.public())]}

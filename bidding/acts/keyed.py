"""What every keyed act of a running procedure begins with: the shape of its payload, its state, and its keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from bidding.acts import keys
from bidding.acts.keys import Signed
from bidding.procedures import Procedure, payloads
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.procedures.lot import LotState
from ledger.basics.errors import Refusal


def tender_body(procedure: Procedure, type: str, signed: Signed, now: datetime) -> dict[str, Any]:
    """The body of a keyed act on the tender, checked. Raises `shape.*`, `tender.wrong_state`, `act.*`."""
    tenders.require(procedure.tender, type)
    payloads.check(type, signed.public())
    keys.check(
        type,
        signed,
        subject=procedure.stream,
        persons=procedure.persons,
        party=procedure.notice.party,
        agencies=procedure.agencies,
        now=now,
        used=procedure.tender.acts_used,
    )
    return cast(dict[str, Any], dict(signed.body))


def lot_body(procedure: Procedure, type: str, signed: Signed, now: datetime) -> tuple[LotState, dict[str, Any]]:
    """The lot and the body of a keyed act on it, checked. Raises `shape.*`, `lot.*`, `tender.wrong_state`, `act.*`."""
    lot = lot_of(procedure, signed.subject)
    procedure.running(type)
    lots.require(lot, type)
    payloads.check(type, signed.public())
    keys.check(
        type,
        signed,
        subject=procedure.lot_stream(lot.lot),
        persons=procedure.persons,
        party=procedure.notice.party,
        agencies=procedure.agencies,
        now=now,
        used=lot.acts_used,
    )
    return lot, cast(dict[str, Any], dict(signed.body))


def lot_of(procedure: Procedure, subject: str) -> LotState:
    """The lot whose stream `subject` is. Raises `Refusal("act.other_subject")`."""
    for lot in procedure.all_lots():
        if procedure.lot_stream(lot.lot) == subject:
            return lot
    raise Refusal("act.other_subject", wanted=procedure.lot_stream("LOT"))

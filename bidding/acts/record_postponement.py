"""Recording that a custodian moved an opening later (docs/formats/sealing.md §2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.procedures import Procedure
from bidding.procedures import tender as tenders
from ledger.basics import signing
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft


@dataclass(frozen=True)
class RecordPostponement:
    """An envelope TYPE postpone by a custodian's identity key."""

    custodian: str
    postponement: Mapping[str, Json]


def decide(procedure: Procedure, command: RecordPostponement, now: datetime) -> Decision:
    """`postponement.recorded`; nothing if it is recorded already, or comes when the lot has its roll.

    Raises `Refusal`: `custodian.unknown`, `postponement.other_lots`, `signature.*`.
    """
    del now
    tenders.require(procedure.tender, "postponement.recorded")
    key = procedure.notice.custodians.get(command.custodian)
    if key is None:
        raise Refusal("custodian.unknown", custodian=command.custodian)
    envelope = dict(command.postponement)
    obj = signing.verify("postpone", envelope, key)
    kids = obj.get("kids")
    listed = sorted(str(kid) for kid in kids) if isinstance(kids, list) else []
    meant = [lot for lot in procedure.notice.lots if sorted(lot.kids.values()) == listed]
    if not meant:
        raise Refusal("postponement.other_lots", custodian=command.custodian)
    # What a custodian signed in time and could send only now is worth nothing any more, and is no offence either.
    if envelope in procedure.tender.postponements or procedure.lot(meant[0].lot).status != "open":
        return {}
    public: dict[str, Json] = {"postponement": envelope}
    return {procedure.stream: [Draft("postponement.recorded", public)]}

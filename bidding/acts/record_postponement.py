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
    """`postponement.recorded`; nothing if it is recorded already.

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
    wanted = [sorted(lot.kids.values()) for lot in procedure.notice.lots]
    if not isinstance(kids, list) or sorted(str(kid) for kid in kids) not in wanted:
        raise Refusal("postponement.other_lots", custodian=command.custodian)
    if envelope in procedure.tender.postponements:
        return {}
    public: dict[str, Json] = {"postponement": envelope}
    return {procedure.stream: [Draft("postponement.recorded", public)]}

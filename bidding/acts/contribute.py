"""Recording a sealed contribution to a lot's coin, before the first ticket (docs/formats/sealing.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.procedures import Procedure
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft
from ledger.sealed.coin import verify_contribution


@dataclass(frozen=True)
class Contribute:
    """An envelope TYPE contribution."""

    lot: str
    contribution: Mapping[str, Json]


def decide(procedure: Procedure, command: Contribute, now: datetime) -> Decision:
    """`contribution.recorded`; the first of a party counts, and asking again with it changes nothing.

    Raises `Refusal`: `contribution.too_late`, `contribution.second`, `sealed.*`, `signature.*`, `lot.*`.
    """
    state = procedure.may(command.lot, "contribution.recorded")
    if procedure.tender.tickets_open or now >= procedure.deadline:
        raise Refusal("contribution.too_late", lot=command.lot)
    keyset = procedure.notice.lot(command.lot).keyset("coin")
    made = verify_contribution(dict(command.contribution), keyset, procedure.notice.contributors)
    if made.party in state.contributors:
        raise Refusal("contribution.second", party=made.party)
    public: dict[str, Json] = {"contribution": dict(command.contribution)}
    return {procedure.lot_stream(command.lot): [Draft("contribution.recorded", public)]}

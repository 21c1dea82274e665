"""What the three steps of an opening share. Their bodies come from `bidding.opening`, which custodians run too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bidding.procedures import Procedure
from bidding.procedures.lot import LotState
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal


@dataclass(frozen=True)
class Opened:
    """`body`: the event's `public`, as `bidding.opening` computed it; its documents lie among the documents already."""

    lot: str
    body: Mapping[str, Json]


def ready(procedure: Procedure, command: Opened, type: str, part: str) -> LotState:
    """The lot, with at least t releases of the part (a first quorum: answers that cry "bad" may ask for more)."""
    state = procedure.may(command.lot, type)
    have = len(state.released(part))
    if have < procedure.notice.t:
        raise Refusal("opening.waiting", lot=command.lot, part=part, have=have, need=procedure.notice.t)
    return state

"""Opening the tickets: once every contribution to every lot stands under a witnessed checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.procedures import Procedure
from ledger.basics.canonical import Json, unhex
from ledger.basics.errors import Refusal
from ledger.events import Draft


@dataclass(frozen=True)
class OpenTickets:
    """The witnessed checkpoint (`size`, `root` hex), and the tree index of the last contribution's leaf."""

    size: int
    root: str
    last_index: int


def decide(procedure: Procedure, command: OpenTickets, now: datetime) -> Decision:
    """`tickets.opened`. Raises `Refusal`: `tickets.contributions_missing`, `tickets.not_witnessed`, `tickets.*`."""
    procedure.running("tickets.opened")
    if procedure.tender.tickets_open:
        raise Refusal("tickets.already_open", tender=procedure.tender.tender)
    if now >= procedure.deadline:
        raise Refusal("tender.deadline_passed", tender=procedure.tender.tender)
    for state in procedure.all_lots():
        for party in procedure.notice.contributors:
            if party not in state.contributors:
                raise Refusal("tickets.contributions_missing", lot=state.lot, party=party)
    unhex(command.root, 32, "root")
    if not 0 <= command.last_index < command.size:
        raise Refusal("tickets.not_witnessed", size=command.size, index=command.last_index)
    public: dict[str, Json] = {
        "tender": procedure.tender.tender,
        "checkpoint": {"size": command.size, "root": command.root},
    }
    return {procedure.stream: [Draft("tickets.opened", public)]}

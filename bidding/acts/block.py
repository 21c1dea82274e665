"""Saying aloud that an opening waits for custodians (opening_blocked): nothing is lost, it goes on when they answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision
from bidding.acts.foreseen import after
from bidding.procedures import Procedure, due
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft


@dataclass(frozen=True)
class Block:
    """The lot that waits."""

    lot: str


def decide(procedure: Procedure, command: Block, now: datetime) -> Decision:
    """`lot.blocked {part, have, need}`. Raises `Refusal`: `block.too_early`, `lot.wrong_state`."""
    state = procedure.may(command.lot, "lot.blocked")
    part = {"present": "coin", "coefficients": "identity", "announced": "offer"}[state.status]
    if not any((item.kind, item.lot) == ("block", command.lot) and item.at <= now for item in due(procedure, now)):
        raise Refusal("block.too_early", lot=command.lot, part=part)
    public: dict[str, Json] = {"part": part, "have": len(state.released(part)), "need": procedure.notice.t}
    draft = Draft("lot.blocked", public)
    after(state, draft, now)
    return {procedure.lot_stream(command.lot): [draft]}

"""Trying an event on a state before it is appended: what `apply` would refuse, the act refuses."""

from __future__ import annotations

from datetime import datetime

from bidding.procedures import lot as lots
from bidding.procedures.lot import LotState
from ledger.basics import clock
from ledger.events import Draft, Event


def after(state: LotState, draft: Draft, now: datetime) -> LotState:
    """The state a draft would lead to. Raises what `bidding.procedures.lot.apply` raises."""
    stream = lots.stream_of(state.tender, state.lot)
    return lots.apply(state, Event(stream, state.version + 1, draft.type, clock.cut(now), "foreseen", draft.public))

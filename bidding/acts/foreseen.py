"""Trying an event on a state before it is appended: what `apply` would refuse, the act refuses."""

from __future__ import annotations

from datetime import datetime

from bidding.procedures import lot as lots
from bidding.procedures.lot import LotState
from ledger.basics import clock
from ledger.events import Draft


def after(state: LotState, draft: Draft, now: datetime) -> LotState:
    """The state a draft would lead to. Raises what `bidding.procedures.lot.apply` raises."""
    return lots.foresee(state, draft.type, draft.public, clock.cut(now))

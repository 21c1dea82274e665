"""Announcing who bid and which bids count, once t custodians answered for the identities."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision, failed
from bidding.acts.foreseen import after
from bidding.acts.opened import Opened, ready
from bidding.procedures import Procedure
from ledger.basics.errors import Refusal
from ledger.events import Draft


def decide(procedure: Procedure, command: Opened, now: datetime) -> Decision:
    """`lot.announced`, and `lot.failed` with it where too few bids count: offers stay shut (实施条例 art. 44).

    Raises `Refusal`: `opening.waiting`, `announced.*`, `lot.wrong_state`.
    """
    state = ready(procedure, command, "lot.announced", "identity")
    drafts = [Draft("lot.announced", dict(command.body))]
    then = after(state, drafts[0], now)
    profile, count = procedure.clocks.profile, len(then.counted)
    if then.announced_failed != (count < profile.min_bids):
        raise Refusal("announced.failed", lot=command.lot, found=count, wanted=profile.min_bids)
    if then.announced_failed:
        drafts.append(failed("lot.too_few_bids", profile.min_bids_article, found=count, wanted=profile.min_bids))
    return {procedure.lot_stream(command.lot): drafts}

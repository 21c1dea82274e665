"""Announcing who bid and which bids count, once t custodians answered for the identities."""

from __future__ import annotations

from datetime import datetime

from bidding.acts.decision import Decision, failed
from bidding.acts.foreseen import after
from bidding.acts.opened import Opened, ready
from bidding.procedures import Procedure, listing
from ledger.basics.errors import Refusal
from ledger.events import Draft


def decide(procedure: Procedure, command: Opened, now: datetime) -> Decision:
    """`lot.announced`, and `lot.failed` with it where too few bids count: offers stay shut (实施条例 art. 44).

    Raises `Refusal`: `opening.waiting`, `announced.*`, `lot.wrong_state`, and what reading the list raises.
    """
    state = ready(procedure, command, "lot.announced", "identity")
    drafts = [Draft("lot.announced", dict(command.body))]
    then = after(state, drafts[0], now)
    bids = listing.rows("lot.announced", command.body, procedure.read)
    if sorted(bid["submission"] for bid in bids) != list(state.roll):
        raise Refusal("announced.other_roll", lot=command.lot)
    count = len({bid["bid_key"] for bid in bids if bid["state"] == "counted"})
    if then.counted != count:
        raise Refusal("announced.count", found=then.counted, wanted=count)
    profile = procedure.clocks.profile
    if then.announced_failed != (count < profile.min_bids):
        raise Refusal("announced.failed", lot=command.lot, found=count, wanted=profile.min_bids)
    if then.announced_failed:
        drafts.append(failed("lot.too_few_bids", profile.min_bids_article, found=count, wanted=profile.min_bids))
    return {procedure.lot_stream(command.lot): drafts}

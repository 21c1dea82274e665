"""Stating which ciphertexts of the roll are there before anything opens: missing is withdrawn, then and never later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision, failed
from bidding.acts.foreseen import after
from bidding.procedures import Procedure
from ledger.basics.canonical import Json
from ledger.events import Draft


@dataclass(frozen=True)
class Present:
    """`body`: `bidding.presence`'s."""

    lot: str
    body: Mapping[str, Json]


def decide(procedure: Procedure, command: Present, now: datetime) -> Decision:
    """`lot.present`, and `lot.failed` where too few bids are whole.

    Raises `present.other_roll`, `lot.wrong_state`.
    """
    state = procedure.may(command.lot, "lot.present")
    drafts = [Draft("lot.present", dict(command.body))]
    then = after(state, drafts[0], now)
    profile, count = procedure.clocks.profile, then.present_count()
    if count < profile.min_bids:
        drafts.append(failed("lot.too_few_bids", profile.min_bids_article, found=count, wanted=profile.min_bids))
    return {procedure.lot_stream(command.lot): drafts}

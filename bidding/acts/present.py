"""Stating which ciphertexts of the roll are there before anything opens: missing is withdrawn, then and never later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision, failed
from bidding.acts.foreseen import after
from bidding.procedures import Procedure, listing
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft


@dataclass(frozen=True)
class Present:
    """`body`: public of the body that `bidding.presence` gave; its documents lie among the documents already."""

    lot: str
    body: Mapping[str, Json]


def decide(procedure: Procedure, command: Present, now: datetime) -> Decision:
    """`lot.present`, and `lot.failed` where too few bids are whole.

    Raises `present.other_roll`, `lot.wrong_state`.
    """
    state = procedure.may(command.lot, "lot.present")
    drafts = [Draft("lot.present", dict(command.body))]
    after(state, drafts[0], now)
    rows = listing.rows("lot.present", command.body, procedure.read)
    if {row["submission"] for row in rows} != set(state.roll):
        raise Refusal("present.other_roll", lot=command.lot)
    lacking = {row["submission"] for row in rows if not row["present"]}
    profile, count = procedure.clocks.profile, len(state.roll) - len(lacking)
    if count < profile.min_bids:
        drafts.append(failed("lot.too_few_bids", profile.min_bids_article, found=count, wanted=profile.min_bids))
    return {procedure.lot_stream(command.lot): drafts}

"""Publishing the candidates, for the standstill (实施条例 art. 54)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bidding.acts.decision import Decision, failed
from bidding.acts.foreseen import after
from bidding.procedures import Procedure
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.events import Draft


@dataclass(frozen=True)
class PublishCandidates:
    """`parties`: bid key → the parties of `lot.announced`; `prices`: bid key → the bid in fen, from the report."""

    lot: str
    parties: Mapping[str, list[Json]]
    prices: Mapping[str, int]


def decide(procedure: Procedure, command: PublishCandidates, now: datetime) -> Decision:
    """`lot.candidates_published`: those the report proposes, without whoever has won enough lots already.

    `until` is the end of the standstill. Where the limits leave nobody, the lot fails. Raises `Refusal`:
    `candidates.earlier_lots`, `candidates.other_bids`, `objection.unanswered`, `lot.wrong_state`.
    """
    state = procedure.may(command.lot, "lot.candidates_published")
    procedure.not_standing_still(command.lot)
    keys = procedure.eligible(command.lot)
    if keys is None:
        raise Refusal("candidates.earlier_lots", lot=command.lot)
    stream = procedure.lot_stream(command.lot)
    if not keys:
        return {stream: [failed("lot.win_limit", limit=procedure.notice.win_limit)]}
    ranked = {key: (rank, total) for rank, key, total in state.ranking}
    if not set(keys) <= command.parties.keys() & command.prices.keys():
        raise Refusal("candidates.other_bids", lot=command.lot)
    candidates: list[Json] = [
        {
            "rank": ranked[key][0],
            "bid_key": key,
            "parties": command.parties[key],
            "price_fen": command.prices[key],
            "total": ranked[key][1],
        }
        for key in keys
    ]
    until = clock.text(procedure.clocks.end("standstill", now))
    draft = Draft("lot.candidates_published", {"candidates": candidates, "until": until})
    listed = after(state, draft, now).candidates
    counted = procedure.counted(command.lot)
    if any(item.uscc != counted.get(item.bid_key) for item in listed):
        raise Refusal("candidates.other_bids", lot=command.lot)
    return {stream: [draft]}

"""Lots with limits: on how many an organisation may bid for, and how many it may win.

Lots are gone through in the order of the notice. An organisation counts wherever it stands, alone or as a member.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from bidding.procedures.lot import LotState
from bidding.procedures.notice import Notice

# From here on it is decided who stands first in a lot (or that nobody does).
_DECIDED = frozenset({"candidates_published", "next_candidate", "awarded", "contracted", "failed", "retendered"})

# A lot's counted bids, by bid key the codes of its organisations: asked for only where the notice sets a limit.
Counted = Callable[[str], Mapping[str, tuple[str, ...]]]


def over_bid_limit(notice: Notice, lots: Mapping[str, LotState], counted: Counted, lot: str) -> frozenset[str] | None:
    """The counted bids of `lot` by an organisation that bids for `lot_limits.bid` earlier lots already.

    They take no part in the evaluation. None while an earlier lot is neither announced nor failed.
    """
    if not notice.bid_limit:
        return frozenset()
    tally: Counter[str] = Counter()
    for state in _before(notice, lots, lot):
        if "lot.announced" in state.times:
            tally.update({uscc for codes in counted(state.lot).values() for uscc in codes})
        elif state.status not in ("failed", "retendered"):
            return None
    return _full(counted(lot), tally, notice.bid_limit)


def eligible(notice: Notice, lots: Mapping[str, LotState], counted: Counted, lot: str) -> tuple[str, ...] | None:
    """The proposed candidates of `lot` without those who stand first in `lot_limits.win` earlier lots already.

    None while an earlier lot is undecided.
    """
    state = lots[lot]
    if not notice.win_limit:
        return state.proposed
    full = _full(counted(lot), _won(notice, lots, lot), notice.win_limit)
    if any(item.status not in _DECIDED for item in _before(notice, lots, lot)):
        return None
    return tuple(key for key in state.proposed if key not in full)


def may_follow(notice: Notice, lots: Mapping[str, LotState], counted: Counted, lot: str, bid_key: str) -> bool:
    """Whether a next candidate of `lot` would keep the limit over all the other lots."""
    if not notice.win_limit:
        return True
    tally: Counter[str] = Counter()
    for other, state in lots.items():
        standing = state.standing()
        if other != lot and standing is not None and state.status not in ("failed", "retendered"):
            tally.update(set(standing.uscc))
    return bid_key not in _full(counted(lot), tally, notice.win_limit)


def _before(notice: Notice, lots: Mapping[str, LotState], lot: str) -> Iterator[LotState]:
    for item in notice.lots:
        if item.lot == lot:
            return
        yield lots[item.lot]


def _won(notice: Notice, lots: Mapping[str, LotState], lot: str) -> Counter[str]:
    tally: Counter[str] = Counter()
    for state in _before(notice, lots, lot):
        standing = state.standing()
        if standing is not None and state.status not in ("failed", "retendered"):
            tally.update(set(standing.uscc))
    return tally


def _full(counted: Mapping[str, tuple[str, ...]], tally: Counter[str], limit: int) -> frozenset[str]:
    return frozenset(key for key, codes in counted.items() if any(tally[uscc] >= limit for uscc in codes))

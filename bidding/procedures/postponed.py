"""How far a postponement has come: who confirmed it, and whether the others could still open at the old time. Pure.

It is in force once n − t + 1 custodians have signed it, for the others are then too few to open. Everybody is asked all
the same: among those who signed some may not keep to it, and then those count who were never asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bidding.procedures.notice import NoticeLot
from bidding.procedures.tender import TenderState
from ledger.basics import clock
from ledger.sealed import postpone
from ledger.sealed.postpone import Postponement


@dataclass(frozen=True)
class Postponed:
    """A lot whose opening an addendum moved. Times are text, custodians by id in the notice's order.

    `not_before`: the new time; `before`: the time in force without it; `until`: the latest time to which any custodian
    may keep without it, after which none signs any more; `needed`: from how many on it is in force.
    """

    lot: str
    not_before: str
    before: str
    until: str
    confirmed: tuple[str, ...]
    waiting: tuple[str, ...]
    needed: int

    @property
    def enough(self) -> bool:
        """Whether those who have not confirmed are too few to open at the old time."""
        return len(self.confirmed) >= self.needed


def postponed(state: TenderState) -> tuple[Postponed, ...]:
    """Each lot of a tender whose deadline was moved; nothing where it was not.

    The envelopes in the state were checked when they were recorded. Raises `Refusal("tender.not_published")`.
    """
    notice = state.published()
    if state.deadline_in_force() == notice.deadline:
        return ()
    names = {key: id_ for id_, key in notice.custodians.items()}
    signed = [(names[str(one["key"])], _object(one)) for one in state.postponements if one["key"] in names]
    return tuple(
        _of_lot(lot, list(names.values()), clock.text(state.deadline_in_force()), signed) for lot in notice.lots
    )


def _of_lot(lot: NoticeLot, custodians: list[str], new: str, signed: list[tuple[str, Postponement]]) -> Postponed:
    made, kids = lot.keyset("coin"), tuple(sorted(lot.kids.values()))
    own = [(who, one) for who, one in signed if one.kids == kids]
    earlier = [(who, one) for who, one in own if one.not_before < new]
    before = postpone.in_force(made, kids, earlier)
    # Two addenda with one time are two postponements: what counts is how many signed the same.
    votes = Counter(one for _, one in set(own) if one.not_before == new)
    most = max(votes, key=lambda one: (votes[one], one.addendum), default=None)
    confirmed = {who for who, one in own if one == most}
    return Postponed(
        lot=lot.lot,
        not_before=new,
        before=before,
        until=max([before, *(one.not_before for _, one in earlier)]),
        confirmed=tuple(one for one in custodians if one in confirmed),
        waiting=tuple(one for one in custodians if one not in confirmed),
        needed=made.n - made.t + 1,
    )


def _object(envelope: Mapping[str, Any]) -> Postponement:
    return Postponement.parse(envelope["object"])

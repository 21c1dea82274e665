"""A tender with its lots, its clocks and the persons who may sign: what an act looks at after publication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bidding.parties import Person
from bidding.procedures import limits, listing
from bidding.procedures import lot as lots_
from bidding.procedures import tender as tenders
from bidding.procedures.listing import ReadDocument
from bidding.procedures.lot import LotState
from bidding.procedures.notice import Notice
from bidding.procedures.tender import TenderState
from bidding.profiles.clocks import Clocks
from ledger.basics.errors import Refusal


@dataclass(frozen=True)
class Procedure:
    """`lots`: by id, those with events at least; `persons`: by key (hex), all that are registered.

    `stored`: SHA-256 → size of the documents uploaded for the tender (an addendum lists some); `read`: the lists that
    events name by hash.
    """

    tender: TenderState
    lots: Mapping[str, LotState]
    clocks: Clocks
    persons: Mapping[str, Person] = field(default_factory=dict)
    stored: Mapping[str, int] = field(default_factory=dict)
    read: ReadDocument = listing.nowhere

    @property
    def notice(self) -> Notice:
        """The notice. Raises `Refusal("tender.not_published")`."""
        return self.tender.published()

    @property
    def deadline(self) -> datetime:
        """The deadline in force."""
        return self.tender.deadline_in_force()

    @property
    def agencies(self) -> frozenset[str]:
        """The agencies that act for the tenderee in this tender: those whose person signed its notice."""
        signers = (self.persons.get(key) for key in self.tender.publishers)
        return frozenset(person.party for person in signers if person is not None and person.role == "agency")

    @property
    def stream(self) -> str:
        """The tender's stream."""
        return tenders.stream_of(self.tender.tender)

    def lot(self, lot: str) -> LotState:
        """A lot of the notice, before its first event too. Raises `Refusal("lot.unknown")`."""
        self.notice.lot(lot)
        return self.lots.get(lot) or lots_.initial(self.tender.tender, lot)

    def all_lots(self) -> tuple[LotState, ...]:
        """Every lot, in the order of the notice."""
        return tuple(self.lot(item.lot) for item in self.notice.lots)

    def lot_stream(self, lot: str) -> str:
        """The lot's stream."""
        return lots_.stream_of(self.tender.tender, lot)

    def rows(self, lot: str, type: str) -> list[dict[str, Any]]:
        """The list that a lot's event of this type names, none before it came. Raises what `listing.whole` raises."""
        sha256 = self.lot(lot).lists.get(type)
        return listing.rows(type, {listing.MEMBERS[type]: sha256}, self.read) if sha256 else []

    def bidders(self, lot: str) -> frozenset[str]:
        """The bid keys of everybody announced."""
        return frozenset(bid["bid_key"] for bid in self.rows(lot, "lot.announced"))

    def counted(self, lot: str) -> dict[str, tuple[str, ...]]:
        """Bid key → codes of its organisations, of the bids announced as counted."""
        return {
            bid["bid_key"]: tuple(party["uscc"] for party in bid["parties"])
            for bid in self.rows(lot, "lot.announced")
            if bid["state"] == "counted"
        }

    def opened(self, lot: str) -> frozenset[str]:
        """The keys of the bids whose offers opened."""
        return frozenset(bid["bid_key"] for bid in self.rows(lot, "lot.offers_opened") if bid["state"] == "opened")

    def may(self, lot: str, type: str) -> LotState:
        """The lot, if the tender goes on and an event of this type may come to the lot now.

        Raises `Refusal`: `tender.not_published`, `tender.wrong_state` (suspended, terminated), `lot.wrong_state`.
        """
        self.running(type)
        state = self.lot(lot)
        lots_.require(state, type)
        return state

    def running(self, type: str) -> None:
        """Raises `Refusal("tender.wrong_state")` where the tender is suspended, terminated or not yet published."""
        if self.tender.status != "published":
            raise Refusal("tender.wrong_state", event=type, state=self.tender.status)

    def not_standing_still(self, lot: str) -> None:
        """Raises `Refusal("objection.unanswered")`: the procedure stands still (实施条例 art. 22, 54)."""
        for objection in self.tender.unanswered(lot):
            raise Refusal("objection.unanswered", objection=objection.objection)

    def upheld(self, lot: str) -> tuple[str, ...]:
        """Upheld objections to the result that nothing was done about yet (next candidate) in this lot."""
        done = self.lot(lot).times.get("lot.next_candidate")
        return tuple(
            item.objection
            for item in self.tender.objections.values()
            if item.kind == "result"
            and item.lot == lot
            and item.upheld
            and item.answered is not None
            and (done is None or item.answered > done)
        )

    def eligible(self, lot: str) -> tuple[str, ...] | None:
        """The proposed candidates the limits of the notice leave, None while an earlier lot is undecided."""
        return limits.eligible(self.notice, {item.lot: item for item in self.all_lots()}, self.counted, lot)

    def over_bid_limit(self, lot: str) -> frozenset[str] | None:
        """Bids of a lot beyond `lot_limits.bid`, None while an earlier lot is not announced."""
        return limits.over_bid_limit(self.notice, {item.lot: item for item in self.all_lots()}, self.counted, lot)

    def may_follow(self, lot: str, bid_key: str) -> bool:
        """Whether a next candidate of a lot would keep the limit over all the other lots."""
        return limits.may_follow(self.notice, {item.lot: item for item in self.all_lots()}, self.counted, lot, bid_key)

    def at_rest(self) -> bool:
        """Whether nothing more comes by itself: terminated, or each lot awarded, contracted, failed or re-tendered."""
        if self.tender.status == "terminated":
            return True
        resting = {"awarded", "contracted", "failed", "retendered"}
        return self.tender.status == "published" and all(state.status in resting for state in self.all_lots())

    def accounted(self) -> bool:
        """Whether the last closing account still lists every stream's last version."""
        state = self.tender
        return state.accounted_at == state.version and all(
            state.accounted.get(self.lot_stream(item.lot), 0) == item.version for item in self.all_lots()
        )

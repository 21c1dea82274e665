"""What an event of a lot is told against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bidding.procedures import Procedure
from bidding.procedures.listing import ReadDocument
from bidding.procedures.notice import NoticeLot
from web.live.messages import Member, Message, Text
from web.live.names import Names, who

# The kind of a message, its own members, and its sentence.
Line = tuple[type[Message], dict[str, Any], Text]


@dataclass(frozen=True)
class Scene:
    """What an event is told against: the procedure after it, its place in the tree, and where to look things up."""

    procedure: Procedure
    lot: str
    place: int
    names: Names
    # Bid key → its parties, of the bids that were announced.
    known: dict[str, list[Member]] = field(default_factory=dict)

    @property
    def row(self) -> NoticeLot:
        """The lot in the notice."""
        return self.procedure.notice.lot(self.lot)

    @property
    def read(self) -> ReadDocument:
        """Documents by SHA-256."""
        return self.procedure.read

    @property
    def min_bids(self) -> int:
        """How many bids an opening needs at the least."""
        return self.procedure.clocks.profile.min_bids

    def who(self, bid_key: str) -> Text:
        """A bid by its parties."""
        return who(self.known.get(bid_key, ()), bid_key)

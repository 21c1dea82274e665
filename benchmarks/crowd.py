"""The forgeries' play with a crowd: its lot F4 has as many bids as one asks for. All of them are true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Final
from unittest import mock

from bidding.acts import open_tickets
from bidding.acts.issue_ticket import stream_of
from ledger.basics.canonical import Json
from ledger.events import Draft
from tests.forgeries import cast, play
from tests.forgeries.cast import LOTS, TENDER
from tests.forgeries.play import Play, _issuance

LOT: Final = "f4"
USUAL: Final = cast.BIDDERS
# Of the play's five, this many stand on the roll of lot F4.
STANDING: Final = 4
QUORUM: Final = 3
CUSTODIANS: Final = tuple(f"custodian-{number}" for number in range(1, 6))


class Crowd(Play):
    """A play in which everybody of `cast.BIDDERS` beyond the usual five bids for the lot F4."""

    def step_tickets(self) -> None:
        """Tickets open; the usual five take one for every lot, the crowd for theirs."""
        size = self.heads[-1][0]
        command = open_tickets.OpenTickets(size, self.root(size).hex(), size - 1)
        self.decide(open_tickets.decide(self.procedure, command, self.now))
        for name in cast.BIDDERS:
            for lot in LOTS if name in USUAL else (LOT,):
                public: dict[str, Json] = {"party": name, "request": _issuance(name, lot)}
                self.add(stream_of(TENDER, lot), Draft("ticket.issued", public, visible=False))
        self.witness()

    def step_rebid(self) -> None:
        """The crowd's bids and the usual ones."""
        for number, name in enumerate(cast.BIDDERS[len(USUAL) :]):
            self.submit(name, LOT, str(900_000 + 7 * number))
        super().step_rebid()


@contextmanager
def crowded(bids: int) -> Iterator[None]:
    """Inside, `cast` has bidders enough for so many bids on lot F4, and custodians 3 of 5 as in the demonstration."""
    names = (*USUAL, *(f"bidder-{number:04d}" for number in range(bids - STANDING)))
    made: Any = cache(partial(cast.made_keyset.__wrapped__, t=QUORUM))
    with mock.patch.multiple(cast, BIDDERS=names, CUSTODIANS=CUSTODIANS, T=QUORUM, made_keyset=made):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    """What cast and play remember was made with other custodians."""
    for value in (*vars(cast).values(), *vars(play).values()):
        if callable(clear := getattr(value, "cache_clear", None)):
            clear()

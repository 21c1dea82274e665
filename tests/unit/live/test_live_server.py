"""The server over a ledger that grows at the worst moment."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from ledger.basics.errors import Refusal
from ledger.basics.ids import system_entropy
from tests.support.live import QUICK, Watcher, served
from tests.support.stored import stored
from tests.support.tender_notice import PUBLISHED, TENDER
from tests.support.tenders import Run
from tests.support.waiting import wait_until
from tests.unit.live.test_live_rooms import Names, played
from web.live import ticket
from web.live.book import Look
from web.live.messages import Message
from web.live.rooms import Room

KEY = bytes(32)


class Growing:
    """Grows once: after a room was read and before the server has it, while a look at the ledger waits its turn."""

    def __init__(self, run: Run) -> None:
        self.size = 5
        self._room = Room(TENDER, "lot-1", stored(run.documents), Names())
        events = [one for one in run.events if one.stream in self._room.streams]
        self._told = [one for place, event in enumerate(events) for one in self._room.tell(event, place)]

    def look(self) -> Look:
        return Look(self.size, PUBLISHED)

    def open(self, tender: str, lot: str) -> tuple[Room, list[Message]]:
        assert (tender, lot) == (TENDER, "lot-1")
        self._room.places = self.size
        threading.Event().wait(0.3)  # some polls long: one of them stands behind this in the queue
        self.size += 1
        return self._room, list(self._told)

    def follow(self, rooms: Sequence[Room], size: int) -> list[tuple[Room, list[Message] | Refusal]]:
        if not [room for room in rooms if room.places < size]:
            return []
        self._room.places = size
        return [(self._room, [msgspec.structs.replace(self._told[-1], n=len(self._told) + 1)])]

    def silent(self, tenders: Sequence[str]) -> Mapping[str, frozenset[str]]:
        return dict.fromkeys(tenders, frozenset())


class Flooded(Growing):
    """A running lot, and old ones whose reading never ends before `free` is set."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.free = threading.Event()
        self.begun: list[str] = []

    def open(self, tender: str, lot: str) -> tuple[Room, list[Message]]:
        if (tender, lot) == (TENDER, "lot-1"):
            self._room.places = self.size
            return self._room, list(self._told)
        self.begun.append(tender)
        assert self.free.wait(60), "nobody let the reading end"
        raise Refusal("tender.unknown", tender=tender)


def test_old_halls_that_are_being_opened_hold_up_no_running_one() -> None:
    source = Flooded(played())
    settings = replace(QUICK, opening=3, opening_of_address=2)
    with served(source, KEY, settings) as live, ExitStack() as stack:
        one = stack.enter_context(Watcher(live.url, ticket_of(TENDER)))
        one.until(len(source._told))
        flood = [stack.enter_context(Watcher(live.url, ticket_of(f"old-{number}"))) for number in range(2)]
        wait_until(lambda: len(live.live._opening) == 2, "the old halls to wait")
        # The queue of one address is short, and who joins one that is read already does not stand in it.
        assert Watcher(live.url, ticket_of("old-2")).refused() == (1013, "http.crowded")
        stack.enter_context(Watcher(live.url, ticket_of("old-1")))
        live.within(lambda: setattr(source, "size", source.size + 1))
        one.until(len(source._told) + 1)
        assert source.begun == ["old-0"], "halls are opened one after the other"
        assert not source.free.is_set()
        source.free.set()
        assert [line.refused()[1] for line in flood] == ["tender.unknown"] * 2
        wait_until(lambda: not live.live._opening, "the queue to be empty")
        late = stack.enter_context(Watcher(live.url, ticket_of("old-3")))
        assert late.refused() == (1008, "tender.unknown")


class Many(Growing):
    """Lots by their tender's first word: `old` has failed, `future` waits for its deadline, `now` is being opened."""

    def __init__(self) -> None:
        future, old, now = played(), played(), played()
        old.close("lot-1", 2)
        now.close("lot-1", 4)
        self.runs = {"future": future, "old": old, "now": now}
        super().__init__(future)

    def open(self, tender: str, lot: str) -> tuple[Room, list[Message]]:
        run = self.runs[tender.partition("-")[0]]
        room = Room(TENDER, lot, stored(run.documents), Names())
        told = [
            one
            for place, event in enumerate(run.events)
            if event.stream in room.streams
            for one in room.tell(event, place)
        ]
        room.tender, room.places = tender, self.size
        return room, told


def test_a_hall_is_not_kept_shut_by_who_sits_in_old_ones() -> None:
    with served(Many(), KEY, replace(QUICK, halls=3)) as live, ExitStack() as stack:

        def enter(tender: str) -> Watcher:
            one = stack.enter_context(Watcher(live.url, ticket_of(tender)))
            one.until(1)
            return one

        def halls() -> list[str]:
            return [tender for tender, _ in live.live.hub.halls]

        ahead, old = enter("future-1"), enter("old-1")
        enter("old-2"), enter("old-2")
        enter("now-1")
        assert halls() == ["future-1", "old-2", "now-1"], "of the lots that are over the one with the fewest watchers"
        with pytest.raises(ConnectionClosed):
            old.for_ever()
        enter("now-2")
        assert halls() == ["future-1", "now-1", "now-2"]
        enter("now-3")
        assert halls() == ["now-1", "now-2", "now-3"]
        with pytest.raises(ConnectionClosed):
            ahead.for_ever()
        for tender in ("old-3", "future-2", "now-4"):
            refused = stack.enter_context(Watcher(live.url, ticket_of(tender)))
            assert refused.refused() == (1013, "live.crowded"), "no opening is broken off for another"


def ticket_of(tender: str) -> str:
    return ticket.issue(KEY, "public", tender, "lot-1", PUBLISHED, system_entropy)


def test_what_comes_while_a_hall_is_being_opened_is_told_though_nothing_comes_after_it() -> None:
    source = Growing(played())
    with served(source, KEY) as live, Watcher(live.url, ticket_of(TENDER)) as one:
        one.until(len(source._told) + 1)
        assert one.numbers == list(range(1, len(source._told) + 2))

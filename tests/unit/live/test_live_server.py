"""The server over a ledger that grows at the worst moment."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import msgspec

from ledger.basics.errors import Refusal
from ledger.basics.ids import system_entropy
from tests.support.live import Watcher, served
from tests.support.stored import stored
from tests.support.tender_notice import PUBLISHED, TENDER
from tests.support.tenders import Run
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


def test_what_comes_while_a_hall_is_being_opened_is_told_though_nothing_comes_after_it() -> None:
    source = Growing(played())
    with served(source, KEY) as live:
        made = ticket.issue(KEY, "public", TENDER, "lot-1", PUBLISHED, system_entropy)
        with Watcher(live.url, made) as one:
            one.until(len(source._told) + 1)
            assert one.numbers == list(range(1, len(source._told) + 2))

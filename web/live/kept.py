"""Rooms that pages were made of lately, kept and told on: at an opening everybody loads its page."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bidding.profiles.clocks import Clocks
from ledger.basics.errors import Refusal
from web.live.book import Book
from web.live.messages import Message
from web.live.protocol import Staff, State
from web.live.rooms import Room

_MOST: Final = 32


@dataclass
class _Entry:
    """One hall; its lock is held by whoever tells it on."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    room: Room | None = None
    messages: list[Message] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """A hall's messages so far, how it stands, what staff is told besides, and its periods."""

    messages: Sequence[Message]
    state: State
    staff: Staff
    clocks: Clocks


class Kept:
    """The halls asked for last, of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._halls: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    def hall(self, book: Book, tender: str, lot: str) -> Shown:
        """A hall as it stands. Raises what `Book.open` raises."""
        look = book.look()
        silent = book.silent((tender,))[tender]
        entry = self._entry((tender, lot))
        with entry.lock:
            if entry.room is not None:
                self._follow(book, entry, look.size)
            if entry.room is None:
                entry.room, entry.messages = self._opened(book, tender, lot)
            room = entry.room
            state, staff = room.state(look.now, silent), room.staff(look.now, silent)
            return Shown(tuple(entry.messages), state, staff, room.procedure.clocks)

    def _opened(self, book: Book, tender: str, lot: str) -> tuple[Room, list[Message]]:
        """What there is not does not push out what there is."""
        try:
            return book.open(tender, lot)
        except Refusal:
            with self._lock:
                self._halls.pop((tender, lot), None)
            raise

    @staticmethod
    def _follow(book: Book, entry: _Entry, size: int) -> None:
        if entry.room is None or entry.room.places >= size:
            return
        for _, news in book.follow((entry.room,), size):
            if isinstance(news, Refusal):
                entry.room = None  # told half: begin anew, and be refused there if it still can't be told
            else:
                entry.messages += news

    def _entry(self, key: tuple[str, str]) -> _Entry:
        with self._lock:
            entry = self._halls.setdefault(key, _Entry())
            self._halls.move_to_end(key)
            while len(self._halls) > _MOST:
                self._halls.popitem(last=False)
            return entry

"""What halls read of the database: how far the tree has grown, events, names, silent custodians. Blocking calls."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bidding.procedures.listing import ReadDocument
from bidding.store import custodians, directory
from ledger.basics.errors import Refusal
from ledger.store import read
from ledger.store.engine import database_now, reading
from ledger.store.read import Stored
from ledger.trust import Trust
from web.live.messages import Message, Text
from web.live.rooms import Room

_NAMES: Final = 20_000  # of organisations, kept


@contextmanager
def _reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """As `reading`; a database that is away is `Refusal("live.unreadable")`, for it will be back."""
    try:
        with reading(engine) as conn:
            yield conn
    except SQLAlchemyError as why:
        raise Refusal("live.unreadable") from why


@dataclass(frozen=True)
class Look:
    """The tree's size, and the database's clock."""

    size: int
    now: datetime


class Book:
    """The ledger as the live process reads it; it writes nothing."""

    def __init__(self, engine: sa.Engine, documents: ReadDocument, trust: Trust, challenge_every: timedelta) -> None:
        """`documents`: by SHA-256, those that disclosed events name."""
        self._engine, self._documents, self._trust, self._every = engine, documents, trust, challenge_every
        self._parties: OrderedDict[str, tuple[Text, int]] = OrderedDict()
        # One thread opens halls while another one tells on those that are open.
        self._lock = threading.Lock()

    def look(self) -> Look:
        """One cheap question: whether anything is new."""
        with _reading(self._engine) as conn:
            return Look(read.sequenced(conn), database_now(conn))

    def open(self, tender: str, lot: str) -> tuple[Room, list[Message]]:
        """A lot's room with all that it has said so far. Raises `Refusal("tender.unknown")`, `lot.unknown`."""
        room = Room(tender, lot, self._documents, self)
        with _reading(self._engine) as conn:
            size = read.sequenced(conn)
            told = [
                message
                for one in read.visible_in(conn, room.streams, range(size))
                for message in room.tell(one.event, one.index or 0)
            ]
        room.procedure  # noqa: B018 - raises where there is no notice yet
        room.places = size
        return room, told

    def follow(self, rooms: Sequence[Room], size: int) -> list[tuple[Room, list[Message] | Refusal]]:
        """What is new in these rooms, up to a size of the tree; for one that cannot be told on, why."""
        streams = sorted({stream for room in rooms for stream in room.streams})
        start = min((room.places for room in rooms), default=size)
        with _reading(self._engine) as conn:
            found = read.visible_in(conn, streams, range(start, size))
        told = [(room, _told(room, found, size)) for room in rooms]
        return [(room, news) for room, news in told if news]

    def silent(self, tenders: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Tender → its custodians that have not proved lately that they can open."""
        with _reading(self._engine) as conn:
            now = database_now(conn)
            return {
                one: frozenset(seen.custodian for seen in custodians.seen(conn, one, self._every, now) if seen.silent)
                for one in tenders
            }

    # --- names --------------------------------------------------------------------------------------------------------

    def party(self, uscc: str, before: int) -> Text | None:
        """The organisation of a code, if its registration stands before this place of the tree."""
        with self._lock:
            known = self._parties.get(uscc)
        known = known or self._registered(uscc)
        if known is None:
            return None
        # A registration does not change. That there is none may change at any time, and is not kept.
        with self._lock:
            self._parties[uscc] = known
            while len(self._parties) > _NAMES:
                self._parties.popitem(last=False)
        return known[0] if known[1] < before else None

    def _registered(self, uscc: str) -> tuple[Text, int] | None:
        with _reading(self._engine) as conn:
            found = directory.by_uscc(conn, uscc)
            events = [] if found is None else read.visible(conn, f"party/{found.party}", limit=1)
        if found is None or not events or events[0].index is None:
            return None
        return Text(zh=found.name["zh"], en=found.name["en"]), events[0].index

    def custodian(self, id_: str) -> Text:
        """A custodian's name by the trust file; its id where that does not know it."""
        known = self._trust.custodians.get(id_)
        return Text(zh=id_, en=id_) if known is None else Text(zh=known.name["zh"], en=known.name["en"])


def _told(room: Room, found: Sequence[Stored], size: int) -> list[Message] | Refusal:
    """What these events say in a room; a refusal (a document that is not there) ends this room alone."""
    own = [one for one in found if one.event.stream in room.streams and (one.index or 0) >= room.places]
    try:
        messages = [message for one in own for message in room.tell(one.event, one.index or 0)]
    except Refusal as why:
        return why
    room.places = max(room.places, size)
    return messages

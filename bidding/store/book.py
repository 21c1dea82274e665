"""What one act sees: streams as they stand inside its transaction, and their states, folded once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar, cast

import sqlalchemy as sa

from bidding.store import tables
from ledger.basics.errors import Refusal
from ledger.events import Event
from ledger.store import read
from ledger.store.engine import database_now
from ledger.store.read import Stored

S = TypeVar("S")


class Book:
    """Streams of the ledger, loaded when asked for and kept for the length of one transaction.

    `now`: the database's clock, read after the lock that the act asked for.
    """

    def __init__(self, conn: sa.Connection, lock: str = "") -> None:
        """`lock`: a tender whose row is held until the transaction ends, so that its acts take turns."""
        self.conn = conn
        if lock:
            conn.execute(sa.select(tables.tenders.c.tender).where(tables.tenders.c.tender == lock).with_for_update())
        self.now: datetime = database_now(conn)
        self._streams: dict[str, list[Stored]] = {}
        self._states: dict[str, object] = {}

    def stored(self, stream: str) -> list[Stored]:
        """The stream's events with salts and leaves, disclosed or not, in order."""
        if stream not in self._streams:
            self._streams[stream] = read.load(self.conn, stream)
        return self._streams[stream]

    def events(self, stream: str) -> list[Event]:
        """The stream's events in order."""
        return [one.event for one in self.stored(stream)]

    def version(self, stream: str) -> int:
        """The last version the act has seen: what it expects when it appends."""
        if stream in self._streams:
            return self._streams[stream][-1].event.version if self._streams[stream] else 0
        return read.version(self.conn, stream)

    def state(self, stream: str, fold: Callable[[Iterable[Event]], S]) -> S:
        """The state of a stream; `fold` must be the same for a stream each time."""
        if stream not in self._states:
            self._states[stream] = fold(self.events(stream))
        return cast(S, self._states[stream])

    def only(self, stream: str, type_: str, *, seen: bool = True) -> Stored:
        """The first event of this type (with `seen`: in the tree already); `Refusal("event.not_found")`."""
        for one in self.stored(stream):
            if one.event.type == type_ and (one.index is not None or not seen):
                return one
        raise Refusal("event.not_found", stream=stream, type=type_)

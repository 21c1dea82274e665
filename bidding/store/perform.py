"""The one way an act happens: one transaction that loads, decides, appends, and updates what pages read.

A view parses a command and calls `perform` with the pure decision. Whoever loses a race for a stream's next version
decides anew on what the other wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from bidding.store.book import Book
from bidding.store.project import project
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy
from ledger.events import Draft
from ledger.store import read
from ledger.store.append import Appended, append
from ledger.store.engine import transaction

# Stream → what is appended to it; the order of the streams is the order in the tree.
Plan = Mapping[str, Sequence[Draft]]
Decision = Callable[[Book], Plan]
# What else is written in the transaction of an act, once its events are.
Then = Callable[[sa.Connection, list[Appended]], None]

_ATTEMPTS: Final = 8


def perform(
    engine: sa.Engine,
    decide: Decision,
    *,
    actor: str,
    entropy: Entropy,
    lock: str = "",
    then: Then | None = None,
) -> list[Appended]:
    """Decides and appends in one transaction; `lock`: the tender whose acts take turns with this one.

    `decide` may be called again after `stream.conflict`, so it changes nothing but through the book's connection.
    Raises what it raises; `stream.conflict` after eight lost races.
    """
    for attempt in range(_ATTEMPTS):
        try:
            with transaction(engine) as conn:
                done = perform_in(conn, decide, actor=actor, entropy=entropy, lock=lock)
                if then is not None:
                    then(conn, done)
                return done
        except Refusal as refusal:
            if refusal.code != "stream.conflict" or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


def perform_in(
    conn: sa.Connection, decide: Decision, *, actor: str, entropy: Entropy, lock: str = ""
) -> list[Appended]:
    """`perform` inside the caller's transaction, once."""
    book = Book(conn, lock)
    done: list[Appended] = []
    for stream, drafts in decide(book).items():
        if drafts:
            done += append(conn, stream, book.version(stream), drafts, at=book.now, actor=actor, entropy=entropy)
    for stream in dict.fromkeys(one.event.stream for one in done):
        project(conn, stream, [one.event for one in done if one.event.stream == stream])
    return done


def disclose(conn: sa.Connection, stream: str, type_: str) -> None:
    """Discloses every event of a type in a stream."""
    for one in read.load(conn, stream):
        if one.event.type == type_ and not one.visible:
            read.disclose_event(conn, stream, one.event.version)

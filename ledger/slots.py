"""Slots: which event is *the* event of a version, for whoever holds the log (docs/formats/events-core.md).

Pure, and one for custodians, clients and verifiers: each knows the first slots of the tree, or of its part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from ledger.basics.errors import Refusal
from ledger.events import Event

# (stream, version) → (index, leaf) of its first slot, None where it has none.
Slot = Callable[[str, int], "tuple[int, bytes] | None"]


class Withheld(Refusal):
    """Evidence that exists was not shown, or another in its place: no verdict about anybody's bid follows from that."""


class InTree(Protocol):
    """An event that stands in the tree."""

    @property
    def event(self) -> Event:
        """The event."""

    @property
    def leaf(self) -> bytes:
        """Its entry, 32 bytes."""


S = TypeVar("S", bound=InTree)


def in_slots(stream: str, shown: Sequence[S], slot: Slot, *, first: int = 1) -> list[S]:
    """Those of the shown events of a stream that have their slot; one that has none yet waits for it.

    `shown`: versions `first`, `first` + 1, …; of a stream shown from the middle on, `first` may have no predecessor
    with a slot. Raises `Withheld("evidence.twin")` for an event whose slot is another's, `evidence.kept_back` where a
    version is left out, or has a slot and was not shown. (A number is the sender's word: none is counted up to.)
    """
    kept: list[S] = []
    for number, one in enumerate(shown, first):
        if one.event.version != number:
            raise Withheld("evidence.kept_back", stream=stream[:128], version=number)
        found = slot(stream, one.event.version)
        if found is not None and found[1] != one.leaf:
            raise Withheld("evidence.twin", stream=stream[:128], version=one.event.version)
        if found is not None:
            kept.append(one)
    for number in (first - 1, first + len(shown)):
        if slot(stream, number) is not None:
            raise Withheld("evidence.kept_back", stream=stream[:128], version=number)
    return kept

"""What the claims read: a bundle, a trust file, and everything computed from the two once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar, overload

from ledger import bundle, checkpoint, events, merkle, trust
from ledger.basics.canonical import Json, parse
from ledger.basics.errors import Refusal
from ledger.bundle import Bundle, Contents, Line
from ledger.checkpoint import WitnessedCheckpoint
from ledger.claims import NotApplicable
from ledger.custodian.rulebook import Seen
from ledger.merkle import Tree
from ledger.trust import Trust

T = TypeVar("T")
O = TypeVar("O")  # noqa: E741 - the owner of a property


class once(Generic[T]):  # noqa: N801 - used as a decorator, like property
    """A property computed once. What it raised is raised again, so that no claim pays for another's failure."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = "_once_" + name

    @overload
    def __get__(self, instance: None, owner: type) -> once[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> T | once[T]:
        """The value, or the refusal of the first time."""
        if instance is None:
            return self
        return remember(instance.__dict__, self._name, lambda: self._compute(instance))


def remember(cache: dict[Any, Any], key: object, compute: Callable[[], T]) -> T:
    """The value under `key`, computed once; a refusal is remembered too."""
    if key not in cache:
        try:
            cache[key] = (compute(), None)
        except (Refusal, NotApplicable) as raised:
            cache[key] = (None, raised)
    value, refusal = cache[key]
    if refusal is not None:
        raise refusal.with_traceback(None)
    found: T = value
    return found


class Evidence:
    """A bundle and the keys it is judged by: one's own trust file, or what the bundle tells (`known` is False)."""

    def __init__(self, contents: Contents, own: Trust | None = None) -> None:
        self.contents = contents
        self._own = own
        self._seen: dict[Any, Any] = {}
        self._values: dict[str, Any] = {}

    @property
    def known(self) -> bool:
        """Whether a trust file came from elsewhere."""
        return self._own is not None

    @property
    def bundle(self) -> Bundle:
        """The bundle; without one no other claim can be judged."""
        if self.contents.bundle is None:
            raise NotApplicable("bundle.unreadable")
        return self.contents.bundle

    @once
    def told(self) -> Trust:
        """The trust file as the bundle tells it. Raises `Refusal("trust.*")`."""
        return trust.parse(self.bundle.trust)

    @once
    def trust(self) -> Trust:
        """Whose keys count here."""
        return self._own or self.told

    @property
    def tender(self) -> str:
        """The tender it is about."""
        return self.bundle.tender

    # --- the log ------------------------------------------------------------------------------------------------------

    @once
    def tree(self) -> Tree:
        """The tree from the bundle's first entry on."""
        tree = Tree(self.bundle.edge)
        for entry in self.bundle.entries:
            tree.append(merkle.leaf_hash(entry))
        return tree

    @once
    def root(self) -> bytes:
        """The root of the whole tree, to which every early proof leads."""
        return self.tree.root()

    def witnessed(self, size: int) -> WitnessedCheckpoint:
        """The checkpoint of the note of this size, its signatures checked. Raises what `checkpoint.verify` raises."""
        found: WitnessedCheckpoint = remember(
            self.__dict__, ("note", size), lambda: checkpoint.verify(self.bundle.notes[size], self.trust.policy)
        )
        return found

    def holds(self, size: int) -> bool:
        """Whether the note of this size is signed and witnessed."""
        try:
            self.witnessed(size)
        except Refusal:
            return False
        return True

    @once
    def heads(self) -> tuple[WitnessedCheckpoint, ...]:
        """The checkpoints that hold: signed, witnessed, over this very tree; by size. Others are the log's claims'."""
        found = []
        for size in sorted(self.bundle.notes):
            try:
                head = self.witnessed(size)
                if head.size == size and self.tree.root(size) == head.root:
                    found.append(head)
            except Refusal:
                continue
        return tuple(found)

    @once
    def _sizes(self) -> list[int]:
        return [head.size for head in self.heads]

    def head_over(self, index: int) -> WitnessedCheckpoint | None:
        """The first witnessed checkpoint that holds the entry at `index`, None if there is none."""
        at = bisect_right(self._sizes, index)
        return self.heads[at] if at < len(self.heads) else None

    def head_at(self, size: int) -> WitnessedCheckpoint | None:
        """The witnessed checkpoint of exactly this size."""
        found = self.head_over(size - 1)
        return found if found is not None and found.size == size else None

    def witnessed_at(self, index: int) -> datetime | None:
        """By when the entry at `index` stood in the tree, by the witnesses' clocks; None if unknown."""
        head = self.head_over(index)
        return head.witnessed_at if head else None

    def entry(self, index: int) -> bytes | None:
        """The entry at `index`, None where it is not in the bundle."""
        at = index - self.bundle.edge.size
        return self.bundle.entries[at] if 0 <= at < len(self.bundle.entries) else None

    # --- events -------------------------------------------------------------------------------------------------------

    @once
    def names(self) -> tuple[str, ...]:
        """The streams in the bundle, sorted."""
        return tuple(sorted(self.bundle.streams))

    @once
    def concerned(self) -> frozenset[str]:
        """The streams of which nothing that is public may be missing."""
        return frozenset(self.names)

    @once
    def _slots(self) -> dict[bytes, tuple[int, bytes]]:
        prefix, out = events.unblinded_prefix(events.SLOT), dict[bytes, tuple[int, bytes]]()
        at = len(prefix)
        for index, entry in enumerate(self.bundle.entries, self.bundle.edge.size):
            if entry.startswith(prefix) and len(entry) == at + 64:
                out.setdefault(entry[at : at + 32], (index, entry[at + 32 :]))
        return out

    def slot(self, stream: str, version: int) -> tuple[int, bytes] | None:
        """(index, leaf) of the first slot of a stream's version since the bundle's first entry.

        An event from before that had its slot directly before its leaf: that one, if it is proved.
        """
        subject = events.slot_subject(stream, version)
        found = self._slots.get(subject)
        if found is None and (one := self.event(stream, version)) is not None and one.index < self.bundle.edge.size:
            proof = self.bundle.proofs.get(one.index - 1, ())
            entry = events.slot_of(subject, one.leaf)
            try:
                merkle.check_inclusion(entry, one.index - 1, self.bundle.size, proof, self.root)
            except Refusal:
                return None
            return one.index - 1, one.leaf
        return found

    def lines(self, stream: str) -> tuple[Line, ...]:
        """The lines of a stream as they stand; none where it is not there."""
        return self.bundle.streams.get(stream, ())

    def seen(self, stream: str) -> tuple[Seen, ...]:
        """The events of a stream, read but not judged. Raises `Refusal` where one can't be read."""
        return remember(self._seen, stream, lambda: tuple(_seen(line) for line in self.lines(stream)))

    def event(self, stream: str, version: int) -> Seen | None:
        """One event."""
        by_version = remember(
            self._seen, ("version", stream), lambda: {one.event.version: one for one in self.seen(stream)}
        )
        return by_version.get(version)

    def disclosed(self, stream: str) -> dict[tuple[int, str], tuple[bytes, Json]]:
        """(version, name) → (salt, value) of a stream's disclosed values, read but not judged."""
        return remember(
            self._values,
            stream,
            lambda: {
                (one.version, one.name): (one.salt, parse(one.value)) for one in self.bundle.values.get(stream, ())
            },
        )


def _seen(line: Line) -> Seen:
    return Seen(bundle.decode(line), line.salt, line.leaf, line.index)

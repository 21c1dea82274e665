"""A mirror: an institution's own copy of every entry of the log, kept in a folder, checked as it grows.

`entries` holds each entry after its length (u16, big-endian), in the tree's order; `head` says up to which byte that
file counts, and under which witnessed note. Entries are written and synced before the head that covers them, so that
after a crash what stands beyond the head is cut off and fetched again.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ledger import checkpoint, events, merkle, tiles
from ledger.basics.canonical import canonical, members, parse_object
from ledger.basics.errors import Refusal
from ledger.checkpoint import Policy, WitnessedCheckpoint
from ledger.files import write_atomically
from ledger.log_client import LogClient
from ledger.merkle import Tree
from ledger.proof import Proof

_COMMITMENT: Final = 32  # an event's entry; every longer one is raw


class Mirror:
    """All entries of one log up to `size`, under `head` (None before the first update)."""

    def __init__(self, folder: Path, policy: Policy) -> None:
        """Reads the folder (made if missing) and checks it: `Refusal("mirror.corrupt")` if it isn't what was kept."""
        folder.mkdir(parents=True, exist_ok=True)
        self.policy: Final = policy
        self.head: WitnessedCheckpoint | None = None
        self.note = ""
        self._folder = folder
        self._length = 0
        self._tree = Tree()
        self._index: dict[bytes, int] = {}
        self._raw: list[tuple[int, bytes]] = []
        self._slots: dict[bytes, tuple[int, bytes]] = {}
        self._entries_file().touch()
        self._load()

    @property
    def size(self) -> int:
        """How many entries it holds."""
        return self._tree.size

    def root_at(self, size: int) -> bytes:
        """The root of the first `size` entries, 32 bytes; `Refusal("merkle.size_range")` beyond what it holds."""
        return self._tree.root(size)

    def index_of(self, entry: bytes) -> int | None:
        """Where an entry that is no slot first stands in the tree, None if it doesn't."""
        return self._index.get(entry)

    def raw_entries(self, label: str, start: int = 0) -> list[tuple[int, bytes]]:
        """`(index, entry)` of every unblinded entry with this label from index `start` on, in the tree's order.

        Slots, of which each event has one, are found by `slot` alone.
        """
        prefix = events.unblinded_prefix(label)
        return [(index, entry) for index, entry in self._raw if index >= start and entry.startswith(prefix)]

    def slot(self, stream: str, version: int) -> tuple[int, bytes] | None:
        """`(index, leaf)` of the first slot of a stream's version, None if it has none (`events.slot_entry`)."""
        return self._slots.get(events.slot_subject(stream, version))

    def proof(self, entry: bytes) -> Proof:
        """The proof, under the mirror's own head, that an entry stands in the tree; `Refusal("event.unknown")`.

        For handing on: whoever gets it asks nobody for it, as whoever made it did not.
        """
        index = self.index_of(entry)
        if index is None:
            raise Refusal("event.unknown", event=entry.hex()[:64])
        return Proof(index, tuple(self._tree.inclusion(index)), self.note)

    def check_note(self, note: bytes) -> WitnessedCheckpoint:
        """A witnessed checkpoint of this log that its own entries bear out.

        Raises as `checkpoint.verify`; `Refusal("merkle.size_range")` if it is ahead of the mirror (update first);
        `Refusal("log.fork")` if this is another tree: then both notes are proof against the log.
        """
        head = checkpoint.verify(note, self.policy)
        if self.root_at(head.size) != head.root:
            self._accuse(note, head.size)
        return head

    def update(self, client: LogClient) -> WitnessedCheckpoint:
        """Fetches the newest witnessed checkpoint and all entries up to it, checks them, keeps them.

        Raises `Refusal("log.rolled_back")` if the log shows less than it has shown before, `Refusal("log.fork")` if
        the new root doesn't continue what is held, `Refusal("log.wrong_entries")` if it does, but the entries served
        don't lead to it. Nothing is kept then, but of a fork the evidence.
        """
        note = client.checkpoint_note()
        head = checkpoint.verify(note, self.policy)
        if head.size < self.size:
            # An older checkpoint of the same tree may come from a cache; one of another tree is a fork.
            self.check_note(note)
            raise Refusal("log.rolled_back", signed=self.size, found=head.size)
        if note == self.note.encode():
            return head
        fresh = self._fetch(client, head.size)
        edge = self._tree.frontier()
        for entry in fresh:
            edge = edge.append(merkle.leaf_hash(entry))
        if edge.root() != head.root:
            if not self._continues(client, head):
                self._accuse(note, head.size)
            raise Refusal("log.wrong_entries", size=head.size, held=self.size)
        self._keep(fresh, head, note.decode())
        return head

    def _continues(self, client: LogClient, head: WitnessedCheckpoint) -> bool:
        """Whether the log can prove by its tiles that the new tree begins with the one held (RFC 9162 §2.1.4.2)."""
        try:
            path = merkle.consistency_proof(client.nodes(head.size), self.size, head.size)
            merkle.check_consistency(self.size, head.size, self.root_at(self.size), head.root, path)
        except Refusal as refusal:
            if refusal.code != "merkle.inconsistent":
                raise
            return False
        return True

    def _fetch(self, client: LogClient, size: int) -> list[bytes]:
        fresh: list[bytes] = []
        for bundle in tiles.bundles(self.size, size):
            held = client.entries(bundle)
            fresh.extend(held[max(0, self.size - bundle.first) :])
        return fresh

    def _keep(self, fresh: list[bytes], head: WitnessedCheckpoint, note: str) -> None:
        data = tiles.encode_bundle(fresh)
        if data:
            with self._entries_file().open("r+b") as file:
                file.seek(self._length)
                file.truncate()
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        length = self._length + len(data)
        state = {"origin": head.origin, "size": head.size, "length": length, "root": head.root.hex(), "note": note}
        write_atomically(self._folder / "head", canonical(state))
        self._length, self.head, self.note = length, head, note
        for entry in fresh:
            self._add(entry)

    def _load(self) -> None:
        path = self._folder / "head"
        if not path.exists():
            return
        state = members(parse_object(path.read_bytes()), "origin size length root note")
        length, note = state["length"], state["note"]
        if not isinstance(length, int) or not isinstance(note, str):
            raise Refusal("mirror.corrupt", size=0)
        head = checkpoint.verify(note.encode(), self.policy)
        with self._entries_file().open("rb") as file:
            data = file.read(length)
        try:
            held = tiles.decode_bundle(data, head.size)
        except Refusal as exc:
            raise Refusal("mirror.corrupt", size=head.size) from exc
        for entry in held:
            self._add(entry)
        if self.root_at(head.size) != head.root:
            raise Refusal("mirror.corrupt", size=head.size)
        self._length, self.head, self.note = length, head, note

    def _add(self, entry: bytes) -> None:
        slot = events.split_unblinded(events.SLOT, entry)
        if slot is not None:
            self._slots.setdefault(slot[0], (self._tree.size, slot[1]))
        else:
            self._index.setdefault(entry, self._tree.size)
            if len(entry) != _COMMITMENT:
                self._raw.append((self._tree.size, entry))
        self._tree.append(merkle.leaf_hash(entry))

    def _accuse(self, note: bytes, size: int) -> None:
        name = f"fork-{merkle.leaf_hash(note).hex()[:16]}"
        write_atomically(self._folder / "evidence" / name, note)
        write_atomically(self._folder / "evidence" / f"{name}.held", self.note.encode())
        raise Refusal("log.fork", size=size, held=self.size)

    def _entries_file(self) -> Path:
        return self._folder / "entries"

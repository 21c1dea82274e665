"""A small log with its proofs, for readers that have no log: whatever a hostile office could put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ledger import events, merkle
from ledger.basics import clock, signing
from ledger.basics.canonical import Json
from ledger.events import Event
from ledger.proof import Proof
from tests.support.log import NOON, ORIGIN, key, note_over, policy

BOX = key(31)


def trust(threshold: int = 2) -> dict[str, Any]:
    """What a browser remembers of whom it believes; two of the three witnesses of `tests.support.log` suffice."""
    known = policy(threshold)
    return {
        "log": {"origin": ORIGIN, "key": known.log.text},
        "box_key": signing.public_bytes(BOX).hex(),
        "witnesses": [{"name": one.name, "key": one.text} for one in known.witnesses],
        "witness_threshold": threshold,
        "custodians": [],
    }


@dataclass
class SmallLog:
    """Entries, and the events among them."""

    entries: list[bytes] = field(default_factory=list)
    salts: int = 0

    def raw(self, entry: bytes) -> int:
        """An entry that is no event's; its place."""
        self.entries.append(entry)
        return len(self.entries) - 1

    def add(self, stream: str, version: int, type_: str, public: Mapping[str, Json], **more: Any) -> dict[str, Any]:
        """An event with its slot, as it is served, without a proof. `sealed`, `at`, `slot`, `between` as wanted."""
        self.salts += 1
        salt = bytes([self.salts]) * 32
        at: datetime = more.get("at", NOON)
        event = events.from_object(
            {
                "v": 1,
                "stream": stream,
                "version": version,
                "type": type_,
                "at": clock.text(at),
                "actor": "platform",
                "public": dict(public),
                "sealed": dict(more.get("sealed", {})),
            }
        )
        return self.stand(event, salt, slot=more.get("slot", True), between=more.get("between", ()))

    def stand(self, event: Event, salt: bytes, *, slot: bool, between: Sequence[bytes]) -> dict[str, Any]:
        """Puts an event into the tree; `between`: raw entries between its slot and its leaf."""
        leaf = events.leaf(salt, event.encode())
        if slot:
            self.raw(events.slot_entry(event.stream, event.version, leaf))
        for one in between:
            self.raw(one)
        return {"event": event.object(), "salt": salt.hex(), "index": self.raw(leaf)}

    def proof(self, index: int, witnesses: int = 2, size: int = 0, at: datetime = NOON) -> str:
        """The proof of the entry at a place, under a checkpoint of `size` entries (all) with so many cosignatures."""
        shown = self.entries[: size or None]
        nodes = merkle.nodes_of([merkle.leaf_hash(one) for one in shown])
        path = merkle.inclusion_proof(nodes, index, len(shown))
        return Proof(index, tuple(path), note_over(shown, witnesses, at)).text()

    def proved(self, shown: Mapping[str, Any], witnesses: int = 2, at: datetime = NOON) -> dict[str, Any]:
        """An event with its proof."""
        return {**shown, "proof": self.proof(shown["index"], witnesses, at=at)}

    def note(self, witnesses: int = 2, size: int = 0, at: datetime = NOON) -> str:
        """A checkpoint over the first `size` entries (all)."""
        return note_over(self.entries[: size or None], witnesses, at)

    def consistency(self, old: int, size: int = 0) -> list[bytes]:
        """The consistency proof from `old` to `size` (all)."""
        shown = self.entries[: size or None]
        return merkle.consistency_proof(merkle.nodes_of([merkle.leaf_hash(one) for one in shown]), old, len(shown))

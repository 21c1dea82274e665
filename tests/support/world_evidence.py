"""A `World`'s log as a custodian's evidence, honest unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from ledger.basics import signing
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.checkpoint import Policy, WitnessedCheckpoint, log_key, witness_key
from ledger.custodian.rulebook import Seen
from ledger.events import SLOT, slot_subject, split_unblinded
from ledger.slots import in_slots
from ledger.trust import Custodian, Trust
from tests.support.world import World


def trust_of(world: World, *, custodians: Sequence[str] | None = None) -> Trust:
    """The trust file of a world's institutions (`custodians`: only these)."""
    log, witness = log_key("world.example/log", world.dice.key()), witness_key("w.example", world.dice.key())
    policy = Policy(log, (witness,), 1)
    names = sorted(world.identities) if custodians is None else custodians
    return Trust(
        policy=policy,
        box_key=signing.public_bytes(world.dice.key()).hex(),
        custodians={
            name: Custodian(name, {"zh": name, "en": name}, signing.public_bytes(world.identities[name]).hex())
            for name in names
        },
        contributors={name: signing.public_bytes(key).hex() for name, key in world.contributors.items()},
        supervisors={},
        cas=tuple(one.public_bytes(Encoding.PEM).decode("ascii") for one in world.authorities),
        fingerprint="0" * 64,
    )


class WorldEvidence:
    """`ledger.custodian.rulebook.Evidence` over a world's log up to `size` (all of it if None).

    `edit_events` changes what a stream shows; whatever it invents is thrown out, as the real evidence does.
    """

    def __init__(
        self,
        world: World,
        *,
        size: int | None = None,
        edit_events: Callable[[str, list[Seen]], list[Seen]] = lambda _stream, events: events,
        lost: frozenset[str] = frozenset(),
    ) -> None:
        self._world = world
        self._size = len(world.log.entries) if size is None else size
        self._edit = edit_events
        self._lost = lost

    @property
    def witnessed(self) -> WitnessedCheckpoint:
        """The checkpoint of this question."""
        at = self.witnessed_at(self._size - 1)
        times = {"w.example": at} if at else {}
        return WitnessedCheckpoint("world.example/log", self._size, self._world.log.root(self._size), times, 1)

    def index_of(self, entry: bytes) -> int | None:
        """Where an entry stands."""
        entries = self._world.log.entries[: self._size]
        return entries.index(entry) if entry in entries else None

    def raw_entries(self, label: str) -> Sequence[tuple[int, bytes]]:
        """The unblinded entries of a label."""
        entries = enumerate(self._world.log.entries[: self._size])
        return [(index, entry) for index, entry in entries if split_unblinded(label, entry)]

    def slot(self, stream: str, version: int) -> tuple[int, bytes] | None:
        """The first slot of a version."""
        subject = slot_subject(stream, version)
        for index, entry in self.raw_entries(SLOT):
            if entry[-64:-32] == subject:
                return index, entry[-32:]
        return None

    def witnessed_at(self, index: int) -> datetime | None:
        """When the first checkpoint that holds the entry was cosigned."""
        return next((at for size, at in self._world.log.witnessed if size > index), None)

    def events(self, stream: str) -> Sequence[Seen]:
        """A stream's events that are in the log, in their slots."""
        records = self._world.log.streams.get(stream, [])
        shown = self._edit(stream, [Seen(r.event, r.salt, r.leaf, r.index) for r in records])
        return in_slots(stream, [seen for seen in shown if self.index_of(seen.leaf) is not None], self.slot)

    def document(self, sha256: str) -> bytes:
        """A document."""
        data: bytes = self._get(self._world.documents, sha256)
        return data

    def submission(self, sha256: str) -> dict[str, Json]:
        """A submission's envelope."""
        envelope: dict[str, Json] = self._get(
            {name: bid.submission.envelope for name, bid in self._world.bids.items()}, sha256
        )
        return envelope

    def blob(self, sha256: str) -> bytes:
        """A form."""
        data: bytes = self._get(self._world.blobs, sha256)
        if H(data).hex() != sha256:
            raise Refusal("evidence.wrong_hash", sha256=sha256)
        return data

    def _get(self, where: dict[str, Any], sha256: str) -> Any:
        if sha256 in self._lost or sha256 not in where:
            raise Refusal("evidence.missing", sha256=sha256)
        return where[sha256]

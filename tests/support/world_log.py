"""The ground under a test's world: seeded entropy, a log, organisations and bids."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bidding.parties import Party
from bidding.submission import Submission
from ledger.basics.canonical import Json
from ledger.events import Draft, Event, commitment, leaf, slot_entry
from ledger.merkle import root_of_entries
from tests.vectors.fixed import issuer_key

TENDER: Final = "t-1"
LOT: Final = "lot-1"
DEADLINE: Final = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
PUBLISHED: Final = DEADLINE - timedelta(days=21)
INTERVAL: Final = timedelta(minutes=1)
GRACE: Final = timedelta(minutes=2)
MAX_BYTES: Final = 1 << 30


@cache
def ticket_key() -> RSAPrivateKey:
    """The lot's ticket key: fixed, so that no test waits for primes."""
    numbers = json.loads((Path(__file__).parents[1] / "vectors" / "issuer.json").read_text())
    return issuer_key(int(numbers["p"], 16), int(numbers["q"], 16))


class Dice:
    """Seeded entropy: a callable like `secrets.token_bytes`."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn = 0

    def __call__(self, length: int) -> bytes:
        out = b""
        while len(out) < length:
            out += hashlib.sha256(f"world {self._seed} {self._drawn}".encode()).digest()
            self._drawn += 1
        return out[:length]

    def key(self) -> Ed25519PrivateKey:
        """A new Ed25519 key."""
        return Ed25519PrivateKey.from_private_bytes(self(32))


@dataclass(frozen=True)
class Org:
    """An organisation with its keys; `secret` is its bidding secret."""

    party: Party
    secret: bytes
    seal: Ed25519PrivateKey
    person: Ed25519PrivateKey

    def public(self) -> dict[str, Json]:
        """Public of its `party.registered`."""
        return {
            "party": self.party.party,
            "uscc": self.party.uscc,
            "name": dict(self.party.name),
            "seal_key": self.party.seal_key,
            "person": {"ref": self.party.person_ref, "key": self.party.person_key},
            "holds": list(self.party.holds),
        }


@dataclass(frozen=True)
class Bid:
    """A sealed bid: its submission, what is in it, and its ciphertexts by SHA-256 (hex)."""

    orgs: tuple[Org, ...]
    key: Ed25519PrivateKey
    submission: Submission
    headers: Mapping[str, dict[str, Json]]
    secrets: Mapping[str, bytes]
    files: Mapping[str, Mapping[str, bytes]]
    ciphertexts: Mapping[str, bytes]

    @property
    def sha256(self) -> str:
        """Hash of the submission."""
        return self.submission.sha256


@dataclass(frozen=True)
class Record:
    """An event in the log: `index` of its leaf."""

    event: Event
    salt: bytes
    leaf: bytes
    index: int


@dataclass
class Log:
    """Entries, events by stream, and when the witnesses saw the tree at which size."""

    dice: Dice
    entries: list[bytes] = field(default_factory=list)
    streams: dict[str, list[Record]] = field(default_factory=dict)
    witnessed: list[tuple[int, datetime]] = field(default_factory=list)
    hidden: dict[str, list[Record]] = field(default_factory=dict)

    def append(self, stream: str, draft: Draft, at: datetime, actor: str = "platform") -> Record:
        """Write an event (and what stands directly before it), witnessed 30 s later; a hidden one has no slot yet."""
        sealed = {name: commitment(self.dice(32), value).hex() for name, value in draft.sealed.items()}
        version = len(self.streams.get(stream, ())) + 1
        event = Event(stream, version, draft.type, at, actor, draft.public, sealed)
        salt = self.dice(32)
        made = leaf(salt, event.encode())
        self.entries += [*([slot_entry(stream, version, made)] if draft.visible else []), *draft.before]
        record = Record(event, salt, made, len(self.entries))
        self.entries.append(record.leaf)
        self.streams.setdefault(stream, []).append(record)
        if not draft.visible:
            self.hidden.setdefault(stream, []).append(record)
        self.witness(at + timedelta(seconds=30))
        return record

    def disclose(self, stream: str) -> None:
        """Write the slots of what is hidden in a stream."""
        self.entries += [slot_entry(stream, one.event.version, one.leaf) for one in self.hidden.pop(stream, [])]

    def witness(self, at: datetime) -> None:
        """The witnesses cosign the tree as it is."""
        self.witnessed.append((len(self.entries), at))

    def root(self, size: int | None = None) -> bytes:
        """Root at a size."""
        return root_of_entries(self.entries[: len(self.entries) if size is None else size])

"""Who acts in a town, and what a bidder is about to send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics.canonical import canonical
from ledger.basics.hashing import H
from ledger.sealed import tickets


@dataclass
class Person:
    """Somebody with a token and a key."""

    id: str
    token: str
    key: Ed25519PrivateKey


@dataclass
class Bidder:
    """An organisation with its keys, and what it has taken and sealed."""

    party: str
    uscc: str
    token: str
    seal: Ed25519PrivateKey
    person: Ed25519PrivateKey
    secret: bytes
    tickets: dict[str, tickets.Ticket] = field(default_factory=dict)


@dataclass
class Sealed:
    """A sealed bid, ready to be sent."""

    key: Ed25519PrivateKey
    envelope: dict[str, Any]
    blobs: dict[str, bytes]
    ticket: tickets.Ticket

    @property
    def sha256(self) -> str:
        return H(canonical(self.envelope["object"])).hex()

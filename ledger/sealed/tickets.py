"""Tickets: an organisation's right to bid for a lot, which does not say whose it is (§5).

All of it follows from the organisation's bidding secret (32 bytes), so that a lost laptop loses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import signing
from ledger.basics.canonical import Json, canonical, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H, hkdf
from ledger.sealed import blindrsa

KEY_BITS: Final = 3072
_SIZE: Final = KEY_BITS // 8


@dataclass(frozen=True)
class Ticket:
    """`prefix` 32 bytes, `signature` 384 bytes."""

    prefix: bytes
    signature: bytes

    def to_json(self) -> dict[str, Json]:
        """`{prefix, signature}`."""
        return {"prefix": self.prefix.hex(), "signature": self.signature.hex()}

    @classmethod
    def parse(cls, value: object) -> Ticket:
        """The ticket of an object with exactly those members."""
        got = members(value, "prefix signature")
        return cls(unhex(got["prefix"], blindrsa.PREFIX, "prefix"), unhex(got["signature"], _SIZE, "signature"))


def bid_key(secret: bytes, tender: str, lot: str) -> Ed25519PrivateKey:
    """The key that signs everything this organisation does in this lot's box."""
    label = b"mingjing/bid-key/v1\0" + canonical({"lot": lot, "tender": tender})
    return Ed25519PrivateKey.from_private_bytes(hkdf(_secret(secret), b"", label, 32))


@dataclass(frozen=True)
class Request:
    """A ticket being asked for. `blinded` goes to the office; `blind_seed` stays secret until the identity opens."""

    spki: bytes
    prepared: bytes
    prefix: bytes
    salt: bytes
    blind_seed: bytes
    blinded: bytes

    def finalize(self, blind_signature: bytes) -> Ticket:
        """The ticket from the office's answer. Raises `Refusal("sealed.bad_ticket")` where it is not one."""
        key = ticket_key(self.spki)
        r = blinding(key, self.blind_seed)
        return Ticket(self.prefix, blindrsa.finalize(key, self.prepared, blind_signature, r))


def request(secret: bytes, tender: str, lot: str, spki: bytes) -> Request:
    """The request for a ticket of `lot`, whose RSA key is `spki` (DER). The same every time it is asked."""
    key = ticket_key(spki)
    subject = canonical({"key": H(spki).hex(), "lot": lot, "tender": tender})

    def derive(label: bytes, length: int) -> bytes:
        return hkdf(_secret(secret), b"", b"mingjing/ticket/v1\0" + label + b"\0" + subject, length)

    prefix, salt, seed = derive(b"prefix", 32), derive(b"salt", 48), derive(b"blind", 32)
    prepared = _prepared(prefix, signing.public_bytes(bid_key(secret, tender, lot)))
    blinded = blindrsa.blind(key, prepared, salt, blinding(key, seed))
    return Request(spki, prepared, prefix, salt, seed, blinded)


@lru_cache(maxsize=64)
def ticket_key(spki: bytes) -> blindrsa.PublicKey:
    """The lot's key: RSA-3072 with e = 65537 and an odd modulus. Raises `Refusal("sealed.bad_ticket_key")`."""
    key = blindrsa.load(spki)
    if key.n.bit_length() != KEY_BITS or key.n % 2 == 0 or key.e != 65537:
        raise Refusal("sealed.bad_ticket_key")
    return key


def verify_ticket(spki: bytes, bid_public: bytes, ticket: Ticket) -> None:
    """Raises `Refusal("sealed.bad_ticket")` unless the ticket is for this bid key (32 bytes)."""
    blindrsa.verify(ticket_key(spki), _prepared(ticket.prefix, bid_public), ticket.signature)


def blinded_again(spki: bytes, ticket: Ticket, blind_seed: bytes) -> bytes:
    """`(signature · r)^e mod n`, 384 bytes: the blinded message for which this ticket was issued."""
    key = ticket_key(spki)
    product = int.from_bytes(ticket.signature, "big") * blinding(key, blind_seed) % key.n
    return pow(product, key.e, key.n).to_bytes(_SIZE, "big")


def blinding(key: blindrsa.PublicKey, blind_seed: bytes) -> int:
    """r: the first candidate with 1 < r < n and gcd(r, n) = 1."""
    c = 0
    while True:
        r = int.from_bytes(hkdf(blind_seed, b"", b"mingjing/blind/v1\0" + str(c).encode("ascii"), _SIZE), "big")
        if 1 < r < key.n and math.gcd(r, key.n) == 1:
            return r
        c += 1


def issuance(tender: str, lot: str, blinded: bytes, organisation: Ed25519PrivateKey) -> dict[str, Json]:
    """The organisation's envelope over `{blinded_message, lot, tender}` (TYPE issuance)."""
    wanted: Mapping[str, Json] = {"tender": tender, "lot": lot, "blinded_message": blinded.hex()}
    return signing.sign("issuance", dict(wanted), organisation)


def _prepared(prefix: bytes, bid_public: bytes) -> bytes:
    return blindrsa.prepare(b"mingjing/ticket/v1\0" + bid_public, prefix)


def _secret(secret: bytes) -> bytes:
    if len(secret) != 32:
        raise ValueError("a bidding secret has 32 bytes")
    return secret

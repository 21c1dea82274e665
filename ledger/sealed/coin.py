"""Randomness nobody can withhold: contributions sealed beforehand, opened together (§6)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import signing
from ledger.basics.canonical import Json, canonical, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H, fr
from ledger.basics.ids import check_id
from ledger.sealed.keyset import Keyset, Purpose
from ledger.sealed.seal import Seal, seal_secret


@dataclass(frozen=True)
class Contribution:
    """A party's sealed value. `author_key`: the party's Ed25519 key, 32 bytes, which signed it."""

    party: str
    author_key: bytes
    seal: Seal


def contribute(keyset: Keyset, party: str, identity: Ed25519PrivateKey, secret: bytes, n16: bytes) -> dict[str, Json]:
    """The envelope over `{party, purpose, seal}` (TYPE contribution); `secret` 32 and `n16` 16 fresh random bytes."""
    sealed = seal_secret(keyset, signing.public_bytes(identity), secret, n16)
    return signing.sign(
        "contribution",
        {"party": check_id(party, "party"), "purpose": keyset.purpose.to_json(), "seal": sealed.to_json()},
        identity,
    )


def verify_contribution(envelope: object, keyset: Keyset, parties: Mapping[str, str]) -> Contribution:
    """The contribution of one of `parties` (party → hex key, from the notice) to this key set's purpose."""
    outer = members(envelope, "key object signature")
    got = members(outer["object"], "party purpose seal")
    party = check_id(got["party"], "party")
    if party not in parties:
        raise Refusal("sealed.not_a_party", party=party)
    signing.verify("contribution", envelope, parties[party])
    if Purpose.parse(got["purpose"]) != keyset.purpose:
        raise Refusal("sealed.wrong_purpose", part=keyset.purpose.part)
    return Contribution(party, unhex(outer["key"], 32, "key"), Seal.parse(got["seal"], keyset))


def alpha(purpose: Purpose, roll: Json, secrets: Mapping[str, bytes]) -> bytes:
    """The coin of a lot, 32 bytes, from the roll (the object) and each party's value (32 bytes; zeros if void)."""
    if not secrets or any(len(value) != 32 for value in secrets.values()):
        raise ValueError("every party gives 32 bytes")
    items = [b"mingjing/coin/v1", canonical(purpose.to_json()), H(canonical(roll))]
    for party in sorted(secrets):
        items += [party.encode("ascii"), secrets[party]]
    return H(fr(*items))


def index(coin: bytes, lot: str, name: str, count: int) -> int:
    """A number 0 … count − 1 from the coin, without bias (rejection sampling on 128 bits)."""
    if not 1 <= count <= 1 << 64:
        raise ValueError("a list has 1 to 2^64 values")
    limit, tries = count * ((1 << 128) // count), 0
    while True:
        block = hmac.digest(coin, canonical({"c": tries, "lot": lot, "name": name}), "sha256")
        number = int.from_bytes(block[:16], "big")
        if number < limit:
            return number % count
        tries += 1


def coefficient(coin: bytes, lot: str, name: str, values: Sequence[str]) -> str:
    """The drawn one of a published list of values."""
    return values[index(coin, lot, name, len(values))]

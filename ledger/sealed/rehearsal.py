"""Rehearsals: the whole of sealing and opening with throw-away keys, which nobody can take for the real thing.

Suite "MJ1-rehearsal", purpose {tender: "rehearsal", lot: nonce, part}; no conditions, random bytes only. A parser of
one suite refuses the other, and the suite stands in the bytes that make the kid, so no seal fits both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.basics import clock
from ledger.basics.ids import Entropy, check_id
from ledger.sealed import keyset as keysets
from ledger.sealed.keyset import REHEARSAL, REHEARSAL_TENDER, Conditions, Keyset, Purpose


def purpose(nonce: str, part: str) -> Purpose:
    """The purpose of a rehearsal; `nonce` is an id made for this one."""
    return Purpose.parse({"tender": REHEARSAL_TENDER, "lot": check_id(nonce, "lot"), "part": part})


def build(nonce: str, part: str, t: int, custodians: Mapping[str, bytes], not_before: str) -> Keyset:
    """A rehearsal's key set of throw-away X25519 keys by custodian; `not_before` is the time it is made."""
    clock.parse_time(not_before, "not_before")
    return keysets.build(purpose(nonce, part), t, custodians, Conditions(not_before, (), 0), REHEARSAL)


def parse(value: object) -> Keyset:
    """A rehearsal's key set; refuses a real one, as `keyset.parse` refuses this."""
    return keysets.parse(value, REHEARSAL)


@dataclass(frozen=True)
class ThrowAway:
    """A custodian's key for one rehearsal: the seed is random and belongs to no master."""

    seed: bytes

    @classmethod
    def new(cls, entropy: Entropy) -> ThrowAway:
        """A fresh one."""
        return cls(entropy(32))

    @property
    def public(self) -> bytes:
        """The X25519 key for `build`, 32 bytes."""
        return keysets.custodian_key(self.seed).public_key().public_bytes_raw()

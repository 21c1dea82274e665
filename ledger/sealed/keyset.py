"""Key sets: to whom something is sealed, from when on and after what it may open (docs/formats/sealing.md §2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H, hkdf
from ledger.basics.ids import check_id
from ledger.sealed import hpke

Suite = Literal["MJ1", "MJ1-rehearsal"]
REAL: Final = "MJ1"
REHEARSAL: Final = "MJ1-rehearsal"
REHEARSAL_TENDER: Final = "rehearsal"

# What must be in the log before a part opens, and from how many bids on.
AFTER: Final[Mapping[str, tuple[str, ...]]] = {
    "coin": ("roll", "present"),
    "identity": ("roll", "present"),
    "offer": ("roll", "present", "coefficients", "announced"),
}
MIN_BIDS: Final = 3

_DRAW: Final = re.compile(r"draw-([a-z0-9][a-z0-9._-]*)-(0|[1-9][0-9]{0,5})\Z", re.ASCII)


@dataclass(frozen=True)
class Purpose:
    """What a key set is for: a part of a lot of a tender. A draw has the lot ""."""

    tender: str
    lot: str
    part: str

    def to_json(self) -> dict[str, Json]:
        """`{lot, part, tender}`."""
        return {"lot": self.lot, "part": self.part, "tender": self.tender}

    @property
    def kind(self) -> Literal["bid", "random"]:
        """What is sealed to it: bids (identity, offer) or contributions to randomness (coin, draws)."""
        return "random" if self.part == "coin" or _DRAW.match(self.part) else "bid"

    @classmethod
    def parse(cls, value: object) -> Purpose:
        """The purpose of an object with exactly `lot part tender`."""
        got = members(value, "lot part tender")
        tender = check_id(got["tender"], "purpose.tender")
        part = check_id(got["part"], "purpose.part")
        if _DRAW.match(part):
            if got["lot"] != "":
                raise Refusal("sealed.bad_part", part=part)
            return cls(tender, "", part)
        if part not in AFTER:
            raise Refusal("sealed.bad_part", part=part)
        return cls(tender, check_id(got["lot"], "purpose.lot"), part)


@dataclass(frozen=True)
class Conditions:
    """When a custodian may answer: not before `not_before` (time text), after the words of `after`."""

    not_before: str
    after: tuple[str, ...]
    min_bids: int

    def to_json(self) -> dict[str, Json]:
        """`{after, min_bids, not_before}`."""
        return {"after": list(self.after), "min_bids": self.min_bids, "not_before": self.not_before}

    @classmethod
    def parse(cls, value: object) -> Conditions:
        """The conditions of an object with exactly `after min_bids not_before`."""
        got = members(value, "after min_bids not_before")
        clock.parse_time(got["not_before"], "conditions.not_before")
        after, least = got["after"], got["min_bids"]
        if not isinstance(after, list) or not all(isinstance(word, str) for word in after):
            raise Refusal("sealed.bad_conditions", part="")
        if isinstance(least, bool) or not isinstance(least, int):
            raise Refusal("sealed.bad_conditions", part="")
        return cls(cast(str, got["not_before"]), tuple(cast(list[str], after)), least)


def conditions(part: str, not_before: str) -> Conditions:
    """The only conditions a custodian signs for a part (the table of §2)."""
    drawn = _DRAW.match(part)
    if drawn:
        word = "eligible" if drawn[2] == "0" else f"dispositions-{int(drawn[2]) - 1}"
        return Conditions(not_before, (word,), 0)
    if part not in AFTER:
        raise Refusal("sealed.bad_part", part=part)
    return Conditions(not_before, AFTER[part], MIN_BIDS)


@dataclass(frozen=True)
class Keyset:
    """A validated key set; make one with `build` or `parse`. `custodians` holds (id, X25519 key) sorted by id."""

    suite: Suite
    purpose: Purpose
    t: int
    custodians: tuple[tuple[str, bytes], ...]
    conditions: Conditions

    @property
    def n(self) -> int:
        """How many custodians."""
        return len(self.custodians)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The custodians' ids, sorted; the custodian at index i − 1 has the place i."""
        return tuple(id_ for id_, _ in self.custodians)

    @cached_property
    def kid(self) -> bytes:
        """`H("mingjing/keyset/v1\\0" ‖ canonical(keyset))`, 32 bytes."""
        return H(b"mingjing/keyset/v1\0", canonical(self.to_json()))

    @cached_property
    def keys(self) -> tuple[X25519PublicKey, ...]:
        """The custodians' X25519 keys by place."""
        return tuple(hpke.public_key(raw) for _, raw in self.custodians)

    def place(self, custodian: str) -> int:
        """1 … n; raises `Refusal("sealed.not_a_custodian")`."""
        try:
            return self.ids.index(custodian) + 1
        except ValueError as exc:
            raise Refusal("sealed.not_a_custodian", custodian=custodian) from exc

    def to_json(self) -> dict[str, Json]:
        """The object that is published and hashed."""
        return {
            "suite": self.suite,
            "purpose": self.purpose.to_json(),
            "t": self.t,
            "custodians": [{"id": id_, "public_key": raw.hex()} for id_, raw in self.custodians],
            "conditions": self.conditions.to_json(),
        }


def build(purpose: Purpose, t: int, custodians: Mapping[str, bytes], when: Conditions, suite: Suite = "MJ1") -> Keyset:
    """A key set of custodians' X25519 keys by id, validated like one that was read."""
    made = Keyset(suite, purpose, t, tuple(sorted(custodians.items())), when)
    return parse(made.to_json(), suite)


def parse(value: object, suite: Suite = "MJ1") -> Keyset:
    """The key set of an object, of this suite and no other. Raises `Refusal` for anything else."""
    got = members(value, "conditions custodians purpose suite t")
    if got["suite"] != suite:
        raise Refusal("sealed.wrong_suite", wanted=suite)
    raw_purpose = got["purpose"]
    purpose = Purpose.parse(raw_purpose)
    if (purpose.tender == REHEARSAL_TENDER) != (suite == REHEARSAL):
        raise Refusal("sealed.rehearsal_mixed")
    t, listed = got["t"], got["custodians"]
    if not isinstance(listed, list):
        raise Refusal("sealed.bad_custodians")
    pairs = []
    for item in listed:
        one = members(item, "id public_key")
        pairs.append((check_id(one["id"], "custodian"), unhex(one["public_key"], 32, "public_key")))
    ids = [id_ for id_, _ in pairs]
    if ids != sorted(set(ids)) or len({raw for _, raw in pairs}) != len(pairs):
        raise Refusal("sealed.bad_custodians")
    if isinstance(t, bool) or not isinstance(t, int) or not 2 <= t <= len(pairs) <= 255 or 2 * t <= len(pairs):
        raise Refusal("sealed.bad_threshold", n=len(pairs))
    when = Conditions.parse(got["conditions"])
    wanted = Conditions(when.not_before, (), 0) if suite == REHEARSAL else conditions(purpose.part, when.not_before)
    if when != wanted:
        raise Refusal("sealed.bad_conditions", part=purpose.part)
    for _, raw in pairs:
        hpke.public_key(raw)
    return Keyset(suite, purpose, t, tuple(pairs), when)


def custodian_seed(master: bytes, purpose: Purpose, t: int, ids: Sequence[str], when: Conditions) -> bytes:
    """The 32-byte seed of a custodian for one purpose, from its master secret (32 bytes)."""
    if len(master) != 32:
        raise ValueError("a master secret has 32 bytes")
    subject = {"purpose": purpose.to_json(), "t": t, "custodians": list(ids), "conditions": when.to_json()}
    return hkdf(master, b"", b"mingjing/custodian/v1\0" + canonical(subject), 32)


def custodian_key(seed: bytes) -> X25519PrivateKey:
    """The key pair of a seed."""
    return hpke.derive_key_pair(seed)


def own_key(keyset: Keyset, custodian: str, master: bytes) -> X25519PrivateKey:
    """This custodian's key for a key set, derived again.

    Raises `Refusal("sealed.not_my_key")` where another key stands in its place.
    """
    seed = custodian_seed(master, keyset.purpose, keyset.t, keyset.ids, keyset.conditions)
    key = custodian_key(seed)
    check_own_key(keyset, custodian, key)
    return key


def check_own_key(keyset: Keyset, custodian: str, key: X25519PrivateKey) -> None:
    """Raises `Refusal("sealed.not_my_key")` unless `key`'s public key stands in the custodian's place."""
    if keyset.custodians[keyset.place(custodian) - 1][1] != key.public_key().public_bytes_raw():
        raise Refusal("sealed.not_my_key", custodian=custodian)


def sign_keyset(keyset: Keyset, custodian: str, key: X25519PrivateKey, identity: Ed25519PrivateKey) -> dict[str, Json]:
    """The custodian's envelope over `{custodian, kid}`, once its own key is seen to stand in its place."""
    check_own_key(keyset, custodian, key)
    return signing.sign("keyset", {"kid": keyset.kid.hex(), "custodian": custodian}, identity)


def verify_keyset(keyset: Keyset, envelopes: Sequence[object], identity_keys: Mapping[str, str]) -> None:
    """All n custodians signed, each with its own identity key (hex by id, from the trust file).

    Raises `Refusal("sealed.signatures_missing")` naming the first that did not, `Refusal("sealed.shared_identity")`
    where two custodians have one key, and the refusals of `signing.verify`.
    """
    mine = [identity_keys[id_] for id_ in keyset.ids if id_ in identity_keys]
    if len(set(mine)) != len(mine):
        raise Refusal("sealed.shared_identity")
    signed: set[str] = set()
    for envelope in envelopes:
        claimed = members(members(envelope, "key object signature")["object"], "custodian kid")
        custodian = check_id(claimed["custodian"], "custodian")
        if custodian not in keyset.ids or custodian not in identity_keys or claimed["kid"] != keyset.kid.hex():
            raise Refusal("sealed.not_a_custodian", custodian=custodian)
        signing.verify("keyset", envelope, identity_keys[custodian])
        signed.add(custodian)
    for custodian in keyset.ids:
        if custodian not in signed:
            raise Refusal("sealed.signatures_missing", custodian=custodian)


def answer_challenge(
    keyset: Keyset, custodian: str, key: X25519PrivateKey, nonce: bytes, at: str, identity: Ed25519PrivateKey
) -> dict[str, Json]:
    """The envelope over `{at, kid, nonce, public_key}`: `key` was derived again and fits. `nonce` has 32 bytes."""
    check_own_key(keyset, custodian, key)
    clock.parse_time(at, "at")
    if len(nonce) != 32:
        raise Refusal("sealed.bad_nonce")
    public = key.public_key().public_bytes_raw().hex()
    answer: dict[str, Json] = {"kid": keyset.kid.hex(), "public_key": public, "nonce": nonce.hex(), "at": at}
    return signing.sign("challenge", answer, identity)


def verify_challenge(keyset: Keyset, custodian: str, envelope: object, nonce: bytes, identity_key: str) -> str:
    """The `at` of a custodian's answer to `nonce`; raises `Refusal` where it proves nothing."""
    answer = members(signing.verify("challenge", envelope, identity_key), "at kid nonce public_key")
    clock.parse_time(answer["at"], "at")
    public = keyset.custodians[keyset.place(custodian) - 1][1]
    if (answer["kid"], answer["public_key"], answer["nonce"]) != (keyset.kid.hex(), public.hex(), nonce.hex()):
        raise Refusal("sealed.challenge_failed", custodian=custodian)
    return cast(str, answer["at"])

"""Releases: what a custodian answers for all seals of a part at once, when its conditions are met (§4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import clock, signing
from ledger.basics.canonical import Json, members, unhex
from ledger.basics.errors import Refusal
from ledger.sealed.keyset import Keyset
from ledger.sealed.opening import BAD, Answer

# A seal among the seals of its part: (author_key, n16).
SealId = tuple[bytes, bytes]


@dataclass(frozen=True)
class Release:
    """`kid`, `roll` and `root`: 32 bytes; `at`: time text; `answers`: by (author_key, n16)."""

    kid: bytes
    roll: bytes
    size: int
    root: bytes
    at: str
    answers: Mapping[SealId, Answer]

    def to_json(self) -> dict[str, Json]:
        """The object that is signed; answers sorted by author_key, then n16."""
        answers: list[Json] = []
        for (author_key, n16), answer in sorted(self.answers.items()):
            one: dict[str, Json] = {"author_key": author_key.hex(), "n16": n16.hex()}
            if isinstance(answer, bytes):
                one["share"] = answer.hex()
            else:
                one["bad"] = True
            answers.append(one)
        return {
            "kid": self.kid.hex(),
            "roll": self.roll.hex(),
            "checkpoint": {"size": self.size, "root": self.root.hex()},
            "at": self.at,
            "answers": answers,
        }

    @classmethod
    def parse(cls, value: object) -> Release:
        """The release of an object; answers sorted, none double, each with exactly a share or `bad: true`."""
        got = members(value, "answers at checkpoint kid roll")
        checkpoint, listed = members(got["checkpoint"], "root size"), got["answers"]
        size = checkpoint["size"]
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise Refusal("sealed.bad_size", field="checkpoint.size")
        if not isinstance(listed, list):
            raise Refusal("sealed.bad_answers")
        pairs = [_answer(item) for item in listed]
        ids = [seal_id for seal_id, _ in pairs]
        if ids != sorted(set(ids)):
            raise Refusal("sealed.bad_answers")
        clock.parse_time(got["at"], "at")
        return cls(
            unhex(got["kid"], 32, "kid"),
            unhex(got["roll"], 32, "roll"),
            size,
            unhex(checkpoint["root"], 32, "checkpoint.root"),
            cast(str, got["at"]),
            dict(pairs),
        )


def sign_release(release: Release, identity: Ed25519PrivateKey) -> dict[str, Json]:
    """The custodian's envelope (TYPE release)."""
    return signing.sign("release", release.to_json(), identity)


@dataclass(frozen=True)
class Signed:
    """A release and the key (hex) whose signature over it holds: read once, however many look at it."""

    key: str
    release: Release

    @classmethod
    def read(cls, envelope: object, key: str | None = None) -> Signed:
        """The release of an envelope, signed by `key` if given. Raises `Refusal`."""
        release = Release.parse(signing.verify("release", envelope, key))
        return cls(_key(envelope), release)


def verify_release(
    envelope: object, keyset: Keyset, identity_key: str, roll: bytes, seals: AbstractSet[SealId]
) -> Release:
    """A custodian's release for this key set and roll, answering for exactly `seals`; `envelope` may be `Signed`.

    Raises `Refusal`: another key set, another roll, a seal too many or too few, or a signature that does not hold.
    """
    signed = envelope if isinstance(envelope, Signed) else Signed.read(envelope, identity_key)
    if signed.key != identity_key:
        raise Refusal("signature.wrong_key")
    check_release(signed.release, keyset, roll, seals)
    return signed.release


def check_release(release: Release, keyset: Keyset, roll: bytes, seals: AbstractSet[SealId]) -> None:
    """What `verify_release` asks of a release whose signature holds."""
    if release.kid != keyset.kid:
        raise Refusal("sealed.wrong_keyset", part=keyset.purpose.part)
    if release.roll != roll:
        raise Refusal("sealed.wrong_roll")
    if release.answers.keys() != seals:
        raise Refusal("sealed.wrong_seals", wanted=len(seals), found=len(release.answers))


def first_releases(
    envelopes: Iterable[object],
    keyset: Keyset,
    identity_keys: Mapping[str, str],
    roll: bytes,
    seals: AbstractSet[SealId],
) -> dict[str, Release]:
    """By custodian, the first of its releases that is one; `envelopes` (or `Signed`) in the order of the tree.

    Whatever is not a release of this key set, this roll and these seals by one of its custodians is none at all,
    and does not stand in the way of one that comes later.
    """
    by_key = {identity_keys[custodian]: custodian for custodian in keyset.ids if custodian in identity_keys}
    found: dict[str, Release] = {}
    for envelope in envelopes:
        custodian = by_key.get(_key(envelope))
        if custodian is None or custodian in found:
            continue
        try:
            found[custodian] = verify_release(envelope, keyset, identity_keys[custodian], roll, seals)
        except Refusal:
            continue
    return found


def answers_for(releases: Mapping[str, Release], seal_id: SealId) -> dict[str, Answer]:
    """What each custodian answered for one seal."""
    return {custodian: release.answers[seal_id] for custodian, release in releases.items()}


def _key(envelope: object) -> str:
    """By whose key an envelope says it is signed, "" where it doesn't say."""
    if isinstance(envelope, Signed):
        return envelope.key
    key = envelope.get("key") if isinstance(envelope, dict) else None
    return key if isinstance(key, str) else ""


def _answer(value: object) -> tuple[SealId, Answer]:
    names = value.keys() if isinstance(value, dict) else frozenset[str]()
    got = members(value, "author_key n16 bad" if "bad" in names else "author_key n16 share")
    seal_id = (unhex(got["author_key"], 32, "author_key"), unhex(got["n16"], 16, "n16"))
    if "share" in got:
        return seal_id, unhex(got["share"], 32, "share")
    if got["bad"] is not True:
        raise Refusal("sealed.bad_answers")
    return seal_id, BAD

"""A custodian's keys: derived from the master for one purpose, checked to stand in their place, forgotten again."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ledger.basics.canonical import Json, members
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.institution.folder import Identity
from ledger.sealed import keyset as keysets
from ledger.sealed.keyset import Conditions, Keyset, Purpose
from ledger.sealed.opening import BAD, Answer
from ledger.sealed.release import SealId
from ledger.sealed.seal import Seal, context, open_capsule
from ledger.trust import Trust


def public_key(body: object, who: Identity, trust: Trust) -> bytes:
    """Our X25519 key for `{purpose, t, custodians: [ids], conditions}`, 32 bytes.

    Raises `Refusal`: malformed, conditions that are not the part's, an institution we don't know, we are not in it.
    """
    got = members(body, "purpose t custodians conditions")
    purpose = Purpose.parse(got["purpose"])
    if purpose.tender == keysets.REHEARSAL_TENDER:
        raise Refusal("sealed.rehearsal_mixed")
    when = Conditions.parse(got["conditions"])
    if when != keysets.conditions(purpose.part, when.not_before):
        raise Refusal("sealed.bad_conditions", part=purpose.part)
    listed, t = got["custodians"], got["t"]
    ids = [check_id(one, "custodians") for one in listed] if isinstance(listed, list) else []
    if ids != sorted(set(ids)):
        raise Refusal("sealed.bad_custodians")
    if type(t) is not int or not 2 <= t <= len(ids) <= 255 or 2 * t <= len(ids):
        raise Refusal("sealed.bad_threshold", n=len(ids))
    known_institutions(ids, who, trust)
    seed = keysets.custodian_seed(who.master, purpose, t, ids, when)
    return keysets.custodian_key(seed).public_key().public_bytes_raw()


def own_key(keyset: Keyset, who: Identity) -> X25519PrivateKey:
    """Our private key for a key set, derived again; `Refusal("sealed.not_my_key")` if another stands in our place."""
    return keysets.own_key(keyset, who.id, who.master)


def own_seed(keyset: Keyset, who: Identity) -> bytes:
    """The seed itself: it leaves only on a two-key order."""
    return keysets.custodian_seed(who.master, keyset.purpose, keyset.t, keyset.ids, keyset.conditions)


def known_institutions(ids: tuple[str, ...] | list[str], who: Identity, trust: Trust) -> None:
    """All of `ids` are custodians of our trust file and we are one of them.

    A platform that could make up the others would hold t shares itself. Raises `Refusal("sealed.not_a_custodian")`,
    `Refusal("custodian.unknown_institution")`.
    """
    if who.id not in ids:
        raise Refusal("sealed.not_a_custodian", custodian=who.id)
    for one in ids:
        if one not in trust.custodians:
            raise Refusal("custodian.unknown_institution", custodian=one)


def answers(keyset: Keyset, who: Identity, seals: Sequence[tuple[str, dict[str, Json]]]) -> dict[SealId, Answer]:
    """Our answer for each (author_key hex, seal): its share, or "bad" where the capsule doesn't open to its check."""
    key, place = own_key(keyset, who), keyset.place(who.id)
    out: dict[SealId, Answer] = {}
    for author, value in seals:
        seal, author_key = Seal.parse(value, keyset), bytes.fromhex(author)
        share = open_capsule(seal, context(keyset.kid, author_key, seal.n16), place, key)
        out[author_key, seal.n16] = BAD if share is None else share
    return out

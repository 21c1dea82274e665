"""People, institutions and a lawful notice, as the tests of the procedure publish it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bidding.acts import publish
from bidding.acts.keys import Signed, act_object
from bidding.parties import Person, by_key, uscc_check_character
from bidding.profiles import Calendar, Profile, packaged_profiles
from bidding.profiles.packaged import calendar_document, profile_document
from evaluation.rules import templates
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.sealed import keyset as keysets
from ledger.sealed.keyset import Keyset

TENDER = "t-1"
PUBLISHED = datetime(2026, 12, 1, 1, tzinfo=UTC)  # Tuesday, 09:00 in Beijing
DEADLINE = datetime(2026, 12, 24, 1, tzinfo=UTC)  # Thursday, 23 days later
LOG: Mapping[str, Json] = {"origin": "log.example", "interval_ms": 60_000, "grace_ms": 120_000, "demonstration": False}
CEILING = 1_298_000_000  # fen
REASON = "as the file says"


def identity(name: str) -> Ed25519PrivateKey:
    """The same key for the same name."""
    return Ed25519PrivateKey.from_private_bytes(H(b"test key", name.encode()))


def hex_key(name: str) -> str:
    """Its public key, hex."""
    return signing.public_bytes(identity(name)).hex()


def sha(name: str) -> str:
    """A hash standing for something."""
    return H(b"test thing", name.encode()).hex()


PEOPLE = {
    person: Person(person, party, role, hex_key(person))
    for person, party, role in (
        ("buyer-1", "buyer", "tenderee"),
        ("buyer-2", "buyer", "tenderee"),
        ("stranger", "other-buyer", "tenderee"),
        ("agent", "agency", "agency"),
        ("other-agent", "other-agency", "agency"),
        ("clerk", "hall", "centre"),
        ("watcher-1", "authority", "supervisor"),
        ("watcher-2", "authority", "supervisor"),
    )
}
PERSONS = by_key(list(PEOPLE.values()))
CUSTODIANS = {f"custodian-{i}": identity(f"custodian-{i}") for i in range(1, 4)}
CONTRIBUTORS = {f"contributor-{i}": identity(f"contributor-{i}") for i in range(1, 4)}
MASTERS = {name: H(b"test master", name.encode()) for name in CUSTODIANS}


@cache
def spki(lot: str) -> bytes:
    """An RSA-3072 public key in DER; nobody knows its factors."""
    body = b"".join(H(lot.encode(), bytes([i])) for i in range(12))
    modulus = int.from_bytes(body, "big") | 1 | 1 << 3071
    return RSAPublicNumbers(65537, modulus).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@cache
def keyset(lot: str, part: str, deadline: datetime = DEADLINE, t: int = 2) -> Keyset:
    """A part's key set: two of three custodians."""
    purpose = keysets.Purpose(TENDER, lot, part)
    when = keysets.conditions(part, clock.text(deadline))
    ids = sorted(CUSTODIANS)
    seeds = {name: keysets.custodian_seed(MASTERS[name], purpose, t, ids, when) for name in ids}
    public = {name: keysets.custodian_key(seed).public_key().public_bytes_raw() for name, seed in seeds.items()}
    return keysets.build(purpose, t, public, when)


@cache
def _published_keyset(lot: str, part: str, deadline: datetime) -> bytes:
    made = keyset(lot, part, deadline)
    signatures: list[Json] = [
        keysets.sign_keyset(made, name, keysets.own_key(made, name, MASTERS[name]), CUSTODIANS[name])
        for name in made.ids
    ]
    return canonical({"keyset": made.to_json(), "signatures": signatures})


def published_keyset(lot: str, part: str, deadline: datetime = DEADLINE) -> dict[str, Any]:
    """`{keyset, signatures}` by all custodians."""
    return cast(dict[str, Any], json.loads(_published_keyset(lot, part, deadline)))


def documents(profile: str, lot_ids: Iterable[str], category: str) -> dict[str, bytes]:
    """The canonical documents of a notice by name."""
    rules, form = templates.load("lowest-price")
    out = {
        "profile.json": canonical(profile_document(profile)),
        "calendar.json": canonical(calendar_document()),
    }
    law = {"works-2019": "tendering", "government-goods": "procurement", "demonstration": "none"}[profile]
    for lot in lot_ids:
        out[f"form-{lot}.json"] = canonical(form)
        out[f"rules-{lot}.json"] = canonical({**rules, "category": category, "law": law, "ceiling": CEILING})
    return out


def notice_of(
    docs: Mapping[str, bytes], lot_ids: Iterable[str], profile: str, deadline: datetime = DEADLINE
) -> dict[str, Any]:
    """A lawful notice under `profile`."""
    parsed = Profile.parse(profile_document(profile))
    return {
        "tender": TENDER,
        "party": "buyer",
        "title": {"zh": "某道路工程", "en": "A road"},
        "category": "works",
        "procedure": "open",
        "estimate_fen": CEILING,
        "region": "rizhao",
        "profile": {"id": parsed.id, "version": parsed.version, "sha256": parsed.sha256},
        "no_touch": "precheck",
        "published_for": {
            "enquiries_until": clock.text(deadline - timedelta(days=16)),
            "objections_until": clock.text(deadline - timedelta(days=9)),
            "deadline": clock.text(deadline),
        },
        "interval_ms": 60_000,
        "custodians": [{"id": name, "key": hex_key(name)} for name in sorted(CUSTODIANS)],
        "t": 2,
        "contributors": [{"party": name, "key": hex_key(name)} for name in sorted(CONTRIBUTORS)],
        "lot_limits": {"bid": 0, "win": 0},
        "lots": [
            {
                "lot": lot,
                "title": {"zh": "标段", "en": "Lot"},
                "ceiling_fen": CEILING,
                "form": H(docs[f"form-{lot}.json"]).hex(),
                "rules": H(docs[f"rules-{lot}.json"]).hex(),
                "spki": spki(lot).hex(),
                "keysets": [published_keyset(lot, part, deadline) for part in ("coin", "identity", "offer")],
                "max_bytes": 1 << 30,
                "forms_public": True,
            }
            for lot in lot_ids
        ],
        "documents": [
            {"name": name, "sha256": H(data).hex(), "size": len(data)} for name, data in sorted(docs.items())
        ],
        "replaces": "",
    }


def signed(act: str, subject: str, body: Mapping[str, Any], people: Iterable[str], at: datetime) -> Signed:
    """A keyed act signed by these people."""
    obj = act_object(act, subject, body, REASON, at)
    return Signed(subject, dict(body), tuple(signing.sign("act", obj, identity(name)) for name in people))


def setting(docs: Mapping[str, bytes], **changes: Any) -> publish.Setting:
    """What the platform knows when the notice comes."""
    by_hash = {H(data).hex(): data for data in docs.values()}
    base = publish.Setting(
        log=LOG,
        persons=PERSONS,
        documents=by_hash,
        stored={name: len(data) for name, data in by_hash.items()},
        known_profiles=frozenset(packaged_profiles()),
    )
    return replace(base, **changes)


def bidder(number: int) -> dict[str, Any]:
    """A bidder's part in the announcement: its organisation's code."""
    body = f"91371100MA{number:07d}"
    return {"uscc": body + uscc_check_character(body), "role": "lead", "share": "100"}


def beijing(text: str) -> datetime:
    """The instant of a wall clock in Beijing: `2026-12-24 09:00`."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def calendar(years: Iterable[Mapping[str, Any]]) -> Calendar:
    """A calendar of these years."""
    return Calendar.parse({"v": 1, "id": "test", "years": list(years)})

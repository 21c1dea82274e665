"""Everybody in the forgeries' play: names, keys, documents, sealed bids. All of it follows from labels."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bidding import statement
from bidding.parties import Party, uscc_check_character
from bidding.profiles.packaged import calendar_document, profile_document
from bidding.profiles.profile import Profile
from bidding.submission import PARTS, Submission, object_of
from evaluation.rules import templates
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.checkpoint import log_key, witness_key
from ledger.sealed import blindrsa, keyset, tickets
from ledger.sealed.content import encrypt
from ledger.sealed.keyset import Keyset
from ledger.sealed.seal import Content, Seal, content_keys, context, seal_secret
from tests.support.world_log import ticket_key as first_ticket_key
from tests.vectors.fixed import issuer_key

TENDER: Final = "road-7"
LOTS: Final = ("f4", "low")
TEMPLATES: Final = {"f4": "checklist-f4", "low": "lowest-price"}
# Below 708,000 a price is to be explained: one bid's is.
SCREENS: Final[Mapping[str, dict[str, Json]]] = {"low": {"clause": "2.4", "minutes": 30, "ceiling": "59"}}
ORIGIN: Final = "log.example/mingjing"
INTERVAL: Final = timedelta(minutes=1)
GRACE: Final = timedelta(minutes=2)
OPENED: Final = datetime(2026, 12, 1, 0, 57, tzinfo=UTC)
START: Final = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
DEADLINE: Final = START + timedelta(minutes=8)
MOVED: Final = START + timedelta(minutes=10)
CEILING: Final = 120_000_000  # fen
T: Final = 2

CUSTODIANS: Final = ("custodian-1", "custodian-2", "custodian-3")
CONTRIBUTORS: Final = ("contributor-1", "contributor-2", "contributor-3")
WITNESSES: Final = ("witness-1.example", "witness-2.example", "witness-3.example")
THRESHOLD: Final = 2
PEOPLE: Final = {
    "tess": ("buyer", "tenderee"),
    "tom": ("buyer", "tenderee"),
    "agnes": ("agency", "agency"),
    "sue": ("authority", "supervisor"),
    "carl": ("centre", "centre"),
}
HOUSES: Final = ("buyer", "agency", "authority", "centre")
BIDDERS: Final = ("alder", "birch", "cedar", "elm", "fir")


def secret(label: str, length: int = 32) -> bytes:
    """Bytes that stand for random ones."""
    return b"".join(H(b"forgeries", label.encode(), bytes([i])) for i in range(length // 32 + 1))[:length]


@cache
def key(label: str) -> Ed25519PrivateKey:
    """The key of a name."""
    return Ed25519PrivateKey.from_private_bytes(secret(f"key {label}"))


def hex_key(label: str) -> str:
    """Its public key, hex."""
    return signing.public_bytes(key(label)).hex()


@cache
def ticket_key(lot: str) -> RSAPrivateKey:
    """A lot's ticket key."""
    if lot == LOTS[0]:
        return first_ticket_key()
    numbers = json.loads((Path(__file__).parent / "second_ticket_key.json").read_text())
    return issuer_key(int(numbers["p"], 16), int(numbers["q"], 16))


@cache
def spki(lot: str) -> bytes:
    """Its public half, DER."""
    return blindrsa.spki(ticket_key(lot))


@cache
def made_keyset(lot: str, part: str, not_before: datetime = DEADLINE, tender: str = TENDER, t: int = T) -> Keyset:
    """A part's key set."""
    purpose, when = keyset.Purpose(tender, lot, part), keyset.conditions(part, clock.text(not_before))
    seeds = {id_: keyset.custodian_seed(secret(f"master {id_}"), purpose, t, CUSTODIANS, when) for id_ in CUSTODIANS}
    keys = {id_: keyset.custodian_key(seed).public_key().public_bytes_raw() for id_, seed in seeds.items()}
    return keyset.build(purpose, t, keys, when)


@cache
def _signed_keyset(made: Keyset) -> bytes:
    rows: list[Json] = [
        keyset.sign_keyset(made, id_, keyset.own_key(made, id_, secret(f"master {id_}")), key(id_)) for id_ in made.ids
    ]
    return canonical({"keyset": made.to_json(), "signatures": rows})


def signed_keyset(made: Keyset) -> dict[str, Json]:
    """`{keyset, signatures}` by all custodians."""
    found: dict[str, Json] = json.loads(_signed_keyset(made))
    return found


def party_public(name: str, **changes: Json) -> dict[str, Json]:
    """Public of `party.registered`."""
    number = (*HOUSES, *BIDDERS, "late", "stranger").index(name)
    body = f"91350100MA{number:07d}"
    return {
        "party": name,
        "uscc": body + uscc_check_character(body),
        "name": {"zh": f"{name}公司", "en": f"{name.title()} Ltd"},
        "seal_key": hex_key(f"seal {name}"),
        "person": {"ref": f"head-of-{name}", "key": hex_key(f"person {name}")},
        "holds": [],
        **changes,
    }


def uscc(name: str) -> str:
    """Its code."""
    return Party.parse(party_public(name)).uscc


def person_public(name: str) -> dict[str, Json]:
    """Public of `person.registered`."""
    party, role = PEOPLE[name]
    return {"person": name, "party": party, "role": role, "key": hex_key(name)}


def trust_object() -> dict[str, Json]:
    """The trust file."""
    witnesses: list[Json] = [{"name": name, "key": witness_key(name, key(name)).text} for name in WITNESSES]
    return {
        "v": 1,
        "log": {"origin": ORIGIN, "key": log_key(ORIGIN, key("log")).text},
        "box_key": hex_key("box"),
        "witnesses": witnesses,
        "witness_threshold": THRESHOLD,
        "custodians": [{"id": id_, "name": {"zh": id_, "en": id_}, "key": hex_key(id_)} for id_ in CUSTODIANS],
        "contributors": [{"party": id_, "key": hex_key(id_)} for id_ in CONTRIBUTORS],
        "cas": [],
        "supervisors": [{"person": "sue", "key": hex_key("sue")}],
    }


@cache
def documents() -> Mapping[str, bytes]:
    """The notice's documents by name."""
    out = {
        "profile.json": canonical(profile_document("demonstration")),
        "calendar.json": canonical(calendar_document()),
    }
    for lot in LOTS:
        rules, form = templates.load(TEMPLATES[lot])
        if lot in SCREENS:
            rules = {**rules, "abnormally_low": SCREENS[lot]}
        out |= {f"form-{lot}.json": canonical(form), f"rules-{lot}.json": canonical(rules)}
    return out


def sha256(data: bytes) -> str:
    """Hex."""
    return H(data).hex()


def notice() -> dict[str, Json]:
    """A lawful notice of two lots: F4 with drawn coefficients, and the lowest price. One lot a winner."""
    docs = documents()
    profile = Profile.parse(profile_document("demonstration"))
    lots: list[Json] = [
        {
            "lot": lot,
            "title": {"zh": f"标段{lot}", "en": f"Lot {lot}"},
            "ceiling_fen": CEILING,
            "form": sha256(docs[f"form-{lot}.json"]),
            "rules": sha256(docs[f"rules-{lot}.json"]),
            "spki": spki(lot).hex(),
            "keysets": [signed_keyset(made_keyset(lot, part)) for part in ("coin", *PARTS)],
            "max_bytes": 1 << 24,
            "forms_public": True,
        }
        for lot in LOTS
    ]
    listed: list[Json] = [{"name": name, "sha256": sha256(data), "size": len(data)} for name, data in docs.items()]
    return {
        "tender": TENDER,
        "party": "buyer",
        "title": {"zh": "七号公路", "en": "Road number seven"},
        "category": "works",
        "procedure": "open",
        "estimate_fen": 2 * CEILING,
        "region": "CN-00",
        "profile": {"id": profile.id, "version": profile.version, "sha256": profile.sha256},
        "no_touch": "award",
        "published_for": {
            "enquiries_until": clock.text(DEADLINE - timedelta(minutes=1)),
            "objections_until": clock.text(DEADLINE),
            "deadline": clock.text(DEADLINE),
        },
        "interval_ms": INTERVAL // timedelta(milliseconds=1),
        "custodians": [{"id": id_, "key": hex_key(id_)} for id_ in CUSTODIANS],
        "t": T,
        "contributors": [{"party": id_, "key": hex_key(id_)} for id_ in CONTRIBUTORS],
        "lot_limits": {"bid": 0, "win": 1},
        "lots": lots,
        "documents": listed,
        "replaces": "",
    }


# --- bids -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bid:
    """A sealed bid and its ciphertexts by SHA-256; `files` are those of files, the rest forms."""

    submission: Submission
    forms: Mapping[str, bytes]
    files: Mapping[str, bytes]

    @property
    def sha256(self) -> str:
        """Hash of the submission."""
        return self.submission.sha256


@cache
def request(name: str, lot: str) -> tickets.Request:
    """What an organisation asks for."""
    return tickets.request(secret(f"bidding {name}"), TENDER, lot, spki(lot))


@cache
def ticket(name: str, lot: str) -> tickets.Ticket:
    """Its ticket."""
    asked = request(name, lot)
    return asked.finalize(blindrsa.blind_sign(ticket_key(lot), asked.blinded))


def bid_key(name: str, lot: str) -> Ed25519PrivateKey:
    """What signs for it in a lot's box."""
    return tickets.bid_key(secret(f"bidding {name}"), TENDER, lot)


def bid_hex(name: str, lot: str) -> str:
    """Its public half, hex."""
    return signing.public_bytes(bid_key(name, lot)).hex()


def answers(lot: str, price: str, licence: str = "yes") -> dict[str, Json]:
    """Answers that the lot's form takes."""
    if lot == "low":
        return {"price": price}
    return {
        "price": price,
        "safety-licence": licence,
        "grade": "first",
        "duration": "170",
        "warranty": "2.5",
        "similar-works": "4",
    }


@cache
def sealed(
    name: str,
    lot: str,
    terms: str,
    price: str,
    *,
    seq: int = 1,
    licence: str = "yes",
    broken: bool = False,
    ticket_of: str = "",
) -> Bid:
    """A bid. `broken`: one capsule of its identity seal is useless; `ticket_of`: whose ticket it shows."""
    own = bid_key(name, lot)
    author = signing.public_bytes(own)
    schedule = f"{name} builds it\n".encode()
    held = {"identity": b"", "offer": schedule}
    headers: dict[str, dict[str, Json]] = {}
    for part in PARTS:
        rows: list[Json] = (
            [{"name": "schedule.txt", "size": len(schedule), "sha256": sha256(schedule)}] if part == "offer" else []
        )
        headers[part] = {
            "part": part,
            "salt": secret(f"header {name} {lot} {part} {seq}").hex(),
            "form": answers(lot, price, licence) if part == "offer" else {},
            "files": rows,
            "client": {"tool": "cast"},
        }
    about: dict[str, Json] = {"tender": TENDER, "lot": lot, "bid_key": author.hex(), "seq": seq, "terms": terms}
    made = statement.build(about, request(name, lot).blind_seed, headers, [(uscc(name), "100")])
    entry = statement.entry(
        name,
        statement.key_signature(made, key(f"seal {name}")),
        statement.key_signature(made, key(f"person {name}")),
    )
    headers["identity"] |= {"statement": made, "signatures": [entry]}
    seals: dict[str, Seal] = {}
    forms: dict[str, bytes] = {}
    files: dict[str, bytes] = {}
    for part in PARTS:
        label = f"{name} {lot} {part} {seq} {price} {terms}"
        seals[part], form, file = _seal(made_keyset(lot, part), author, label, canonical(headers[part]), held[part])
        forms[sha256(form)], files[sha256(file)] = form, file
    if broken:
        raw = seals["identity"]
        capsules = (bytes(80), *raw.capsules[1:])
        seals["identity"] = Seal(raw.kid, raw.n16, capsules, raw.checks, raw.form, raw.files)
    shown = ticket(ticket_of or name, lot)
    obj = object_of(TENDER, lot, author.hex(), shown, seq, terms, seals)
    return Bid(Submission.parse(signing.sign("submission", obj, own)), forms, files)


def _seal(made: Keyset, author: bytes, label: str, form: bytes, files: bytes) -> tuple[Seal, bytes, bytes]:
    value, n16 = secret(f"seal {label}"), secret(f"n16 {label}", 16)
    ctx = context(made.kid, author, n16)
    blobs: list[bytes] = []
    contents: list[Content] = []
    for content_key, plain in zip(content_keys(value, ctx), (form, files), strict=True):
        sink = io.BytesIO()
        contents.append(encrypt(content_key, ctx, [plain], len(plain), sink))
        blobs.append(sink.getvalue())
    return seal_secret(made, author, value, n16, contents[0], contents[1]), blobs[0], blobs[1]

"""Verifying a bundle, over the bare operations that nobody can verify it without, each done once.

Bare are: the Ed25519 and RSA signatures in it, the blinded messages of its tickets, SHA-256 over every file, event,
node of the tree, commitment and named object, and the seals, made again. Nothing is parsed, compared or
evaluated there: the verifier reads 150 MB of evidence, plays the whole procedure again and marks every bid besides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from benchmarks.crowd import Crowd, crowded
from benchmarks.ratio import Ratio, in_turns, seconds
from bidding.offers import read_offers
from evaluation import verify
from ledger import bundle, checkpoint, trust
from ledger.basics import signing
from ledger.basics.canonical import canonical
from ledger.bundle import Bundle
from ledger.sealed import tickets
from ledger.sealed.keyset import Keyset
from ledger.sealed.seal import Seal, same_again
from ledger.trust import Trust
from tests.forgeries import cast as people

BOUND: Final = 2.0
BIDS: Final = 1000
_PSS: Final = padding.PSS(padding.MGF1(hashes.SHA384()), 48)


@dataclass
class Bare:
    """The operations, their inputs made ready: what is timed is nothing but the operation."""

    ed25519: list[tuple[Ed25519PublicKey, bytes, bytes]] = field(default_factory=list)
    rsa: list[tuple[RSAPublicKey, bytes, bytes]] = field(default_factory=list)
    powers: list[tuple[int, int, int]] = field(default_factory=list)
    hashed: list[bytes] = field(default_factory=list)
    seals: list[tuple[Seal, Keyset, bytes, bytes]] = field(default_factory=list)

    def __str__(self) -> str:
        size = sum(map(len, self.hashed)) / 1e6
        return (
            f"{len(self.ed25519)} Ed25519 and {len(self.rsa)} RSA signatures, {len(self.powers)} blinded messages, "
            f"SHA-256 {len(self.hashed)} times over {size:.0f} MB, {len(self.seals)} seals made again"
        )

    def envelope(self, type_: signing.Type, envelope: Mapping[str, Any]) -> None:
        """A signed object."""
        self.signature(envelope["key"], signing.message(type_, envelope["object"]), envelope["signature"])

    def signature(self, key: str, message: bytes, signature: str) -> None:
        """An Ed25519 signature, all hex but the message."""
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        self.ed25519.append((public, bytes.fromhex(signature), message))

    def run(self) -> None:
        """Each once."""
        for key, signature, message in self.ed25519:
            key.verify(signature, message)
        for public, signature, message in self.rsa:
            public.verify(signature, message, _PSS, hashes.SHA384())
        for base, exponent, modulus in self.powers:
            pow(base, exponent, modulus)
        for data in self.hashed:
            hashlib.sha256(data).digest()
        for seal, keyset, author, secret in self.seals:
            assert same_again(seal, keyset, author, secret)


def bare(data: bytes, own: Trust) -> Bare:
    """The operations of a bundle that holds."""
    read = bundle.read(data).bundle
    assert read is not None
    evidence, out = verify.Evidence(bundle.read(data), own), Bare()
    out.hashed += [*read.files().values()]
    for line in chain(*read.streams.values()):
        out.hashed.append(bytes(50) + line.event)
    out.hashed += [bytes(50) + value.value for value in chain(*read.values.values())]
    # A leaf's own hash, and one for each node above: as many as there are leaves.
    out.hashed += [bytes(33) for _ in read.entries] + [bytes(65) for _ in read.entries]
    _notes(out, read)
    for stream in evidence.names:
        for seen in evidence.seen(stream):
            _event(out, cast(dict[str, Any], seen.event.public))
    for lot in evidence.lots:
        _bids(out, evidence, lot)
    return out


def _notes(out: Bare, read: Bundle) -> None:
    # A signature over other bytes of about this length costs the same.
    for note in map(checkpoint.parse_note, read.notes.values()):
        out.ed25519 += [_any_signature(note.body) for _ in note.signatures]


def _any_signature(message: bytes) -> tuple[Ed25519PublicKey, bytes, bytes]:
    own = people.key("log")
    return own.public_key(), own.sign(message), message


def _event(out: Bare, public: dict[str, Any]) -> None:
    for name, type_ in (("release", "release"), ("contribution", "contribution"), ("postponement", "postpone")):
        if name in public:
            out.envelope(cast(signing.Type, type_), public[name])
    if "request" in public:
        out.envelope("issuance", public["request"])
    for act in public.get("acts", []):
        out.envelope("act", act)
    for row in public.get("notice", {}).get("lots", []):
        for signed in row["keysets"]:
            for one in signed["signatures"]:
                out.envelope("keyset", one)


def _bids(out: Bare, evidence: verify.Evidence, lot: str) -> None:
    sealed_lot, spki = evidence.sealed_lot(lot), evidence.notice.lot(lot).spki
    key, number = load_der_public_key(spki), tickets.ticket_key(spki)
    assert isinstance(key, RSAPublicKey)
    identities = {one.submission: one for one in evidence.identities(lot)}
    offers = {one.identity.submission: one for one in _offers(evidence, lot)}
    for minute in evidence.lists(lot):
        for sha256 in minute.accepted:
            made = evidence.submission(sha256)
            out.envelope("submission", made.envelope)
            out.hashed.append(canonical(made.envelope["object"]))
            message = made.ticket.prefix + b"mingjing/ticket/v1\0" + bytes.fromhex(made.bid_key)
            out.rsa.append((key, made.ticket.signature, message))
            if sha256 in identities and identities[sha256].header is not None:
                _opened(out, made, identities[sha256], sealed_lot.keysets["identity"])
                out.powers.append((int.from_bytes(made.ticket.signature, "big"), number.e, number.n))
            if sha256 in offers and offers[sha256].header is not None:
                _opened(out, made, offers[sha256], sealed_lot.keysets["offer"])
    for row in cast(list[dict[str, Any]], evidence.in_lot(lot, "lot.coefficients").event.public["contributions"]):
        out.hashed.append(bytes.fromhex(row["value"]))


def _offers(evidence: verify.Evidence, lot: str) -> Iterable[Any]:
    found = read_offers(
        evidence.sealed_lot(lot),
        evidence.on_roll(lot),
        evidence.identities(lot),
        evidence.releases(lot, "offer"),
        evidence.form,
        judge=evidence.judge,
    )
    return cast(Iterable[Any], found)


def _opened(out: Bare, made: Any, opened: Any, keyset: Keyset) -> None:  # noqa: ANN401 - identity or offer
    out.seals.append((made.seal(keyset), keyset, bytes.fromhex(made.bid_key), opened.secret))
    out.hashed.append(canonical(opened.header.raw))
    statement = opened.header.statement
    for entry in opened.header.signatures or ():
        for which in ("seal", "person"):
            out.signature(entry[which]["key"], signing.message("statement", statement), entry[which]["signature"])


def ratio(*, bids: int = BIDS, rounds: int = 5) -> tuple[Ratio, Bare]:
    """The ratio, and the operations of the bundle."""
    with crowded(bids):
        data, told = Crowd().go("account").bundle().pack(), people.trust_object()
    own = trust.from_object(json.loads(canonical(told)))
    operations = bare(data, own)

    def ours(_: int) -> float:
        return seconds(lambda: _verified(data, own))

    taken, limit = in_turns(rounds, ours, lambda _: seconds(operations.run))
    what = f"verifying a bundle with {bids} bids"
    return Ratio(what, "its bare signatures, hashes, re-seals", taken, limit, BOUND), operations


def _verified(data: bytes, own: Trust) -> None:
    report = verify.verify(data, own)
    assert report.status == 0, report.failing

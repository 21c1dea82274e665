"""A box on a real database, and bidders who know how to ask it: `BoxWorld` and `Caller`."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from gmpy2 import powmod_sec
from werkzeug.test import TestResponse

from bidding.store.box import lots as box_lots
from bidding.submission import BoxLot, object_of
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.events import Draft
from ledger.sealed import blindrsa, tickets
from ledger.sealed.seal import Content, Seal, seal_secret
from ledger.store.append import append
from ledger.store.engine import create_engine, database_now, transaction
from ledger.store.tables import metadata
from tests.vectors.fixed import fixed, issuer_key, keyset_of
from web.blobs import Folder
from web.box.app import Surroundings, create_app
from web.box.parts import Parts

TENDER, LOT = "t-1", "lot-1"
INTERVAL = timedelta(seconds=60)
START = datetime(2026, 11, 30, 9, 0, 12, 345000, tzinfo=UTC)
DEADLINE = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
BOX_KEY = "box-key"


@cache
def issuer() -> Any:
    """The lot's throw-away ticket key."""
    numbers = json.loads((Path(__file__).parents[1] / "vectors" / "issuer.json").read_text())
    return issuer_key(int(numbers["p"], 16), int(numbers["q"], 16))


@cache
def spki() -> bytes:
    """Its public half, DER."""
    return blindrsa.spki(issuer())


def signer(label: str) -> Any:
    """An Ed25519 key made from a label."""
    return tickets.bid_key(fixed(label), "x", "y")


@dataclass
class Time:
    """A clock that a test moves."""

    at: datetime = START

    def __call__(self) -> datetime:
        """The time now."""
        return self.at


@dataclass
class BoxWorld:
    """One lot, open, in a fresh database; `time` is the database's clock."""

    url: str
    folder: Path
    time: Time = field(default_factory=Time)
    seed: int = 1
    around: Surroundings | None = None

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.engine = create_engine(self.url, now=self.time)
        metadata.create_all(self.engine)
        self.blobs = Folder(self.folder / "blobs")
        self.parts = Parts(self.engine, self.blobs, self.random.randbytes, signer(BOX_KEY), INTERVAL)
        self.app: Flask = create_app(self.parts, self.around)
        with transaction(self.engine) as conn:
            append(conn, "log", 0, [Draft("log.opened", {"origin": "test"})], at=database_now(conn), actor="platform")
        self.put()

    def close(self) -> None:
        """Close the database's connections."""
        self.engine.dispose()

    def lot(self, **changed: Any) -> BoxLot:
        """The lot as the office tells the box of it."""
        values: dict[str, Any] = {
            "tender": TENDER,
            "lot": LOT,
            "state": "open",
            "deadline": DEADLINE,
            "terms": "aa" * 32,
            "spki": spki(),
            "kids": {part: keyset_of(part)[0].kid.hex() for part in ("identity", "offer")},
            "custodians": 5,
            "max_bytes": 1 << 20,
        }
        return BoxLot(**{**values, **changed})

    def put(self, **changed: Any) -> None:
        """Tell the box of the lot."""
        with transaction(self.engine) as conn:
            box_lots.put_lot(conn, self.lot(**changed))

    def caller(self, label: str) -> Caller:
        """A bidder with a ticket."""
        return Caller(self, label)


@dataclass
class Caller:
    """A bid key that signs its requests."""

    world: BoxWorld
    label: str

    def __post_init__(self) -> None:
        secret = fixed(f"secret {self.label}")
        self.key = tickets.bid_key(secret, TENDER, LOT)
        self.public = signing.public_bytes(self.key)
        asked = tickets.request(secret, TENDER, LOT, spki())
        self.ticket = asked.finalize(blindrsa.blind_sign(issuer(), asked.blinded, powmod_sec))
        self.client = self.world.app.test_client()
        self.random = self.world.random

    def ask(self, method: str, path: str, body: bytes = b"", **options: Any) -> TestResponse:
        """One signed request.

        `headers`; `ticket`; `stream`: where the body comes from; `at`, `signed_path`, `nonce`, `signed_body`: lies.
        """
        at = options.get("at", self.world.time.at.replace(microsecond=0))
        what: dict[str, Json] = {
            "method": options.get("signed_method", method),
            "path": options.get("signed_path", path),
            "body_sha256": H(options.get("signed_body", body)).hex(),
            "at": clock.text(at),
            "nonce": options.get("nonce", self.random.randbytes(16)).hex(),
        }
        headers = {"Mingjing-Request": _b64(canonical(signing.sign("request", what, self.key)))}
        if options.get("ticket", False):
            held: dict[str, Json] = {"tender": TENDER, "lot": LOT, "ticket": self.ticket.to_json()}
            headers["Mingjing-Ticket"] = _b64(canonical(held))
        headers.update(options.get("headers", {}))
        if "stream" in options:
            headers["Content-Length"] = str(len(body))
            return self.client.open(path, method=method, input_stream=options["stream"], headers=headers)
        return self.client.open(path, method=method, data=body, headers=headers)

    def create(self, data: bytes, **options: Any) -> TestResponse:
        """Announce an upload."""
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(data)),
            "Upload-Metadata": "sha256 " + base64.b64encode(H(data).hex().encode()).decode(),
            **options.pop("headers", {}),
        }
        return self.ask("POST", "/box/uploads", ticket=True, headers=headers, **options)

    def patch(self, path: str, piece: bytes, offset: int, **options: Any) -> TestResponse:
        """Send a piece."""
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            **options.pop("headers", {}),
        }
        return self.ask("PATCH", path, piece, headers=headers, **options)

    def head(self, path: str) -> TestResponse:
        """Ask how far an upload is."""
        return self.ask("HEAD", path, headers={"Tus-Resumable": "1.0.0"})

    def upload(self, data: bytes) -> None:
        """Send a ciphertext whole."""
        made = self.create(data)
        assert made.status_code == 201, made.text
        if made.headers["Upload-Offset"] == "0":
            assert self.patch(made.headers["Location"], data, 0).status_code == 204

    def seals(self, label: str = "") -> tuple[dict[str, Seal], dict[str, bytes]]:
        """Seals for both parts over made-up ciphertexts, and those ciphertexts by hash."""
        made, blobs = {}, {}
        for part in ("identity", "offer"):
            data = {kind: fixed(f"{self.label}{label}{part}{kind}", 100) for kind in ("form", "files")}
            held = {kind: Content(len(one), H(one)) for kind, one in data.items()}
            blobs.update({H(one).hex(): one for one in data.values()})
            secret, n16 = fixed(f"s{self.label}{label}{part}"), fixed(f"n{self.label}{label}{part}", 16)
            made[part] = seal_secret(keyset_of(part)[0], self.public, secret, n16, held["form"], held["files"])
        return made, blobs

    def envelope(self, seq: int = 1, label: str = "", **changed: Any) -> dict[str, Json]:
        """A signed submission."""
        seals, _ = self.seals(label)
        obj = object_of(TENDER, LOT, self.public.hex(), self.ticket, seq, "aa" * 32, seals)
        return signing.sign("submission", {**obj, **changed}, self.key)

    def submit(self, envelope: Mapping[str, Json]) -> TestResponse:
        """Hand a submission in."""
        return self.ask("POST", "/box/submissions", canonical(dict(envelope)))

    def bid(self, seq: int = 1, label: str = "") -> TestResponse:
        """Upload and submit."""
        for data in self.seals(label)[1].values():
            self.upload(data)
        return self.submit(self.envelope(seq, label))

    def withdraw(self, seq: int) -> TestResponse:
        """Withdraw."""
        obj: dict[str, Json] = {"tender": TENDER, "lot": LOT, "bid_key": self.public.hex(), "seq": seq}
        return self.ask("POST", "/box/withdrawals", canonical(signing.sign("withdrawal", obj, self.key)))


def code(response: TestResponse) -> str:
    """The error code of an answer; both languages must have words for it."""
    error = response.get_json()["error"]
    assert error["words"]["zh"]
    assert error["words"]["en"]
    assert error["code"] not in error["words"]["en"], "no words for this code"
    return str(error["code"])


BoxMaker = Callable[..., BoxWorld]


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

"""A whole platform in one process, on one hand clock: office, box, worker, witnesses, custodians, contributors.

The office is a real HTTP server on loopback, because institutions ask it by HTTP; the box is called through Flask's
test client. Nothing waits: `tick` lets everybody do a round, `wait` moves the clock and ticks.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from bidding import statement
from bidding.acts.keys import act_object
from bidding.parties import uscc_check_character
from bidding.profiles.packaged import calendar_document, profile_document
from bidding.profiles.profile import Profile
from bidding.store import lot_keys
from bidding.submission import PARTS, object_of, terms_hash
from evaluation.rules import templates
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.events import decode, leaf
from ledger.sealed import tickets
from ledger.sealed.content import encrypt
from ledger.sealed.keyset import Keyset
from ledger.sealed.keyset import parse as parse_keyset
from ledger.sealed.seal import Content, Seal, content_keys, context, seal_secret
from tests.support.town_ground import GRACE, INTERVAL, LOT, START, Ground
from tests.support.town_people import Bidder, Person, Sealed
from tests.support.world_log import ticket_key
from web import platform

__all__ = ["GRACE", "INTERVAL", "LOT", "START", "Bidder", "Person", "Sealed", "Town", "code", "names", "town"]

_ANSWERS = {
    "safety-licence": "yes",
    "grade": "first",
    "duration": "300",
    "warranty": "2.5",
    "similar-works": "4",
}


class Town(Ground):
    """Everybody who acts in it: the centre's and the tenderee's people, and bidders."""

    def __init__(self, root: Path, url: str, **options: Any) -> None:
        """`options`: those of `Ground`."""
        super().__init__(root, url, **options)
        self.papers: tuple[dict[str, Any], dict[str, Any]] = templates.load("checklist-f4")  # rule set and form
        self.answers: dict[str, str] = dict(_ANSWERS)
        self.people: dict[str, Person] = {}
        self.bidders: dict[str, Bidder] = {}
        self.tender = ""

    # --- office -----------------------------------------------------------------------------------------------------

    def enrol(self) -> None:
        """The centre, the tenderee with its agency and the supervisor."""
        for role in ("centre", "supervisor", "tenderee", "agency"):
            key = self.dice.key()
            public = self._party(f"{role} house")
            keys: dict[str, Json] = {
                "seal_key": signing.public_bytes(self.dice.key()).hex(),
                "person": {"ref": f"head-of-{role}", "key": signing.public_bytes(self.dice.key()).hex()},
            }
            people: list[Json] = [{"role": role, "key": signing.public_bytes(key).hex()}]
            second = self.dice.key()
            if role == "tenderee":
                people.append({"role": role, "key": signing.public_bytes(second).hex()})
            request = {"parties": [{**public, **keys, "holds": [], "people": people}]}
            (got,) = platform.enrol(self.config, canonical(request), self.clock)
            rows: Any = got["people"]
            self.people[role] = Person(rows[0]["person"], rows[0]["token"], key)
            if role == "tenderee":
                self.people["second"] = Person(rows[1]["person"], rows[1]["token"], second)

    def act(self, person: str, type_: str, subject: str, body: Mapping[str, Any]) -> TestResponse:
        """One person's signature under an act."""
        who = self.people[person]
        envelope = signing.sign("act", act_object(type_, subject, dict(body), "as decided", self.clock.at), who.key)
        return self.ask("POST", "/office/acts", {"act": envelope, "body": dict(body)}, who.token)

    def draft(self, deadline: datetime, **changed: Any) -> dict[str, Any]:
        """A draft of one works lot by the rules of `papers`, its documents stored; sets `tender`."""
        rules, form = self.papers
        profile = Profile.parse(profile_document("demonstration"))
        pages = {
            f"form-{LOT}.json": form,
            f"rules-{LOT}.json": rules,
            "profile.json": profile_document("demonstration"),
            "calendar.json": calendar_document(),
        }
        rows = {
            name: {"name": name, "sha256": H(canonical(page)).hex(), "size": len(canonical(page))}
            for name, page in pages.items()
        }
        until = clock.text(deadline - timedelta(minutes=1))
        body: dict[str, Any] = {
            "title": {"zh": "演示工程", "en": "A demonstration work"},
            "category": "works",
            "procedure": "open",
            "estimate_fen": 100_000_000,
            "region": "CN-00",
            "profile": {"id": profile.id, "version": profile.version, "sha256": profile.sha256},
            "no_touch": "award",
            "published_for": {
                "enquiries_until": until,
                "objections_until": clock.text(deadline),
                "deadline": clock.text(deadline),
            },
            "custodians": sorted(self.masters),
            "t": self.t,
            "contributors": sorted(self.givers),
            "lot_limits": {"bid": 0, "win": 0},
            "lots": [
                {
                    "lot": LOT,
                    "title": {"zh": "第一标段", "en": "Lot one"},
                    "ceiling_fen": 120_000_000,
                    "form": rows[f"form-{LOT}.json"]["sha256"],
                    "rules": rows[f"rules-{LOT}.json"]["sha256"],
                    "max_bytes": 1 << 24,
                    "forms_public": True,
                }
            ],
            "documents": list(rows.values()),
            "replaces": "",
            **changed,
        }
        token = self.people["tenderee"].token
        made = self.ask("POST", "/office/tenders", body, token)
        assert made.status_code == 201, made.text
        self.tender = made.get_json()["tender"]
        for page in pages.values():
            put = self.ask("PUT", f"/office/tenders/{self.tender}/documents", token=token, data=canonical(page))
            assert put.status_code == 200, put.text
        return body

    def keysets(self) -> None:
        """All key sets of the draft, signed. The ticket key is the tests' own, so that no test waits for primes."""
        token = self.people["tenderee"].token
        with self.services.engine.begin() as conn:
            lot_keys.put(conn, self.tender, LOT, ticket_key())
        for _ in range(4):
            asked = self.ask("POST", f"/office/tenders/{self.tender}/keysets", {}, token)
            assert asked.status_code == 202, asked.text
            if asked.get_json()["complete"]:
                return
            self.tick()
        raise AssertionError(f"key sets are not complete: {self.said[-8:]}")

    def publish(self, deadline: datetime, **changed: Any) -> dict[str, Any]:
        """Draft, key sets, two signatures: a published tender; its notice."""
        self.draft(deadline, **changed)
        self.keysets()
        notice = self.get(f"/office/tenders/{self.tender}/notice", token=self.people["tenderee"].token)
        for person, status in (("tenderee", 202), ("second", 201)):
            done = self.act(person, "tender.published", f"tender/{self.tender}", notice)
            assert done.status_code == status, done.text
        found: dict[str, Any] = notice["notice"]
        return found

    def open_tickets(self) -> None:
        """Rounds until the tickets are open."""
        for _ in range(8):
            self.tick()
            if "tickets.opened" in self.types(f"tender/{self.tender}"):
                self.tickets_open = True
                return
        raise AssertionError(f"tickets did not open: {self.said[-8:]}")

    # --- bidders ----------------------------------------------------------------------------------------------------

    def bidder(self, name: str, called: str = "") -> Bidder:
        """A registered organisation; `called`: its name, where it isn't the id it has here."""
        if name in self.bidders:
            return self.bidders[name]
        seal, person = self.dice.key(), self.dice.key()
        body = {
            **self._party(called or name),
            "seal_key": signing.public_bytes(seal).hex(),
            "person": {"ref": f"head-of-{name}", "key": signing.public_bytes(person).hex()},
            "holds": [],
        }
        made = self.ask("POST", "/office/parties", body, self.people["centre"].token)
        assert made.status_code == 201, made.text
        got = made.get_json()
        self.bidders[name] = Bidder(got["party"], body["uscc"], got["token"], seal, person, self.dice(32))
        return self.bidders[name]

    def request_ticket(self, bidder: Bidder, lot: str = LOT) -> TestResponse:
        """Asks for a ticket."""
        asked = tickets.request(bidder.secret, self.tender, lot, self.lot(lot)["spki"])
        envelope = tickets.issuance(self.tender, lot, asked.blinded, bidder.seal)
        return self.ask("POST", "/office/tickets", envelope, bidder.token)

    def take_ticket(self, bidder: Bidder, lot: str = LOT) -> tickets.Ticket:
        """A ticket."""
        got = self.request_ticket(bidder, lot)
        assert got.status_code == 201, got.text
        asked = tickets.request(bidder.secret, self.tender, lot, self.lot(lot)["spki"])
        bidder.tickets[lot] = asked.finalize(bytes.fromhex(got.get_json()["blind_signature"]))
        return bidder.tickets[lot]

    def lot(self, lot: str = LOT) -> dict[str, Any]:
        """The lot of the published notice; `spki` as bytes, `keysets` parsed by part."""
        (published,) = [one for one in self.events(f"tender/{self.tender}") if one["type"] == "tender.published"]
        (row,) = [one for one in published["public"]["notice"]["lots"] if one["lot"] == lot]
        sets = [parse_keyset(one["keyset"]) for one in row["keysets"]]
        return {**row, "spki": bytes.fromhex(row["spki"]), "keysets": {one.purpose.part: one for one in sets}}

    def terms(self) -> str:
        """The terms in force, from what the office discloses."""
        shown = self.get(f"/api/streams/tender/{self.tender}")["events"]
        leaves = []
        for one in shown:
            if one["event"]["type"] in ("tender.published", "addendum.issued"):
                event = decode(canonical(one["event"]))
                leaves.append(leaf(bytes.fromhex(one["salt"]), event.encode()).hex())
        return terms_hash(leaves)

    def seal(self, bidder: Bidder, price: str = "800000", *, seq: int = 1, lot: str = LOT, **answers: str) -> Sealed:
        """A sealed bid."""
        if lot not in bidder.tickets:
            self.take_ticket(bidder, lot)
        key = tickets.bid_key(bidder.secret, self.tender, lot)
        author = signing.public_bytes(key)
        files = {"identity": {}, "offer": {"schedule.txt": b"ten months\n" * 100}}
        form = {
            "price": price,
            **self.answers,
            **{name.replace("_", "-"): value for name, value in answers.items()},
        }
        headers = {part: self._header(part, form if part == "offer" else {}, files[part]) for part in PARTS}
        about: dict[str, Json] = {
            "tender": self.tender,
            "lot": lot,
            "bid_key": author.hex(),
            "seq": seq,
            "terms": self.terms(),
        }
        asked = tickets.request(bidder.secret, self.tender, lot, self.lot(lot)["spki"])
        made = statement.build(about, asked.blind_seed, headers, [(bidder.uscc, "100")])
        signed = statement.entry(
            bidder.party, statement.key_signature(made, bidder.seal), statement.key_signature(made, bidder.person)
        )
        headers["identity"] = {**headers["identity"], "statement": made, "signatures": [signed]}
        sets = self.lot(lot)["keysets"]
        seals: dict[str, Seal] = {}
        blobs: dict[str, bytes] = {}
        for part in PARTS:
            seals[part], more = self._seal(sets[part], author, canonical(headers[part]), files[part])
            blobs |= more
        obj = object_of(self.tender, lot, author.hex(), bidder.tickets[lot], seq, str(about["terms"]), seals)
        return Sealed(key, signing.sign("submission", obj, key), blobs, bidder.tickets[lot])

    def submit(self, sealed: Sealed, *, lot: str = LOT) -> TestResponse:
        """Uploads everything and submits."""
        for data in sealed.blobs.values():
            self._upload(sealed, data, lot)
        return self.call_box(sealed, "POST", "/box/submissions", canonical(sealed.envelope))

    def bid(self, name: str, price: str = "800000", **options: Any) -> Sealed:
        """A bid that is accepted."""
        sealed = self.seal(self.bidder(name), price, **options)
        done = self.submit(sealed)
        assert done.status_code == 201, done.text
        return sealed

    def withdraw(self, sealed: Sealed, seq: int, lot: str = LOT) -> TestResponse:
        """Withdraws a bid."""
        obj: dict[str, Json] = {
            "tender": self.tender,
            "lot": lot,
            "bid_key": signing.public_bytes(sealed.key).hex(),
            "seq": seq,
        }
        return self.call_box(sealed, "POST", "/box/withdrawals", canonical(signing.sign("withdrawal", obj, sealed.key)))

    def call_box(
        self, sealed: Sealed, method: str, path: str, body: bytes = b"", *, ticket: str = "", **headers: str
    ) -> TestResponse:
        """One signed request to the box; `ticket`: the lot whose ticket goes along."""
        what: dict[str, Json] = {
            "method": method,
            "path": path,
            "body_sha256": H(body).hex(),
            "at": clock.text(self.clock.at.replace(microsecond=0)),
            "nonce": self.dice(16).hex(),
        }
        sent = {"Mingjing-Request": _b64(canonical(signing.sign("request", what, sealed.key)))}
        if ticket:
            held: dict[str, Json] = {"tender": self.tender, "lot": ticket, "ticket": sealed.ticket.to_json()}
            sent["Mingjing-Ticket"] = _b64(canonical(held))
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.box.open(path, method=method, data=body, headers=sent)

    def _upload(self, sealed: Sealed, data: bytes, lot: str) -> None:
        made = self.call_box(
            sealed,
            "POST",
            "/box/uploads",
            ticket=lot,
            Tus_Resumable="1.0.0",
            Upload_Length=str(len(data)),
            Upload_Metadata="sha256 " + base64.b64encode(H(data).hex().encode()).decode(),
        )
        assert made.status_code == 201, made.text
        if made.headers["Upload-Offset"] == "0":
            sent = self.call_box(
                sealed,
                "PATCH",
                made.headers["Location"],
                data,
                Tus_Resumable="1.0.0",
                Upload_Offset="0",
                Content_Type="application/offset+octet-stream",
            )
            assert sent.status_code == 204, sent.text

    def _header(self, part: str, form: Mapping[str, str], files: Mapping[str, bytes]) -> dict[str, Json]:
        rows: list[Json] = [{"name": name, "size": len(data), "sha256": H(data).hex()} for name, data in files.items()]
        return {
            "part": part,
            "salt": self.dice(32).hex(),
            "form": dict(form),
            "files": rows,
            "client": {"tool": "town"},
        }

    def _seal(
        self, keyset: Keyset, author: bytes, form: bytes, files: Mapping[str, bytes]
    ) -> tuple[Seal, dict[str, bytes]]:
        secret, n16 = self.dice(32), self.dice(16)
        ctx = context(keyset.kid, author, n16)
        blobs: dict[str, bytes] = {}
        contents: list[Content] = []
        for key, plain in zip(content_keys(secret, ctx), (form, b"".join(files.values())), strict=True):
            sink = io.BytesIO()
            contents.append(encrypt(key, ctx, [plain], len(plain), sink))
            blobs[contents[-1].sha256.hex()] = sink.getvalue()
        return seal_secret(keyset, author, secret, n16, contents[0], contents[1]), blobs

    def _party(self, name: str) -> dict[str, Any]:
        body = f"91350100MA{len(self.people) * 100 + len(self.bidders):07d}"
        return {"uscc": body + uscc_check_character(body), "name": {"zh": name, "en": name}}


@contextmanager
def town(root: Path, url: str, **options: Any) -> Iterator[Town]:
    """A town, closed at the end."""
    made = Town(root, url, **options)
    try:
        yield made
    finally:
        made.close()


def code(response: TestResponse) -> str:
    """The error code of an answer."""
    return str(response.get_json()["error"]["code"])


def names(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The types of events."""
    return [str(one["type"]) for one in found]


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")

"""A whole platform in one process, on one hand clock: office, box, worker, witnesses, custodians, contributors.

The office is a real HTTP server on loopback, because institutions ask it by HTTP; the box is called through Flask's
test client. Nothing waits: `tick` lets everybody do a round, `wait` moves the clock and ticks.
"""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from bidding import statement
from bidding.acts.keys import act_object
from bidding.custody import BidRulebook
from bidding.parties import uscc_check_character
from bidding.procedures import listing
from bidding.profiles.packaged import calendar_document, profile_document
from bidding.profiles.profile import Profile
from bidding.store import lot_keys
from bidding.submission import PARTS, object_of, terms_hash
from evaluation.rules import templates
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.checkpoint import witness_key
from ledger.contributor import process as contributors
from ledger.custodian import opened as custodians
from ledger.custodian.process import Custodian
from ledger.events import decode, leaf
from ledger.institution import folder as folders
from ledger.institution.backoff import Backoff
from ledger.institution.platform import Platform as Address
from ledger.log_client import LogClient
from ledger.sealed import tickets
from ledger.sealed.content import encrypt
from ledger.sealed.keyset import Keyset
from ledger.sealed.keyset import parse as parse_keyset
from ledger.sealed.seal import Content, Seal, content_keys, context, seal_secret
from ledger.store import tables as ledger
from ledger.witness.witness import Witness
from tests.support.world_log import Dice, ticket_key
from web import config as configuration
from web import platform
from web.blobs import Folder
from web.box.app import create_app as create_box
from web.box.parts import Parts
from web.office.app import create_app as create_office
from web.services import BOX_KEY, Services, compose, read_key
from web.worker import Worker

START: Final = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
INTERVAL: Final = timedelta(minutes=1)
GRACE: Final = timedelta(minutes=2)
LOT: Final = "lot-1"
PASSPHRASE: Final = "open sesame"


@dataclass
class Hand:
    """A clock that a test moves."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Person:
    """Somebody with a token and a key."""

    id: str
    token: str
    key: Ed25519PrivateKey


@dataclass
class Bidder:
    """An organisation with its keys, and what it has taken and sealed."""

    party: str
    uscc: str
    token: str
    seal: Ed25519PrivateKey
    person: Ed25519PrivateKey
    secret: bytes
    tickets: dict[str, tickets.Ticket] = field(default_factory=dict)


@dataclass
class Sealed:
    """A sealed bid, ready to be sent."""

    key: Ed25519PrivateKey
    envelope: dict[str, Any]
    blobs: dict[str, bytes]
    ticket: tickets.Ticket

    @property
    def sha256(self) -> str:
        return H(canonical(self.envelope["object"])).hex()


class Town:
    """Everybody. `n` custodians, `t` enough; of the witnesses two are.

    `url`: the database for all roles unless `urls` names each.
    """

    def __init__(
        self,
        root: Path,
        url: str,
        *,
        n: int = 3,
        t: int = 2,
        urls: Mapping[str, str] | None = None,
        witnesses: int = 2,
        challenges: timedelta = timedelta(hours=1),
    ) -> None:
        self.clock, self.dice, self.t = Hand(), Dice(7), t
        self.root, self.stack = root, ExitStack()
        database = {"owner": url, "office": url, "box": url, "worker": url, **(urls or {})}
        document = platform.sections(
            "town.example/log",
            demonstration=True,
            interval_ms=INTERVAL // timedelta(milliseconds=1),
            grace_ms=GRACE // timedelta(milliseconds=1),
            office={"requests_per_minute": 1_000_000},
            worker={"challenge_every_s": challenges // timedelta(seconds=1)},
        )
        document["database"] = dict(database)
        self.path = root / "platform" / configuration.NAME
        self.config = platform.initialise(self.path, document, self.dice, self.clock)
        self.masters = {f"custodian-{i}": self.dice(32) for i in range(1, n + 1)}
        self.givers = {f"contributor-{i}": self.dice(32) for i in range(1, 4)}
        self.witness_keys = {f"witness-{i}.example": self.dice.key() for i in range(1, witnesses + 1)}
        self.trust = platform.write_trust(self.config, canonical(self._institutions()))
        self.services = self._services("office")
        self.office_app = create_office(self.services)
        self._serve()
        self.box_services = self._services("box")
        self.blobs = Folder(self.config.folders.blobs)
        self.box_app = create_box(
            Parts(
                self.box_services.engine,
                self.blobs,
                self.dice,
                read_key(self.config.folders.keys / BOX_KEY),
                INTERVAL,
            )
        )
        self.box: FlaskClient = self.box_app.test_client()
        self.office: FlaskClient = self.office_app.test_client()
        self.worker_services = self._services("worker")
        self.worker = Worker(self.worker_services)
        self.said: list[str] = []
        self._open_institutions()
        self.asleep: set[str] = set()
        self.tickets_open = False
        self.people: dict[str, Person] = {}
        self.bidders: dict[str, Bidder] = {}
        self.tender = ""

    def close(self) -> None:
        """Ends servers, journals and connections."""
        self.stack.close()

    # --- rounds -----------------------------------------------------------------------------------------------------

    def tick(self, rounds: int = 1) -> None:
        """Everybody does a round: worker, witnesses, custodians, contributors; those in `asleep` do nothing."""
        for _ in range(rounds):
            self.worker.step()
            for name, witness in self.witnesses.items():
                if name not in self.asleep:
                    witness.step()
            for name, custodian in self.custodians.items():
                if name not in self.asleep:
                    custodian.step()
            if not self.tickets_open:
                for name, step in self.contributors.items():
                    if name not in self.asleep:
                        step()

    def settle(self, most: int = 20) -> None:
        """Rounds until two in a row wrote nothing new."""
        quiet, size = 0, self._written()
        for _ in range(most):
            self.tick()
            quiet, size = (quiet + 1, size) if self._written() == size else (0, self._written())
            if quiet == 2:
                return
        raise AssertionError("the town does not come to rest")

    def wait(self, span: timedelta) -> None:
        """Moves the clock on, and lets everybody do what is due."""
        self.clock.at += span
        self.settle()

    def until(self, at: datetime) -> None:
        """Goes on to `at`; the minute that runs is written and witnessed in time, as bids may stand in it."""
        if self.clock.at + INTERVAL < at:
            self.clock.at += INTERVAL
            self.tick()
        self.clock.at = max(self.clock.at, at)
        self.settle()

    def _written(self) -> int:
        """How many events there are."""
        with self.worker_services.engine.connect() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(ledger.events)).scalar_one())

    # --- asking -----------------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: object = None, token: str = "", **options: Any) -> TestResponse:
        """Calls the office."""
        headers = dict(options.pop("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = options.pop("data", None)
        if body is not None:
            data = canonical(body)
            headers["Content-Type"] = "application/json"
        return self.office.open(path, method=method, data=data, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        """The JSON of a public GET that succeeds."""
        found = self.ask("GET", path, **options)
        assert found.status_code == 200, found.text
        return found.get_json()

    def events(self, stream: str) -> list[dict[str, Any]]:
        """What is disclosed of a stream."""
        return [one["event"] for one in self.get(f"/api/streams/{stream}")["events"]]

    def whole(self, stream: str, type_: str) -> dict[str, Any]:
        """Public of the last disclosed event of a type, with its list and the offers in it as they are served."""
        public = [one["public"] for one in self.events(stream) if one["type"] == type_][-1]
        out = listing.whole(type_, public, self._document)
        if type_ == "lot.offers_opened":
            out["bids"] = [{**row, **listing.offer(row, self._document)} for row in out["bids"]]
        return out

    def _document(self, sha256: str) -> bytes:
        found = self.ask("GET", f"/api/documents/{sha256}")
        assert found.status_code == 200, found.text
        return bytes(found.data)

    def types(self, stream: str) -> list[str]:
        """The types of the disclosed events of a stream."""
        return [one["type"] for one in self.events(stream)]

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
        """A draft of one works lot by the checklist rules, its documents stored; sets `tender`."""
        rules, form = templates.load("checklist-f4")
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
            "safety-licence": "yes",
            "grade": "first",
            "duration": "300",
            "warranty": "2.5",
            "similar-works": "4",
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

    # --- setting up -------------------------------------------------------------------------------------------------

    def _services(self, role: str) -> Services:
        services = compose(self.config, getattr(self.config.database, role), now=self.clock, entropy=self.dice)
        self.stack.callback(services.engine.dispose)
        return services

    def _serve(self) -> None:
        server = make_server("127.0.0.1", 0, self.office_app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        self.stack.callback(stop)

    def _institutions(self) -> dict[str, Json]:
        custodian: list[Json] = [
            {"id": id_, "name": {"zh": id_, "en": id_}, "key": folders.identity("custodian", id_, master).public}
            for id_, master in self.masters.items()
        ]
        contributor: list[Json] = [
            {"party": id_, "key": folders.identity("contributor", id_, master).public}
            for id_, master in self.givers.items()
        ]
        witnesses: list[Json] = [
            {"name": name, "key": witness_key(name, key).text} for name, key in self.witness_keys.items()
        ]
        return {
            "witnesses": witnesses,
            "witness_threshold": 2,
            "custodians": custodian,
            "contributors": contributor,
            "cas": [],
            "supervisors": [],
        }

    def _open_institutions(self) -> None:
        self.witnesses: dict[str, Witness] = {}
        policy = self.services.trust.policy
        for name, key in self.witness_keys.items():
            log = LogClient(f"{self.url}/log")
            self.witnesses[name] = Witness(self.root / name, name, key, policy.log, log, self.clock)
        self.custodians: dict[str, Custodian] = {}
        self.contributors: dict[str, Any] = {}
        quick = Backoff(timedelta(0), timedelta(0))
        for id_, master in self.masters.items():
            folder = folders.create(self.root / id_, "custodian", id_, master, PASSPHRASE, self.dice, cost=10)
            folder.put_trust(self.trust)
            who = folders.identity("custodian", id_, master)
            rulebook = BidRulebook(folder.trust())
            self.custodians[id_] = self.stack.enter_context(
                custodians.opened(
                    folder,
                    who,
                    Address(self.url),
                    rulebook,
                    now=self.clock,
                    entropy=self.dice,
                    say=self.said.append,
                    backoff=quick,
                )
            )
        for id_, master in self.givers.items():
            folder = folders.create(self.root / id_, "contributor", id_, master, PASSPHRASE, self.dice, cost=10)
            folder.put_trust(self.trust)
            who = folders.identity("contributor", id_, master)
            self.contributors[id_] = self.stack.enter_context(
                contributors.opened(
                    folder,
                    who,
                    Address(self.url),
                    now=self.clock,
                    entropy=self.dice,
                    say=self.said.append,
                    backoff=quick,
                )
            )

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

"""Custody for tests: institutions with folders, and a platform on loopback with a true log that can lie about it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import trust as trust_file
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.custodian.house import House
from ledger.custodian.opened import opened
from ledger.custodian.process import Custodian
from ledger.custodian.rulebook import Answerable, Evidence, NotYet
from ledger.events import Event, leaf, unblinded
from ledger.institution import folder as folders
from ledger.institution.backoff import Backoff
from ledger.institution.folder import Folder, Identity
from ledger.institution.platform import Platform
from ledger.sealed import coin
from ledger.sealed import keyset as keysets
from ledger.sealed.keyset import Keyset, Purpose
from tests.support.log import LOG, ORIGIN, FakeLog, key, note_over, policy

N: Final = 5
T: Final = 3
IDS: Final = tuple(f"custodian-{number}" for number in range(1, N + 1))
PARTIES: Final = ("party-1", "party-2", "party-3")
TENDER: Final = "t1"
LOT: Final = "lot1"
DEADLINE: Final = datetime(2026, 12, 1, 4, tzinfo=UTC)
BEFORE: Final = DEADLINE - timedelta(days=20)
PASSPHRASE: Final = "correct horse"
TENDEREE: Final = key(60)
SUPERVISOR: Final = key(61)
STRANGER: Final = key(62)


def counted(seed: bytes) -> Callable[[int], bytes]:
    """Random-looking bytes that are the same in every run."""
    count = 0

    def take(size: int) -> bytes:
        nonlocal count
        count += 1
        out = b""
        while len(out) < size:
            out += H(seed, count.to_bytes(4, "big"), len(out).to_bytes(4, "big"))
        return out[:size]

    return take


def master(id_: str) -> bytes:
    """An institution's master secret."""
    return H(b"master of ", id_.encode())


def custodian(id_: str) -> Identity:
    """A custodian's identity."""
    return folders.identity("custodian", id_, master(id_))


def contributor(party: str) -> Identity:
    """A contributor's identity."""
    return folders.identity("contributor", party, master(party))


def trust(threshold: int = 2) -> bytes:
    """The trust file of all tests."""
    names = policy(threshold)
    return canonical(
        {
            "v": 1,
            "log": {"origin": ORIGIN, "key": names.log.text},
            "box_key": signing.public_bytes(key(63)).hex(),
            "witnesses": [{"name": one.name, "key": one.text} for one in names.witnesses],
            "witness_threshold": threshold,
            "custodians": [
                {"id": one, "name": {"zh": "保管机构", "en": one}, "key": custodian(one).public} for one in IDS
            ],
            "contributors": [{"party": one, "key": contributor(one).public} for one in PARTIES],
            "cas": [],
            "supervisors": [{"person": "supervisor", "key": signing.public_bytes(SUPERVISOR).hex()}],
        }
    )


def real_keyset(part: str, not_before: datetime = DEADLINE, lot: str = LOT, tender: str = TENDER) -> Keyset:
    """A key set that all custodians can derive their keys of."""
    purpose, when = Purpose(tender, lot, part), keysets.conditions(part, clock.text(not_before))
    public = {
        one: keysets.custodian_key(keysets.custodian_seed(master(one), purpose, T, IDS, when))
        .public_key()
        .public_bytes_raw()
        for one in IDS
    }
    return keysets.build(purpose, T, public, when)


def signatures(keyset: Keyset) -> list[Json]:
    """All custodians' signatures over a key set."""
    return [
        keysets.sign_keyset(keyset, one, keysets.own_key(keyset, one, master(one)), custodian(one).key) for one in IDS
    ]


def act(type_: str, stream: str, body: dict[str, Json], *signers: Ed25519PrivateKey) -> dict[str, Json]:
    """`body` with the acts of its signers."""
    said: dict[str, Json] = {
        "act": type_,
        "subject": stream,
        "body_sha256": H(canonical(body)).hex(),
        "reason": "",
        "at": clock.text(BEFORE),
    }
    return {**body, "acts": [signing.sign("act", said, signer) for signer in signers]}


class PlainRulebook:
    """A small rulebook: coin opens after a roll and `lot.present`, for the contributions in the log. Nothing else."""

    def check_keyset(self, keyset: dict[str, Json], evidence: Evidence) -> None:
        """Any well-formed key set will do."""

    def answerable(self, keyset: dict[str, Json], not_before: datetime, evidence: Evidence) -> Answerable | NotYet:
        """The contributions to the key set, under the first roll."""
        parsed = keysets.parse(keyset)
        tender, lot = parsed.purpose.tender, parsed.purpose.lot
        subject = H(canonical({"lot": lot, "tender": tender}))
        rolls = [(index, entry[-32:]) for index, entry in evidence.raw_entries("roll") if entry[-64:-32] == subject]
        if not rolls:
            return NotYet("custody.no_roll")
        stood = evidence.witnessed_at(rolls[0][0])
        if stood is not None and stood < not_before:
            return NotYet("custody.roll_early", final=True)
        seen = evidence.events(f"lot/{tender}/{lot}")
        if not any(one.event.type == "lot.present" for one in seen):
            return NotYet("custody.no_present")
        seals: list[tuple[str, dict[str, Json]]] = []
        for one in seen:
            if one.event.type == "contribution.recorded":
                envelope: Any = one.event.public["contribution"]
                if envelope["object"]["seal"]["kid"] == parsed.kid.hex():
                    seals.append((envelope["key"], envelope["object"]["seal"]))
        head = evidence.witnessed
        return Answerable(rolls[0][1].hex(), (head.size, head.root.hex()), seals)


@dataclass
class Answer:
    """What a test wants served at a path instead of the truth."""

    status: int = 200
    body: bytes = b""
    drip: float = 0.0  # seconds between single bytes; 0 sends at once
    endless: bool = False


class FakePlatform:
    """A platform with a true log. `override` answers for a path (without query) whatever a liar would."""

    def __init__(self) -> None:
        self.log = FakeLog()
        self.streams: dict[str, list[dict[str, Any]]] = {}
        self.leaves: dict[tuple[str, int], bytes] = {}
        self.requests: list[dict[str, Json]] = []
        self.documents: dict[str, bytes] = {}
        self.forms: dict[str, bytes] = {}
        self.submissions: dict[str, bytes] = {}
        self.tenders: list[str] = []
        self.override: dict[str, Answer] = {}
        self.posted: list[tuple[str, bytes]] = []
        self.put: list[tuple[str, bytes]] = []
        self.asked: list[str] = []
        self.url = ""
        self.stopping = threading.Event()
        self._salt = counted(b"salts")

    def append(
        self, stream: str, type_: str, public: dict[str, Json], actor: str = "platform", *, in_log: bool = True
    ) -> bytes:
        """One more event of a stream; its leaf. `in_log=False`: served, but never written into the tree."""
        before = self.streams.setdefault(stream, [])
        event = Event(stream, len(before) + 1, type_, BEFORE, actor, public)
        salt = self._salt(32)
        entry = leaf(salt, event.encode())
        before.append({"event": event.object(), "salt": salt.hex(), "index": len(self.log.entries)})
        if in_log:
            self.log.entries.append(entry)
        return entry

    def roll(self, submissions: Sequence[str] = (), tender: str = TENDER, lot: str = LOT) -> bytes:
        """A raw roll entry; its hash."""
        value: Json = {"tender": tender, "lot": lot, "submissions": list(submissions)}
        self.log.entries.append(unblinded("roll", {"lot": lot, "tender": tender}, value))
        return H(canonical(value))

    def sign(self, at: datetime, witnesses: int = 2) -> None:
        """A checkpoint over everything, cosigned at `at`."""
        self.log.note = note_over(self.log.entries, witnesses, at)

    def ask(self, id_: str, kind: str, body: Json) -> None:
        """One more request in the mailbox."""
        self.requests.append({"id": id_, "kind": kind, "body": body})

    def answers(self, id_: str) -> list[Any]:
        """What was posted to a request."""
        return [json.loads(body) for path, body in self.posted if path == f"/custody/answers/{id_}"]

    def releases(self) -> list[bytes]:
        """The bodies of all releases that were posted."""
        return [body for path, body in self.posted if path == "/custody/releases"]

    def get(self, target: str) -> bytes | None:
        """The truth at a path."""
        parts = urlsplit(target)
        path, query = parts.path, parse_qs(parts.query)
        if path.startswith("/log/"):
            return self.log.get(path.removeprefix("/log/"))
        if path == "/custody/requests":
            return json.dumps({"requests": self.requests}).encode()
        if path.startswith("/api/streams/"):
            rows = self.streams.get(path.removeprefix("/api/streams/"), [])
            after = int(query.get("after", ["0"])[0])
            return json.dumps({"events": [one for one in rows if one["event"]["version"] > after][:50]}).encode()
        if path == "/api/tenders":
            page = int(query.get("page", ["1"])[0])
            return json.dumps({"tenders": [{"tender": one} for one in self.tenders[page - 1 : page]]}).encode()
        for prefix, held in (
            ("/api/documents/", self.documents),
            ("/api/forms/", self.forms),
            ("/api/submissions/", self.submissions),
        ):
            if path.startswith(prefix):
                return held.get(path.removeprefix(prefix))
        return None

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve on loopback; `url` is set meanwhile."""
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # head and body in one packet

            def do_GET(self) -> None:
                platform.asked.append(self.path)
                liar = platform.override.get(urlsplit(self.path).path)
                if liar is not None:
                    self._lie(liar)
                    return
                found = platform.get(self.path)
                self._answer(404 if found is None else 200, found or b"")

            def do_POST(self) -> None:
                self._take(platform.posted)

            def do_PUT(self) -> None:
                self._take(platform.put)

            def _take(self, into: list[tuple[str, bytes]]) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                into.append((self.path, body))
                liar = platform.override.get(self.path)
                self._answer(liar.status if liar else 200, liar.body if liar else b"{}")

            def _lie(self, liar: Answer) -> None:
                if not liar.drip and not liar.endless:
                    self._answer(liar.status, liar.body)
                    return
                self.send_response(liar.status)
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    while not platform.stopping.wait(liar.drip):
                        self.wfile.write(b" " * (65536 if liar.endless else 1))
                        self.wfile.flush()
                except OSError:
                    self.close_connection = True

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield
        finally:
            self.stopping.set()
            server.shutdown()
            server.server_close()
            thread.join()


@dataclass
class Hand:
    """A clock that a test sets."""

    at: datetime = BEFORE

    def __call__(self) -> datetime:
        return self.at


def make_folder(root: Path, id_: str = IDS[0], threshold: int = 2) -> Folder:
    """A custodian's folder with its trust file."""
    made = folders.create(root, "custodian", id_, master(id_), PASSPHRASE, counted(b"folder"), cost=10)
    made.put_trust(trust(threshold))
    return made


@dataclass
class Case:
    """One custodian before one platform: `step(at)` is a round of it at that time by its own clock."""

    platform: FakePlatform
    folder: Folder
    clock: Hand = field(default_factory=Hand)
    said: list[str] = field(default_factory=list)
    rulebook: Any = field(default_factory=PlainRulebook)
    timeout: float = 5.0
    id: str = IDS[0]

    @contextmanager
    def process(self) -> Iterator[Custodian]:
        """The process, as after a start of the machine."""
        with opened(
            self.folder,
            custodian(self.id),
            Platform(self.platform.url, self.timeout),
            self.rulebook,
            now=self.clock,
            entropy=counted(b"process"),
            say=self.said.append,
            backoff=Backoff(timedelta(0), timedelta(0)),
        ) as process:
            yield process

    def step(self, at: datetime | None = None) -> None:
        """One round in a fresh process: whatever it knows, it knows from its folder."""
        if at is not None:
            self.clock.at = at
        with self.process() as process:
            process.step()

    def house(self, process: Custodian) -> House:
        """What the process works with."""
        return process.house

    def refusals(self) -> str:
        """All that was refused, as said."""
        return "\n".join(line for line in self.said if " refused " in line)

    def published(self) -> dict[str, bytes]:
        """The files in publish/."""
        root = self.folder.root / "publish"
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def sign_all(self, *sets: Keyset) -> None:
        """Have the key sets signed by asking for it."""
        for number, keyset in enumerate(sets):
            self.platform.ask(f"sign-{number}", "sign", {"keyset": keyset.to_json()})
        self.step()
        self.platform.requests.clear()

    def coin_lot(self, keyset: Keyset, *, spoil: int | None = None) -> None:
        """A notice and the contributions of all parties in the log; the one at place `spoil` for us is spoiled."""
        self.publish([keyset])
        for number, party in enumerate(PARTIES):
            self.contribute(keyset, party, spoil=spoil == number)

    def publish(self, sets: Sequence[Keyset]) -> None:
        """The notice, by a tenderee whose person is registered."""
        person: dict[str, Json] = {
            "person": "wang",
            "party": "tenderee",
            "role": "tenderee",
            "key": signing.public_bytes(TENDEREE).hex(),
        }
        if "person/wang" not in self.platform.streams:
            self.platform.append("person/wang", "person.registered", person)
        rows: list[Json] = [{"keyset": one.to_json(), "signatures": signatures(one)} for one in sets]
        notice: dict[str, Json] = {
            "tender": TENDER,
            "party": "tenderee",
            "contributors": [{"party": one, "key": contributor(one).public} for one in PARTIES],
            "lots": [{"lot": LOT, "keysets": rows}],
        }
        self.platform.tenders = [TENDER]
        self.platform.append(f"tender/{TENDER}", "tender.drafted", {"tender": TENDER})
        self.platform.append(
            f"tender/{TENDER}",
            "tender.published",
            act("tender.published", f"tender/{TENDER}", {"notice": notice}, TENDEREE),
        )

    def contribute(self, keyset: Keyset, party: str, *, spoil: bool = False) -> None:
        """A contribution of a party in the log."""
        who, random = contributor(party), counted(party.encode())
        envelope: Any = coin.contribute(keyset, party, who.key, random(32), random(16))
        if spoil:
            place = keyset.place(self.id) - 1
            envelope["object"]["seal"]["capsules"][place] = "00" * 80
            envelope = signing.sign("contribution", envelope["object"], who.key)
        self.platform.append(f"lot/{TENDER}/{LOT}", "contribution.recorded", {"contribution": envelope})

    def close(self, forms: dict[str, bytes] | None = None, *, roll: bool = True) -> None:
        """The roll and the presence of its ciphertexts, in the log."""
        if roll:
            self.platform.roll(["00" * 32])
        self.platform.append(f"lot/{TENDER}/{LOT}", "lot.closed", {"roll": {}})
        rows: list[Json] = [
            {
                "submission": "00" * 32,
                "part": "offer",
                "kind": "form",
                "sha256": one,
                "size": len(data),
                "present": True,
            }
            for one, data in (forms or {}).items()
        ]
        self.platform.append(f"lot/{TENDER}/{LOT}", "lot.present", {"ciphertexts": rows})


@contextmanager
def custody_case(root: Path, **known: Any) -> Iterator[Case]:
    """A custodian with a fresh folder before a fresh platform that serves."""
    platform = FakePlatform()
    with platform.serving():
        yield Case(platform, make_folder(root / "custodian"), **known)


assert trust_file.parse(trust()).policy.log.key == signing.public_bytes(LOG)

"""Custody for tests: institutions with folders, and a platform on loopback with a true log that can lie about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, parse_object
from ledger.basics.hashing import H
from ledger.custodian.house import House
from ledger.custodian.opened import opened
from ledger.custodian.process import Custodian
from ledger.custodian.rulebook import Answerable, Evidence, NotYet
from ledger.institution import folder as folders
from ledger.institution.backoff import Backoff
from ledger.institution.folder import Folder, Identity
from ledger.institution.platform import Platform
from ledger.sealed import coin
from ledger.sealed import keyset as keysets
from ledger.sealed.keyset import Keyset, Purpose
from tests.support.custody_names import (
    BEFORE,
    DEADLINE,
    IDS,
    LOT,
    PARTIES,
    PASSPHRASE,
    SUPERVISOR,
    TENDER,
    TENDEREE,
    T,
    counted,
)
from tests.support.custody_platform import FakePlatform
from tests.support.log import ORIGIN, key, policy


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
        stated = [one.event.public for one in seen if one.event.type == "lot.present"]
        if not stated:
            return NotYet("custody.no_present")
        rows: Any = parse_object(evidence.document(str(stated[0]["ciphertexts"])))["ciphertexts"]
        seals: list[tuple[str, dict[str, Json]]] = []
        for one in seen:
            if one.event.type == "contribution.recorded":
                envelope: Any = one.event.public["contribution"]
                if envelope["object"]["seal"]["kid"] == parsed.kid.hex():
                    seals.append((envelope["key"], envelope["object"]["seal"]))
        head = evidence.witnessed
        forms = [row["sha256"] for row in rows if row["kind"] == "form" and row["present"]]
        return Answerable(rolls[0][1].hex(), (head.size, head.root.hex()), seals, forms)


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

    def nothing_left(self) -> None:
        """Asserts that not a byte was posted or put, and that `publish/` is empty."""
        assert self.platform.posted == []
        assert self.platform.put == []
        assert self.published() == {}

    def refuses(self, kind: str, body: Any) -> None:
        """Asserts that one request, in one step, gets nothing and that the refusal is written down."""
        self.platform.requests.clear()
        self.platform.ask("r", kind, body)
        self.step()
        self.nothing_left()
        assert " refused " in self.said[-1]

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
        listed = canonical({"ciphertexts": rows})
        self.platform.documents[H(listed).hex()] = listed
        self.platform.append(f"lot/{TENDER}/{LOT}", "lot.present", {"ciphertexts": H(listed).hex()})


@contextmanager
def custody_case(root: Path, **known: Any) -> Iterator[Case]:
    """A custodian with a fresh folder before a fresh platform that serves."""
    platform = FakePlatform()
    with platform.serving():
        yield Case(platform, make_folder(root / "custodian"), **known)

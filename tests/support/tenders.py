"""A tender's procedure in memory: people, institutions, a lawful notice, and a `Run` that plays acts on the states.

    run = Run()                      # works-2019, one lot, drafted and published on 1 December 2026
    run.open_tickets(); run.close("lot-1", 4); run.opened("lot-1"); run.evaluated("lot-1"); …

Only the procedure is real: rolls, releases and offers are bodies of the right shape, without bids behind them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bidding import acts
from bidding.acts import (
    announce,
    award,
    close,
    coefficients,
    contribute,
    draft,
    make_objection,
    open_offers,
    open_tickets,
    opened,
    present,
    publish,
    publish_candidates,
    record_evaluation,
    record_release,
)
from bidding.acts.decision import Decision
from bidding.acts.keys import Signed, act_object
from bidding.parties import Person, by_key, uscc_check_character
from bidding.procedures import Procedure
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.procedures.lot import LotState
from bidding.procedures.tender import TenderState
from bidding.profiles import Calendar, Clocks, Profile, packaged_calendar, packaged_profiles
from bidding.profiles.packaged import calendar_document, profile_document
from evaluation.rules import templates
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.events import Draft, Event
from ledger.sealed import keyset as keysets
from ledger.sealed.coin import contribute as seal_contribution
from ledger.sealed.keyset import Keyset
from ledger.sealed.release import Release, sign_release

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


class Run:
    """A tender that is played: states, events, and the time. `edit` changes the notice before it goes out."""

    def __init__(
        self,
        lot_ids: Iterable[str] = ("lot-1",),
        *,
        profile: str = "works-2019",
        edit: Callable[[dict[str, Any]], None] = lambda _notice: None,
    ) -> None:
        self.now = PUBLISHED
        self.events: list[Event] = []
        self.tender: TenderState | None = None
        self.lots: dict[str, LotState] = {}
        self.stored: dict[str, int] = {}
        self.clocks = Clocks(Profile.parse(profile_document(profile)), packaged_calendar())
        ids = tuple(lot_ids)
        docs = documents(profile, ids, "works" if profile != "government-goods" else "goods")
        self.notice = notice_of(docs, ids, profile)
        edit(self.notice)
        self.apply(draft.decide(None, draft.DraftTender(TENDER, "buyer", sha("draft")), self.now))
        body = {"notice": self.notice}
        act = signed("tender.published", f"tender/{TENDER}", body, ("buyer-1", "buyer-2"), self.now)
        log = {**LOG, "demonstration": profile == "demonstration"}
        self.apply(publish.decide(self.drafted(), act, self.now, setting(docs, log=log)))

    def drafted(self) -> TenderState:
        """The tender, from its draft on."""
        assert self.tender is not None
        return self.tender

    @property
    def procedure(self) -> Procedure:
        """What acts look at."""
        return Procedure(self.drafted(), dict(self.lots), self.clocks, PERSONS, self.stored)

    def apply(self, decision: Decision) -> None:
        """Appends a decision's events to their streams."""
        for stream, drafts in decision.items():
            for one in drafts:
                self._append(stream, one)

    def _append(self, stream: str, one: Draft) -> None:
        version = sum(event.stream == stream for event in self.events) + 1
        event = Event(stream, version, one.type, self.now, "tester", one.public)
        kind, _, rest = stream.partition("/")
        if kind == "tender":
            self.tender = tenders.apply(self.tender, event)
        elif kind == "lot":
            lot = rest.partition("/")[2]
            self.lots[lot] = lots.apply(self.lots.get(lot), event)
        self.events.append(event)

    def keyed(self, act: str, body: Mapping[str, Any], *people: str, lot: str = "") -> Decision:
        """Decides a keyed act signed by these people; `apply` the result."""
        subject = f"lot/{TENDER}/{lot}" if lot else f"tender/{TENDER}"
        return acts.OFFICE[act](self.procedure, signed(act, subject, body, people, self.now), self.now)

    def act(self, act: str, body: Mapping[str, Any], *people: str, lot: str = "") -> None:
        """A keyed act, decided and applied."""
        self.apply(self.keyed(act, body, *people, lot=lot))

    # --- the ordinary way of a lot --------------------------------------------------------------------------------

    def contribution(self, lot: str, party: str) -> contribute.Contribute:
        """A contributor's sealed value."""
        sealed = seal_contribution(keyset(lot, "coin"), party, CONTRIBUTORS[party], H(party.encode()), bytes(16))
        return contribute.Contribute(lot, sealed)

    def open_tickets(self) -> None:
        """All contributions, then the tickets."""
        for item in self.procedure.notice.lots:
            for party in CONTRIBUTORS:
                self.apply(contribute.decide(self.procedure, self.contribution(item.lot, party), self.now))
        self.apply(open_tickets.decide(self.procedure, open_tickets.OpenTickets(9, sha("root"), 8), self.now))

    def submissions(self, lot: str, count: int) -> list[str]:
        """Hashes standing for a lot's submissions, sorted."""
        return sorted(sha(f"{lot} submission {i}") for i in range(count))

    def roll(self, lot: str, count: int) -> dict[str, Any]:
        """A body of `lot.closed`."""
        listed = self.submissions(lot, count)
        minutes = [{"version": 7, "accepted": listed, "withdrawn": []}] if listed else []
        return {"roll": {"tender": TENDER, "lot": lot, "submissions": listed}, "minutes": minutes}

    def close(self, lot: str, count: int) -> None:
        """The roll at the deadline."""
        self.now = max(self.now, self.procedure.deadline)
        self.apply(close.decide(self.procedure, close.Close(lot, self.roll(lot, count)), self.now))

    def present_body(self, lot: str, missing: Iterable[str] = ()) -> dict[str, Any]:
        """A body of `lot.present`."""
        gone = set(missing)
        rows = [
            {
                "submission": one,
                "part": "offer",
                "kind": "form",
                "sha256": one,
                "size": 65536,
                "present": one not in gone,
            }
            for one in self.lots[lot].roll
        ]
        return {"ciphertexts": rows}

    def present(self, lot: str, missing: Iterable[str] = ()) -> None:
        """What is there."""
        self.apply(present.decide(self.procedure, present.Present(lot, self.present_body(lot, missing)), self.now))

    def release_of(self, lot: str, part: str, custodian: str, roll: str | None = None) -> dict[str, Json]:
        """A custodian's release without answers."""
        made = Release(
            keyset(lot, part).kid,
            bytes.fromhex(roll or self.lots[lot].roll_sha256),
            9,
            bytes(32),
            clock.text(self.now),
            {},
        )
        return sign_release(made, CUSTODIANS[custodian])

    def release(self, lot: str, part: str, count: int = 2) -> None:
        """Releases of the first `count` custodians."""
        for custodian in sorted(CUSTODIANS)[:count]:
            command = record_release.RecordRelease(custodian, self.release_of(lot, part, custodian))
            self.apply(record_release.decide(self.procedure, command, self.now))

    def coefficients(self, lot: str) -> None:
        """The coefficients."""
        body: dict[str, Json] = {
            "contributions": [{"party": name, "verdict": "open", "value": sha(name)} for name in sorted(CONTRIBUTORS)],
            "alpha": sha("alpha"),
            "values": {"c": "3.5"},
        }
        self.apply(coefficients.decide(self.procedure, opened.Opened(lot, body), self.now))

    def announced_body(self, lot: str, counted: int | None = None, organisations: Iterable[int] = ()) -> dict[str, Any]:
        """A body of `lot.announced`: the first `counted` of the roll count, the rest is void."""
        listed = self.lots[lot].roll
        many = len(listed) if counted is None else counted
        numbers = list(organisations) or list(range(len(listed)))
        void = {"code": "bid.unsigned", "article": "实施条例 art. 51", "params": {}}
        bids = [
            {
                "submission": one,
                "bid_key": hex_key(f"{lot} bid {i}"),
                "state": "counted" if i < many else "void",
                "reason": {} if i < many else void,
                "parties": [bidder(numbers[i])],
            }
            for i, one in enumerate(listed)
        ]
        return {"bids": bids, "counted": many, "failed": many < 3}

    def announce(self, lot: str, counted: int | None = None, organisations: Iterable[int] = ()) -> None:
        """Who bid."""
        body = self.announced_body(lot, counted, organisations)
        self.apply(announce.decide(self.procedure, opened.Opened(lot, body), self.now))

    def offers(self, lot: str) -> None:
        """The offers of all counted bids."""
        rows: list[Json] = [
            {"submission": sha(key), "bid_key": key, "state": "opened", "reason": {}, "answers": {}, "files": []}
            for key in sorted(self.lots[lot].counted)
        ]
        self.apply(open_offers.decide(self.procedure, opened.Opened(lot, {"bids": rows}), self.now))

    def opened(self, lot: str, organisations: Iterable[int] = ()) -> None:
        """From the closed lot to its opening sheet."""
        self.present(lot)
        self.release(lot, "coin")
        self.coefficients(lot)
        self.release(lot, "identity")
        self.announce(lot, organisations=organisations)
        self.release(lot, "offer")
        self.offers(lot)

    def evaluated_body(self, lot: str, left_out: Iterable[str] = (), candidates: int = 3) -> dict[str, Any]:
        """A body of `lot.evaluated`: bids ranked by their number."""
        gone = set(left_out)
        keys = [hex_key(f"{lot} bid {i}") for i in range(len(self.lots[lot].roll))]
        ranked = [key for key in keys if key in self.lots[lot].opened and key not in gone]
        return {
            "report": sha("report"),
            "rules": self.procedure.notice.lot(lot).rules,
            "failed": False,
            "ranking": [{"rank": i + 1, "bid_key": key, "total": f"{100 - i}.00"} for i, key in enumerate(ranked)],
            "candidates": ranked[:candidates],
        }

    def evaluated(self, lot: str) -> None:
        """The report, once the window for objections on the spot is over."""
        self.now = max(self.now, self.clocks.end("opening_objection", self.lots[lot].times["lot.offers_opened"]))
        command = record_evaluation.RecordEvaluation(lot, self.evaluated_body(lot))
        self.apply(record_evaluation.decide(self.procedure, command, self.now))

    def candidates(self, lot: str) -> None:
        """The candidates."""
        counted = self.lots[lot].counted
        parties: dict[str, list[Json]] = {
            key: [{"uscc": code, "role": "lead", "share": "100"} for code in codes] for key, codes in counted.items()
        }
        prices = {key: 1_000_000 + i for i, key in enumerate(sorted(counted))}
        command = publish_candidates.PublishCandidates(lot, parties, prices)
        self.apply(publish_candidates.decide(self.procedure, command, self.now))

    def to_candidates(self, lot: str, count: int = 4) -> None:
        """From published to candidates."""
        if not self.drafted().tickets_open:
            self.open_tickets()
        self.close(lot, count)
        self.opened(lot)
        self.evaluated(lot)
        self.candidates(lot)

    def award(self, lot: str) -> None:
        """The award after the standstill, with the tenderee's key where the profile wants one."""
        until = self.lots[lot].until
        assert until is not None
        self.now = max(self.now, until)
        if self.procedure.notice.no_touch == "award":
            self.apply(award.decide(self.procedure, award.Award(lot), self.now))
        else:
            self.act("lot.awarded", award.body(self.lots[lot]), "buyer-1", lot=lot)

    def objection(self, kind: str, lot: str, by: str, text: str = "not so") -> make_objection.MakeObjection:
        """An objection signed by the bid key called `by`."""
        body = canonical(make_objection.body(TENDER, lot, kind, text))
        request: dict[str, Json] = {
            "method": "POST",
            "path": "/box/objections",
            "body_sha256": H(body).hex(),
            "at": clock.text(self.now),
            "nonce": sha(f"{kind}{by}{self.now}"),
        }
        name = f"o-{len(self.procedure.tender.objections) + 1}"
        envelope = signing.sign("request", request, identity(by))
        return make_objection.MakeObjection(name, kind, lot, hex_key(by), text, envelope)

    def object(self, kind: str, lot: str, by: str) -> str:
        """Makes an objection; its id."""
        command = self.objection(kind, lot, by)
        self.apply(make_objection.decide(self.procedure, command, self.now))
        return command.objection

    def answer_objection(self, objection: str, *, upheld: bool) -> None:
        """The tenderee's answer."""
        self.act("objection.answered", {"objection": objection, "text": "answered", "upheld": upheld}, "buyer-1")

    def refold(self) -> None:
        """The states are what folding the events anew gives."""
        assert tenders.fold(event for event in self.events if event.stream == f"tender/{TENDER}") == self.tender
        for lot, state in self.lots.items():
            stream = f"lot/{TENDER}/{lot}"
            assert lots.fold(event for event in self.events if event.stream == stream) == state


def beijing(text: str) -> datetime:
    """The instant of a wall clock in Beijing: `2026-12-24 09:00`."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def calendar(years: Iterable[Mapping[str, Any]]) -> Calendar:
    """A calendar of these years."""
    return Calendar.parse({"v": 1, "id": "test", "years": list(years)})

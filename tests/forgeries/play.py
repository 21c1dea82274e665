"""A tender of two lots played in memory by the platform's own acts, and the true bundle of it.

    play = played("award")            # everything up to this step, by the rules; a copy of one's own
    play.hooks["lot.announced"] = …   # the forger's hand: what is written instead
    play.go("account")                # the rest follows from it: states, tree, checkpoints, releases, account
    play.bundle().pack()

Custodians and witnesses sign whatever they are shown: a forger who could not get that signed has a harder time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, cached_property, partial
from typing import Any, Final, cast

from bidding import acts, offers, opening, presence
from bidding import roll as rolls
from bidding.acts import (
    account,
    announce,
    award,
    close,
    coefficients,
    contribute,
    draft,
    issue_ticket,
    make_objection,
    open_offers,
    open_tickets,
    opened,
    publish,
    publish_candidates,
    record_evaluation,
    record_postponement,
    record_release,
)
from bidding.acts import present as present_act
from bidding.acts.decision import Decision
from bidding.acts.keys import Signed, act_object
from bidding.form import check_form
from bidding.parties import Party, Person, by_key
from bidding.procedures import Procedure
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.profiles import Clocks, Profile, packaged_calendar, packaged_profiles
from bidding.profiles.packaged import profile_document
from bidding.sealed_lot import OnRoll, SealedLot, bid_seals, contribution_seals, read_roll, stand
from bidding.submission import Withdrawal, terms_hash
from bidding.verdicts import Waiting
from evaluation.acts import evaluate
from evaluation.acts import publish as publish_evaluated
from ledger import checkpoint, merkle
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, parse
from ledger.basics.hashing import H
from ledger.bundle import Bundle, Line, Value
from ledger.checkpoint import Checkpoint, Note, Signature, log_key
from ledger.events import Draft, Event, commitment, leaf
from ledger.sealed import coin, keyset, tickets
from ledger.sealed.opening import BAD
from ledger.sealed.postpone import Postponement, kids_of, sign_postponement
from ledger.sealed.release import Release, sign_release
from ledger.sealed.seal import Seal, context, open_capsule
from tests.forgeries import cast as people
from tests.forgeries.cast import GRACE, INTERVAL, LOTS, TENDER, key, secret

TENDER_STREAM: Final = f"tender/{TENDER}"
SECOND: Final = timedelta(seconds=1)

Hook = Callable[["Play", str, Draft], "Draft | None"]


@dataclass(frozen=True)
class Record:
    """An event in the tree; `before`: raw entries that stand directly before its leaf."""

    event: Event
    salt: bytes
    before: tuple[bytes, ...] = ()

    @cached_property
    def leaf(self) -> bytes:
        """Its entry."""
        return leaf(self.salt, self.event.encode())


@dataclass
class Play:
    """The platform as it stands; see the module."""

    now: datetime = people.OPENED
    written: list[Record] = field(default_factory=list)
    heads: list[tuple[int, datetime]] = field(default_factory=list)
    values: dict[tuple[int, str], tuple[bytes, dict[str, Json]]] = field(default_factory=dict)
    waiting: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    bids: dict[str, people.Bid] = field(default_factory=dict)
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    minute: datetime = people.OPENED
    done: tuple[str, ...] = ()
    hooks: dict[str, Hook] = field(default_factory=dict)
    cached: dict[object, Any] = field(default_factory=dict)

    def fork(self) -> Play:
        """A copy of its own."""
        return replace(
            self,
            written=list(self.written),
            heads=list(self.heads),
            values=dict(self.values),
            waiting={name: (list(one), list(two)) for name, (one, two) in self.waiting.items()},
            bids=dict(self.bids),
            withdrawals=dict(self.withdrawals),
            documents=dict(self.documents),
            lost=set(self.lost),
            hooks=dict(self.hooks),
            cached=dict(self.cached),
        )

    # --- writing ------------------------------------------------------------------------------------------------------

    def entries(self) -> list[bytes]:
        """The tree's entries."""
        return [entry for record in self.written for entry in (*record.before, record.leaf)]

    def indexed(self) -> list[tuple[int, Record]]:
        """Every record with its index."""
        out, at = [], 0
        for record in self.written:
            at += len(record.before)
            out.append((at, record))
            at += 1
        return out

    def stream(self, name: str) -> list[Record]:
        """A stream's records."""
        return [record for record in self.written if record.event.stream == name]

    def last(self, type: str, lot: str = "") -> Record:
        """The last event of a type (of a lot)."""
        return [r for r in self.written if r.event.type == type and (not lot or r.event.stream.endswith("/" + lot))][-1]

    def size(self) -> int:
        """Entries in the tree."""
        return sum(1 + len(record.before) for record in self.written)

    def root(self, size: int | None = None) -> bytes:
        """The root at a size."""
        return merkle.root_of_entries(self.entries()[: self.size() if size is None else size])

    def add(self, stream: str, one: Draft, at: datetime | None = None) -> Record | None:
        """Appends an event, as a hook leaves it, without letting time pass."""
        for name in (one.type, f"{one.type}@{stream.rsplit('/', 1)[-1]}"):
            if name in self.hooks:
                changed = self.hooks[name](self, stream, one)
                if changed is None:
                    return None
                one = changed
        version = len(self.stream(stream)) + 1
        sealed: dict[str, str] = {}
        for name, value in one.sealed.items():
            salt = secret(f"value {stream} {version} {name}")
            self.values[version, name] = (salt, cast(dict[str, Json], value))
            sealed[name] = commitment(salt, value).hex()
        event = Event(stream, version, one.type, at or self.now, "platform", dict(one.public), sealed)
        record = Record(event, secret(f"salt {stream} {version} {one.type}"), one.before)
        self.written.append(record)
        return record

    def write(self, stream: str, type: str, public: Mapping[str, Any], **options: Any) -> None:
        """One event, witnessed a second later."""
        self.decide({stream: [Draft(type, dict(public), **options)]})

    def decide(self, decision: Decision) -> None:
        """A decision's events, witnessed a second later."""
        for stream, drafts in decision.items():
            for one in drafts:
                self.add(stream, one)
        self.until(self.now + SECOND)
        self.witness()

    def witness(self) -> None:
        """The witnesses sign the tree as it is."""
        self.heads = [head for head in self.heads if head[0] != self.size()] + [(self.size(), self.now)]

    def until(self, at: datetime) -> None:
        """Time passes; the box writes every minute that ends."""
        while self.minute + INTERVAL <= at:
            self.now = max(self.now, self.minute + INTERVAL)
            listed: dict[str, Json] = {}
            for lot in self.open_lots():
                came, back = self.waiting.pop(lot, ([], []))
                listed[f"{TENDER}/{lot}"] = rolls.minute_value(TENDER, lot, came, back)
            self.add("box", Draft("box.minute", {"minute": clock.text(self.minute)}, sealed=dict(listed)), self.now)
            self.minute += INTERVAL
            self.now += SECOND
            self.witness()
        self.now = max(self.now, at)

    def open_lots(self) -> list[str]:
        """Lots that the box takes bids for."""
        if not any(record.event.type == "tickets.opened" for record in self.written):
            return []
        closed = {r.event.stream.rsplit("/", 1)[1] for r in self.written if r.event.type == "lot.closed"}
        return [lot for lot in LOTS if lot not in closed]

    def rewritten(self, change: Callable[[Record], Record | None]) -> Play:
        """The log written anew: `change` gives what stands in a record's place; checkpoints and witnesses follow."""
        play, size, old, versions = self.fork(), 0, 0, dict[str, int]()
        play.cached = {}
        at_size, play.written, play.heads, play.values = dict(self.heads), [], [], {}
        for record in self.written:
            old += 1 + len(record.before)
            made = change(record)
            if made is not None:
                stream = made.event.stream
                versions[stream] = versions.get(stream, 0) + 1
                event = replace(made.event, version=versions[stream])
                play.written.append(replace(made, event=event))
                size += 1 + len(made.before)
                for (version, name), value in self.values.items():
                    if stream == "box" and version == record.event.version:
                        play.values[event.version, name] = value
            if old in at_size:
                play.heads = [head for head in play.heads if head[0] != size] + [(size, at_size[old])]
        return play

    # --- states -------------------------------------------------------------------------------------------------------

    @property
    def procedure(self) -> Procedure:
        """What acts look at."""
        tender = self._folded(TENDER_STREAM, tenders.apply)
        states = {lot: self._folded(f"lot/{TENDER}/{lot}", lots.apply) for lot in LOTS}
        stored = {name: len(data) for name, data in self.documents.items()}
        found = {lot: state for lot, state in states.items() if state is not None}
        return Procedure(tender, found, _clocks(), self.persons(), stored)

    def _folded(self, stream: str, apply: Callable[[Any, Event], Any]) -> Any:
        """A stream's state; what was folded before is not folded again."""
        count, state = self.cached.get(stream, (0, None))
        records = self.stream(stream)
        for record in records[count:]:
            state = apply(state, record.event)
        self.cached[stream] = (len(records), state)
        return state

    def _once(self, key: object, compute: Callable[[], Any]) -> Any:
        if key not in self.cached:
            self.cached[key] = compute()
        return self.cached[key]

    def persons(self) -> dict[str, Person]:
        """Registered people by key."""
        found = [Person.parse(r.event.public) for r in self.written if r.event.type == "person.registered"]
        return by_key(found)

    def registered(self, name: str) -> Party | None:
        """A party's registration."""
        found = self.stream(f"party/{name}")
        return Party.parse(found[-1].event.public) if found else None

    def signed(self, type: str, body: Mapping[str, Any], *names: str, lot: str = "") -> Signed:
        """A keyed act."""
        subject = f"lot/{TENDER}/{lot}" if lot else TENDER_STREAM
        obj = act_object(type, subject, body, "as the file says", self.now)
        return Signed(subject, dict(body), tuple(signing.sign("act", obj, key(name)) for name in names))

    def act(self, type: str, body: Mapping[str, Any], *names: str, lot: str = "") -> None:
        """A keyed act, decided by the rules."""
        self.decide(acts.OFFICE[type](self.procedure, self.signed(type, body, *names, lot=lot), self.now))

    # --- steps --------------------------------------------------------------------------------------------------------

    def go(self, until: str) -> Play:
        """Plays on to the end of a step."""
        for name in STEPS:
            if name not in self.done:
                getattr(self, "step_" + name)()
                self.done += (name,)
            if name == until:
                return self
        raise ValueError(until)

    def step_log(self) -> None:
        """The log opens, people and organisations register."""
        public = {
            "origin": people.ORIGIN,
            "log_key": log_key(people.ORIGIN, key("log")).text,
            "box_key": people.hex_key("box"),
            "interval_ms": INTERVAL // timedelta(milliseconds=1),
            "grace_ms": GRACE // timedelta(milliseconds=1),
            "demonstration": True,
        }
        self.write("log", "log.opened", public)
        for name in (*people.HOUSES, *people.BIDDERS):
            self.add(f"party/{name}", Draft("party.registered", people.party_public(name)))
        for name in people.PEOPLE:
            self.add(f"person/{name}", Draft("person.registered", people.person_public(name)))
        self.until(people.START - 2 * SECOND)
        self.witness()

    def step_draft(self) -> None:
        """A draft."""
        command = draft.DraftTender(TENDER, "buyer", people.sha256(b"draft"))
        self.decide(draft.decide(None, command, self.now))

    def step_publish(self) -> None:
        """The notice, by two keys."""
        docs = {people.sha256(data): data for data in people.documents().values()}
        self.documents |= docs
        setting = publish.Setting(
            log=self.stream("log")[0].event.public,
            persons=self.persons(),
            documents=docs,
            stored={name: len(data) for name, data in docs.items()},
            known_profiles=frozenset(packaged_profiles()),
        )
        state = tenders.fold(record.event for record in self.stream(TENDER_STREAM))
        assert state is not None
        signed = self.signed("tender.published", {"notice": people.notice()}, "tess", "agnes")
        self.decide(publish_evaluated.decide(state, signed, self.now, setting))

    def step_contribute(self) -> None:
        """Sealed values for the coin."""
        for lot in LOTS:
            for party in people.CONTRIBUTORS:
                made = _contribution(lot, party)
                self.decide(contribute.decide(self.procedure, contribute.Contribute(lot, made), self.now))

    def step_tickets(self) -> None:
        """Tickets open, and everybody takes one for every lot."""
        size = self.heads[-1][0]
        command = open_tickets.OpenTickets(size, self.root(size).hex(), size - 1)
        self.decide(open_tickets.decide(self.procedure, command, self.now))
        for lot in LOTS:
            for name in people.BIDDERS:
                self.issue(name, lot)

    def issue(self, name: str, lot: str) -> None:
        """A ticket issued to an organisation."""
        party = self.registered(name)
        assert party is not None
        command = issue_ticket.IssueTicket(party, _issuance(name, lot))
        self.decide(issue_ticket.decide(self.procedure, command, self.now))

    @property
    def terms(self) -> str:
        """The terms in force."""
        types = ("tender.published", "addendum.issued")
        return terms_hash(r.leaf.hex() for r in self.stream(TENDER_STREAM) if r.event.type in types)

    def submit(self, name: str, lot: str, price: str, *, terms: str = "", **options: Any) -> people.Bid:
        """A bid taken by the box in this minute."""
        bid = people.sealed(name, lot, terms or self.terms, price, **options)
        self.bids[bid.sha256] = bid
        self.waiting.setdefault(lot, ([], []))[0].append(bid.sha256)
        return bid

    def withdraw(self, name: str, lot: str, seq: int) -> Withdrawal:
        """A withdrawal taken by the box in this minute."""
        obj: dict[str, Json] = {"tender": TENDER, "lot": lot, "bid_key": people.bid_hex(name, lot), "seq": seq}
        made = Withdrawal.parse(signing.sign("withdrawal", obj, people.bid_key(name, lot)))
        self.withdrawals[made.sha256] = made
        self.waiting.setdefault(lot, ([], []))[1].append(made.sha256)
        return made

    def step_bid(self) -> None:
        """First bids; an enquiry and its answer."""
        self.submit("alder", "f4", "1000000")
        self.submit("elm", "f4", "990000")
        self.submit("alder", "low", "700000")
        self.until(self.now + INTERVAL)
        self.write(TENDER_STREAM, "enquiry.asked", {"enquiry": "q-1", "text": "How wide is the road?"})
        self.act("enquiry.answered", {"enquiry": "q-1", "text": "Seven metres."}, "agnes")

    def step_amend(self) -> None:
        """An addendum moves the deadline; custodians postpone."""
        body: dict[str, Json] = {
            "number": 1,
            "text": {"zh": "澄清", "en": "A clarification"},
            "affects_bids": True,
            "deadline": clock.text(people.MOVED),
            "documents": [],
        }
        self.act("addendum.issued", body, "tess")
        for lot in LOTS:
            for custodian in people.CUSTODIANS[:2]:
                self.postpone(lot, custodian)

    def postpone(self, lot: str, custodian: str, not_before: datetime = people.MOVED) -> None:
        """A custodian's postponement."""
        kids = kids_of([people.made_keyset(lot, part) for part in ("coin", "identity", "offer")])
        made = Postponement(kids, clock.text(not_before), self.last("addendum.issued").leaf.hex())
        envelope = sign_postponement(made, key(custodian))
        command = record_postponement.RecordPostponement(custodian, envelope)
        self.decide(record_postponement.decide(self.procedure, command, self.now))

    def step_rebid(self) -> None:
        """Bids under the new terms: one replaced, one withdrawn, one that nobody can open."""
        self.submit("alder", "f4", "1010000", seq=2)
        self.submit("birch", "f4", "980000")
        self.submit("cedar", "f4", "970000", licence="no")
        self.submit("fir", "f4", "960000")
        self.withdraw("elm", "f4", 2)
        self.submit("birch", "low", "710000")
        self.submit("cedar", "low", "720000")
        self.submit("fir", "low", "690000", broken=True)
        self.until(people.MOVED)

    def step_close(self) -> None:
        """The rolls."""
        self.until(people.MOVED + 5 * SECOND)
        for lot in LOTS:
            self.decide(close.decide(self.procedure, close.Close(lot, self.closing(lot)), self.now))

    def closing(self, lot: str) -> dict[str, Json]:
        """Public of `lot.closed`."""
        minutes = []
        for index, record in self.indexed():
            name = f"{TENDER}/{lot}"
            if record.event.stream == "box" and name in record.event.sealed:
                found = next((at for size, at in self.heads if size > index), None)
                start = clock.parse_time(record.event.public["minute"])
                value = self.values[record.event.version, name][1]
                minutes.append(
                    rolls.parse_minute(
                        value, tender=TENDER, lot=lot, version=record.event.version, start=start, witnessed=found
                    )
                )
        made = rolls.count(
            TENDER,
            lot,
            minutes,
            {sha256: bid.submission for sha256, bid in self.bids.items()},
            self.withdrawals,
            deadline=self.procedure.deadline,
            interval=INTERVAL,
            grace=GRACE,
        )
        return rolls.closed_body(made, minutes)

    def step_present(self) -> None:
        """What is there."""
        for lot in LOTS:
            submissions = self.on_roll(lot).submissions.values()
            there = {name for bid in self.bids.values() for name in (*bid.forms, *bid.files)} - self.lost
            body = presence.present_body(submissions, there)
            self.decide(present_act.decide(self.procedure, present_act.Present(lot, body), self.now))

    def step_coin(self) -> None:
        """Releases for the coin."""
        self.releases("coin")

    def step_coefficients(self) -> None:
        """The drawn values."""
        for lot in LOTS:
            made = opening.coefficients(
                self.sealed_lot(lot), self.on_roll(lot), self.contributions(lot), self.released(lot, "coin")
            )
            self.opened(lot, made, coefficients.decide)

    def step_identity(self) -> None:
        """Releases for the identities."""
        self.releases("identity")

    def step_announce(self) -> None:
        """Who bid."""
        for lot in LOTS:
            read = self.identities(lot)
            made = read if isinstance(read, Waiting) else opening.announced(self.sealed_lot(lot), read)
            self.opened(lot, made, announce.decide)

    def step_offer(self) -> None:
        """Releases for the offers."""
        self.releases("offer")

    def step_offers(self) -> None:
        """The offers."""
        for lot in LOTS:
            self.opened(lot, self.offers(lot), open_offers.decide)

    def step_evaluate(self) -> None:
        """The reports."""
        self.until(self.now + 2 * SECOND)
        for lot in LOTS:
            body = self.evaluation(lot)
            command = record_evaluation.RecordEvaluation(lot, body)
            self.decide(record_evaluation.decide(self.procedure, command, self.now))

    def step_candidates(self) -> None:
        """The candidates."""
        for lot in LOTS:
            rows = cast(list[dict[str, Any]], self.last("lot.announced", lot).event.public["bids"])
            report = self.documents[str(self.last("lot.evaluated", lot).event.public["report"])]
            parties = {row["bid_key"]: row["parties"] for row in rows}
            prices = evaluate.prices(cast(dict[str, Any], parse(report)))
            command = publish_candidates.PublishCandidates(lot, parties, prices)
            self.decide(publish_candidates.decide(self.procedure, command, self.now))
            if lot == "f4":
                self.complain("result", lot, "birch")

    def complain(self, kind: str, lot: str, name: str) -> None:
        """An objection."""
        body = canonical(make_objection.body(TENDER, lot, kind, "not so"))
        request: dict[str, Json] = {
            "method": "POST",
            "path": "/box/objections",
            "body_sha256": H(body).hex(),
            "at": clock.text(self.now),
            "nonce": secret("nonce").hex(),
        }
        envelope = signing.sign("request", request, people.bid_key(name, lot))
        command = make_objection.MakeObjection("o-1", kind, lot, people.bid_hex(name, lot), "not so", envelope)
        self.decide(make_objection.decide(self.procedure, command, self.now))

    def step_objection(self) -> None:
        """The answer to the objection."""
        self.act("objection.answered", {"objection": "o-1", "text": "It is so.", "upheld": False}, "tom")

    def step_award(self) -> None:
        """The awards, after the standstill."""
        self.until(self.now + 3 * SECOND)
        for lot in LOTS:
            self.decide(award.decide(self.procedure, award.Award(lot), self.now))

    def step_contract(self) -> None:
        """One contract."""
        winner = self.last("lot.awarded", "f4").event.public["bid_key"]
        body = {"bid_key": winner, "contract": people.sha256(b"contract")}
        self.act("lot.contracted", body, "tess", lot="f4")

    def step_account(self) -> None:
        """The closing account."""
        streams: dict[str, int] = {}
        for record in self.written:
            if record.event.stream.split("/")[0] in ("tender", "lot", "issuance"):
                streams[record.event.stream] = record.event.version
        self.decide(account.decide(self.procedure, account.Account(streams), self.now))

    # --- the opening --------------------------------------------------------------------------------------------------

    def opened(self, lot: str, made: Waiting | dict[str, Json], decide: Callable[..., Decision]) -> None:
        """A computed step."""
        assert not isinstance(made, Waiting), made
        self.decide(decide(self.procedure, opened.Opened(lot, made), self.now))

    def sealed_lot(self, lot: str) -> SealedLot:
        """The lot as whoever opens it reads it."""
        procedure = self.procedure
        row = procedure.notice.lot(lot)

        def compute() -> SealedLot:
            return SealedLot.of(
                procedure.notice,
                lot,
                deadline=procedure.deadline,
                profile=_clocks().profile,
                form=check_form(parse(self.documents[row.form])),
                rules=parse(self.documents[row.rules]),
            )

        found: SealedLot = self._once(("lot", lot, procedure.deadline, row.form, row.rules), compute)
        return found

    def on_roll(self, lot: str) -> OnRoll:
        """What is on the roll."""
        closed = self.last("lot.closed", lot)

        def compute() -> OnRoll:
            envelopes = {sha256: bid.submission.envelope for sha256, bid in self.bids.items()}
            return read_roll(self.sealed_lot(lot), closed.event.public["roll"], envelopes)

        found: OnRoll = self._once(("roll", closed.leaf), compute)
        return found

    def contributions(self, lot: str) -> list[object]:
        """Envelopes in tree order."""
        found = self.stream(f"lot/{TENDER}/{lot}")
        return [r.event.public["contribution"] for r in found if r.event.type == "contribution.recorded"]

    def released(self, lot: str, part: str) -> list[object]:
        """Envelopes in tree order."""
        found = [r.event.public for r in self.stream(f"lot/{TENDER}/{lot}") if r.event.type == "release.recorded"]
        return [public["release"] for public in found if public["part"] == part]

    def seals(self, lot: str, part: str) -> dict[str, tuple[bytes, Seal]]:
        """What custodians answer for."""
        sealed = self.sealed_lot(lot)
        if part == "coin":
            return contribution_seals(sealed, self.contributions(lot))
        bids = stand(self.on_roll(lot), self.last("lot.present", lot).event.public).bids
        if part == "offer":
            rows = cast(list[dict[str, Any]], self.last("lot.announced", lot).event.public["bids"])
            counted = {row["submission"] for row in rows if row["state"] == "counted"}
            bids = tuple(bid for bid in bids if bid.sha256 in counted)
        return bid_seals(sealed, part, bids)

    def answer(self, lot: str, part: str, custodian: str, **changes: Any) -> dict[str, Json]:
        """A custodian's release; `changes`: members of the release, or `seals` to answer for."""
        made = people.made_keyset(lot, part)
        own = keyset.own_key(made, custodian, secret(f"master {custodian}"))
        place, answers = made.place(custodian), {}
        for author, seal in changes.pop("seals", self.seals(lot, part)).values():
            share = open_capsule(seal, context(made.kid, author, seal.n16), place, own)
            answers[author, seal.n16] = BAD if share is None else share
        size = self.heads[-1][0]
        release = Release(made.kid, self.on_roll(lot).hash, size, self.root(size), clock.text(self.now), answers)
        return sign_release(replace(release, **changes), key(custodian))

    def releases(self, part: str, lots_: Iterable[str] = LOTS) -> None:
        """Every custodian's release of a part."""
        for lot in lots_:
            for custodian in people.CUSTODIANS:
                command = record_release.RecordRelease(custodian, self.answer(lot, part, custodian))
                self.decide(record_release.decide(self.procedure, command, self.now))

    def forms(self, sha256: str) -> bytes | None:
        """A form's ciphertext."""
        return next((bid.forms[sha256] for bid in self.bids.values() if sha256 in bid.forms), None)

    def issued(self, lot: str, party: str) -> Mapping[str, Json] | None:
        """Public of the first issuance to a party."""
        found = [r.event.public for r in self.stream(f"issuance/{TENDER}/{lot}")]
        return next((public for public in found if public["party"] == party), None)

    def identities(self, lot: str) -> Waiting | tuple[opening.Identity, ...]:
        """The identities as the log stands."""
        return opening.read_identities(
            self.sealed_lot(lot),
            self.on_roll(lot),
            self.last("lot.present", lot).event.public,
            self.released(lot, "identity"),
            self.forms,
            self.registered,
            partial(self.issued, lot),
        )

    def offers(self, lot: str) -> Waiting | dict[str, Json]:
        """Public of `lot.offers_opened`."""
        identities = self.identities(lot)
        assert not isinstance(identities, Waiting)
        sealed, on_roll = self.sealed_lot(lot), self.on_roll(lot)
        read = offers.read_offers(sealed, on_roll, identities, self.released(lot, "offer"), self.forms)
        assert not isinstance(read, Waiting), read
        verdicts: dict[tuple[str, str], Any] = {}
        for offer in read:
            for part in ("identity", "offer") if offer.header else ():
                bid = self.bids[offer.identity.submission]
                blob = bid.files[bid.submission.seals[part].files.sha256.hex()]
                held = offer.identity if part == "identity" else offer
                found = offers.check_files(sealed, bid.submission, part, held, [blob], _nowhere)
                verdicts[bid.sha256, part] = offers.void_files(part, found) if found else None
        return offers.open_offers(sealed, read, verdicts)

    def evaluation(self, lot: str) -> dict[str, Json]:
        """Public of `lot.evaluated`; the report's documents are stored."""
        row = self.procedure.notice.lot(lot)
        rules, form = parse(self.documents[row.rules]), parse(self.documents[row.form])
        made = evaluate.report(
            rules,
            form,
            lot=lot,
            ceiling_fen=row.ceiling_fen,
            bids=evaluate.opened_bids(self.last("lot.offers_opened", lot).event.public, {}),
            coefficients=self.last("lot.coefficients", lot).event.public,
        )
        self.documents |= made.documents()
        return evaluate.event_body(made, rules)

    # --- the bundle ---------------------------------------------------------------------------------------------------

    def bundle(self, *, witnesses: Iterable[str] = people.WITNESSES[:2], log: str = "log") -> Bundle:
        """The bundle of it."""
        indexed, entries = self.indexed(), self.entries()
        start = next(index for index, record in indexed if record.event.stream == TENDER_STREAM)
        nodes = merkle.nodes_of([merkle.leaf_hash(entry) for entry in entries])
        streams: dict[str, tuple[Line, ...]] = {}
        for index, record in indexed:
            name = record.event.stream
            if name != "box" or index > start:
                streams[name] = (*streams.get(name, ()), Line(index, record.salt, record.event.encode()))
        size = self.heads[-1][0]
        closed = [lot for lot in LOTS if any(r.event.type == "lot.closed" for r in self.stream(f"lot/{TENDER}/{lot}"))]
        shown = tuple(
            Value(version, salt, name, canonical(value))
            for (version, name), (salt, value) in sorted(self.values.items())
            if name.split("/")[1] in closed
        )
        listed = {sha256 for lot in closed for row in _minutes(self, lot) for sha256 in row}
        named = [self.bids[sha256] for sha256 in sorted(listed) if sha256 in self.bids]
        on_roll = {
            sha256
            for record in self.written
            if record.event.type == "lot.present"
            for row in cast(list[dict[str, Any]], record.event.public["ciphertexts"])
            if row["kind"] == "form" and row["present"]
            for sha256 in [row["sha256"]]
        }
        return Bundle(
            tender=TENDER,
            edge=merkle.left_edge(nodes, start),
            entries=tuple(entries[start:size]),
            proofs={
                index: tuple(merkle.inclusion_proof(nodes, index, size))
                for index, _ in indexed
                if index < start and _.event.stream != "box"
            },
            notes={at: self.note(at, when, witnesses, log) for at, when in self.heads if at > start},
            streams=streams,
            values={"box": shown} if shown else {},
            submissions={bid.sha256: canonical(bid.submission.envelope) for bid in named},
            withdrawals={
                sha256: canonical(self.withdrawals[sha256].envelope) for sha256 in listed & self.withdrawals.keys()
            },
            forms={sha256: bid.forms[sha256] for bid in named for sha256 in bid.forms if sha256 in on_roll},
            documents=dict(self.documents),
            trust=canonical(people.trust_object()),
        )

    def note(self, size: int, at: datetime, witnesses: Iterable[str], log: str = "log") -> bytes:
        """A checkpoint, signed and cosigned."""
        return _note(size, self.root(size), at, tuple(witnesses), log)


def _minutes(play: Play, lot: str) -> list[list[str]]:
    body = cast(dict[str, Any], play.last("lot.closed", lot).event.public)
    return [[*row["accepted"], *row["withdrawn"]] for row in body["minutes"]]


@cache
def _clocks() -> Clocks:
    return Clocks(Profile.parse(profile_document("demonstration")), packaged_calendar())


@cache
def _note(size: int, root: bytes, at: datetime, witnesses: tuple[str, ...], log: str) -> bytes:
    head = Checkpoint(people.ORIGIN, size, root)
    note = checkpoint.parse_note(checkpoint.sign(head, key(log)).encode())
    lines = [checkpoint.cosign(head.body(), name, key(name), at) for name in witnesses]
    return Note(note.body, (*note.signatures, *map(Signature.parse, lines))).text().encode()


@cache
def _contribution_bytes(lot: str, party: str) -> bytes:
    made = people.made_keyset(lot, "coin")
    value, n16 = secret(f"coin {lot} {party}"), secret(f"coin n16 {lot} {party}", 16)
    return canonical(coin.contribute(made, party, key(party), value, n16))


def _contribution(lot: str, party: str) -> dict[str, Json]:
    return cast(dict[str, Json], parse(_contribution_bytes(lot, party)))


@cache
def _issuance_bytes(name: str, lot: str) -> bytes:
    return canonical(tickets.issuance(TENDER, lot, people.request(name, lot).blinded, key(f"seal {name}")))


def _issuance(name: str, lot: str) -> dict[str, Json]:
    return cast(dict[str, Json], parse(_issuance_bytes(name, lot)))


def _nowhere(_number: int) -> io.BytesIO:
    return io.BytesIO()


STEPS: Final = (
    *("log", "draft", "publish", "contribute", "tickets", "bid", "amend", "rebid", "close", "present"),
    *("coin", "coefficients", "identity", "announce", "offer", "offers", "evaluate"),
    *("candidates", "objection", "award", "contract", "account"),
)


@cache
def _played(step: str) -> Play:
    before = STEPS.index(step)
    play = _played(STEPS[before - 1]).fork() if before else Play()
    return play.go(step)


def played(step: str = STEPS[-1]) -> Play:
    """A true play to the end of a step, for one's own use."""
    return _played(step).fork()

"""A tender of two lots played in memory by the platform's own acts, and the true bundle of it.

    play = played("award")            # everything up to this step, by the rules; a copy of one's own
    play.hooks["lot.announced"] = …   # the forger's hand: what is written instead
    play.go("account")                # the rest follows from it: states, tree, checkpoints, releases, account
    play.bundle().pack()

Custodians and witnesses sign whatever they are shown: a forger who could not get that signed has a harder time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Self, cast

from bidding import opening, presence
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
    publish,
    publish_candidates,
    record_evaluation,
    record_postponement,
)
from bidding.acts import present as present_act
from bidding.procedures import tender as tenders
from bidding.procedures.listing import Body
from bidding.profiles import packaged_profiles
from bidding.submission import Withdrawal, terms_hash
from bidding.verdicts import Waiting
from evaluation.acts import evaluate
from evaluation.acts import publish as publish_evaluated
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, parse
from ledger.basics.hashing import H
from ledger.checkpoint import log_key
from ledger.events import Draft
from ledger.sealed import coin, tickets
from ledger.sealed.postpone import Postponement, kids_of, sign_postponement
from tests.forgeries import cast as people
from tests.forgeries.cast import GRACE, INTERVAL, LOTS, TENDER, key, secret
from tests.forgeries.openings import Opening
from tests.forgeries.stage import SECOND, TENDER_STREAM


class Play(Opening):
    """The steps, in their order; see the module."""

    def go(self, until: str) -> Self:
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
            issued = [(record.salt, record.leaf) for record in self.stream(f"issuance/{TENDER}/{lot}")]
            self.decide(close.decide(self.procedure, close.Close(lot, self.closing(lot), issued), self.now))

    def closing(self, lot: str) -> dict[str, Json]:
        """Public of `lot.closed`."""
        minutes = []
        for index, record in self.indexed():
            name = f"{TENDER}/{lot}"
            if record.event.stream == "box" and name in record.event.sealed:
                found = next((rolls.Witnessed(size, at) for size, at in self.heads if size > index), None)
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
        return self.said(rolls.closed_body(made, minutes))

    def step_present(self) -> None:
        """What is there."""
        for lot in LOTS:
            submissions = self.on_roll(lot).submissions.values()
            there = {name for bid in self.bids.values() for name in (*bid.forms, *bid.files)} - self.lost
            body = self.said(presence.present_body(submissions, there))
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
            self.opened(lot, made if isinstance(made, Waiting) else Body(made), coefficients.decide)

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

    def step_explain(self) -> None:
        """A price that is to be explained, is, and is found to hold."""
        self.until(self.now + 2 * SECOND)
        self.ask("low")
        self.explain("low", "alder", "The quarry is our own.")
        self.explain("low", "alder", "Its books are attached to the offer.")
        self.until(self.now + 25 * SECOND)
        self.act("lot.explanations_judged", self.findings("low", "alder"), "tess", "agnes", lot="low")

    def step_evaluate(self) -> None:
        """The reports."""
        for lot in LOTS:
            body = self.evaluation(lot)
            command = record_evaluation.RecordEvaluation(lot, body)
            self.decide(record_evaluation.decide(self.procedure, command, self.now))

    def step_candidates(self) -> None:
        """The candidates."""
        for lot in LOTS:
            report = self.documents[str(self.last("lot.evaluated", lot).event.public["report"])]
            parties = {row["bid_key"]: row["parties"] for row in self.rows("lot.announced", lot)}
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


STEPS: Final = (
    *("log", "draft", "publish", "contribute", "tickets", "bid", "amend", "rebid", "close", "present"),
    *("coin", "coefficients", "identity", "announce", "offer", "offers", "explain", "evaluate"),
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

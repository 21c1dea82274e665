"""A tender's procedure in memory: a `Run` plays acts on the states.

    run = Run()                      # works-2019, one lot, drafted and published on 1 December 2026
    run.open_tickets(); run.close("lot-1", 4); run.opened("lot-1"); run.evaluated("lot-1"); …

Only the procedure is real: rolls, releases and offers are bodies of the right shape, without bids behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

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
from bidding.procedures import Procedure, listing
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.procedures.lot import LotState
from bidding.procedures.tender import TenderState
from bidding.profiles import Clocks, Profile, packaged_calendar
from bidding.profiles.packaged import profile_document
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.events import Draft, Event
from ledger.sealed.coin import contribute as seal_contribution
from ledger.sealed.release import Release, sign_release
from tests.support.stored import stored
from tests.support.tender_notice import (
    CONTRIBUTORS,
    CUSTODIANS,
    LOG,
    PERSONS,
    PUBLISHED,
    TENDER,
    bidder,
    documents,
    hex_key,
    identity,
    keyset,
    notice_of,
    setting,
    sha,
    signed,
)


def leaves(count: int) -> list[tuple[bytes, bytes]]:
    """Salts and leaves of as many tickets."""
    return [(bytes([number]) * 32, bytes([255 - number]) * 32) for number in range(count)]


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
        self.documents: dict[str, bytes] = {}
        self.clocks = Clocks(Profile.parse(profile_document(profile)), packaged_calendar())
        ids = tuple(lot_ids)
        docs = documents(profile, ids, "works" if profile != "government-goods" else "goods")
        self.notice = notice_of(docs, ids, profile)
        edit(self.notice)
        self.apply(draft.decide(None, draft.DraftTender(TENDER, "buyer", sha("draft")), self.now))
        body = {"notice": self.notice}
        act = signed("tender.published", f"tender/{TENDER}", body, ("buyer-1", "agent"), self.now)
        log = {**LOG, "demonstration": profile == "demonstration"}
        self.apply(publish.decide(self.drafted(), act, self.now, setting(docs, log=log)))

    def drafted(self) -> TenderState:
        """The tender, from its draft on."""
        assert self.tender is not None
        return self.tender

    @property
    def procedure(self) -> Procedure:
        """What acts look at."""
        return Procedure(self.drafted(), dict(self.lots), self.clocks, PERSONS, self.stored, stored(self.documents))

    def said(self, type_: str, whole: Mapping[str, Any]) -> dict[str, Any]:
        """`public` of an event whose list is in place in `whole`; the list is stored."""
        made = listing.body(type_, whole)
        self.documents |= made.documents
        return made.public

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

    def state(self, lot: str) -> LotState:
        """The lot, before its first event too."""
        return self.procedure.lot(lot)

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
        """Public of `lot.closed`; its list is stored."""
        listed = self.submissions(lot, count)
        seen = {"size": 90, "at": clock.text(self.procedure.deadline + timedelta(seconds=5))}
        minutes = [{"version": 7, "accepted": listed, "withdrawn": [], "witnessed": seen}] if listed else []
        roll = {"tender": TENDER, "lot": lot, "submissions": listed}
        return self.said("lot.closed", {"roll": roll, "minutes": minutes})

    def close(self, lot: str, count: int) -> None:
        """The roll at the deadline."""
        self.now = max(self.now, self.procedure.deadline)
        self.apply(close.decide(self.procedure, close.Close(lot, self.roll(lot, count), leaves(count)), self.now))

    def present_body(self, lot: str, missing: Iterable[str] = ()) -> dict[str, Any]:
        """`lot.present` with its list."""
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
            for one in self.state(lot).roll
        ]
        return {"ciphertexts": rows}

    def present(self, lot: str, missing: Iterable[str] = ()) -> None:
        """What is there."""
        public = self.said("lot.present", self.present_body(lot, missing))
        self.apply(present.decide(self.procedure, present.Present(lot, public), self.now))

    def release_of(self, lot: str, part: str, custodian: str, roll: str | None = None) -> dict[str, Json]:
        """A custodian's release without answers."""
        made = Release(
            keyset(lot, part).kid,
            bytes.fromhex(roll or self.state(lot).roll_sha256),
            9,
            bytes(32),
            clock.text(self.now),
            {},
        )
        return sign_release(made, CUSTODIANS[custodian])

    def release(self, lot: str, part: str, count: int = 2) -> None:
        """Releases of the first `count` custodians, but for those that released already."""
        for custodian in sorted(CUSTODIANS.keys() - self.state(lot).released(part))[:count]:
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
        """`lot.announced` with its list: the first `counted` of the roll count, the rest is void."""
        listed = self.state(lot).roll
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
        body = self.said("lot.announced", self.announced_body(lot, counted, organisations))
        self.apply(announce.decide(self.procedure, opened.Opened(lot, body), self.now))

    def offers(self, lot: str) -> None:
        """The offers of all counted bids."""
        rows: list[Json] = [
            {"submission": sha(key), "bid_key": key, "state": "opened", "reason": {}, "offer": sha(f"offer {key}")}
            for key in sorted(self.procedure.counted(lot))
        ]
        public = self.said("lot.offers_opened", {"bids": rows})
        self.apply(open_offers.decide(self.procedure, opened.Opened(lot, public), self.now))

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
        keys = [hex_key(f"{lot} bid {i}") for i in range(len(self.state(lot).roll))]
        open_ = self.procedure.opened(lot)
        ranked = [key for key in keys if key in open_ and key not in gone]
        return {
            "report": sha("report"),
            "rules": self.procedure.notice.lot(lot).rules,
            "failed": False,
            "ranking": [{"rank": i + 1, "bid_key": key, "total": f"{100 - i}.00"} for i, key in enumerate(ranked)],
            "candidates": ranked[:candidates],
        }

    def evaluated(self, lot: str) -> None:
        """The report, once the window for objections on the spot is over."""
        opened_at = self.state(lot).times.get("lot.offers_opened", self.now)
        self.now = max(self.now, self.clocks.end("opening_objection", opened_at))
        command = record_evaluation.RecordEvaluation(lot, self.evaluated_body(lot))
        self.apply(record_evaluation.decide(self.procedure, command, self.now))

    def candidates(self, lot: str) -> None:
        """The candidates."""
        counted = self.procedure.counted(lot)
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
        self.now = max(self.now, self.state(lot).until or self.now)
        if self.procedure.notice.no_touch == "award":
            self.apply(award.decide(self.procedure, award.Award(lot), self.now))
        else:
            self.act("lot.awarded", award.body(self.state(lot)), "buyer-1", lot=lot)

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

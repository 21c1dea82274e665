"""A small tender in memory: everybody in it, everything they sign, and the log it all stands in.

    world = World()                                   # notice, contributions, tickets open; five custodians, 3 of 5
    bids = [world.bid(world.party(f"p{i}")) for i in range(4)]
    world.close(bids)                                 # minutes, roll entry, lot.closed
    world.present()                                   # missing={sha256, …} to lose ciphertexts
    world.release("coin"); world.release("identity")
    world.coefficients(); world.announce()
    world.release("offer"); world.offers()

Entropy is seeded: two worlds with one seed are the same, but for the ciphertexts, whose salts the library chooses.
Every step takes what it should do wrong (`World.bid(edit_header=…)`), and `record` writes any event at all.
`tests.support.world_evidence.WorldEvidence` shows the log as a custodian sees it. One lot; demonstration profile; the
rule set and form of the template checklist-f4. Times are real instants around the deadline; no clock is asked.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bidding import offers, opening, presence, roll
from bidding.parties import Party
from bidding.procedures import listing
from bidding.procedures.listing import Body
from bidding.procedures.notice import Notice
from bidding.sealed_lot import OnRoll, SealedLot, bid_seals, contribution_seals, read_roll, stand
from bidding.submission import PARTS, Withdrawal
from bidding.verdicts import Waiting
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.sealed import keyset
from ledger.sealed.content import Ciphertext
from ledger.sealed.opening import BAD, Answer
from ledger.sealed.release import Release, sign_release
from ledger.sealed.seal import Seal, context, open_capsule
from tests.support.stored import stored
from tests.support.world_bids import Bidders
from tests.support.world_log import GRACE, INTERVAL, LOT, TENDER, Bid, Record


class World(Bidders):
    """The whole of it; see the module."""

    _lot: SealedLot | None = None
    _roll: tuple[int, int, OnRoll] | None = None

    def sealed_lot(self) -> SealedLot:
        """The lot as whoever opens it reads it."""
        if self._lot is None or self._lot.deadline != self.deadline:
            self._lot = SealedLot.of(
                Notice.parse(self.notice),
                LOT,
                deadline=self.deadline,
                profile=self.profile,
                form=self.form,
                rules=self.rules,
                authorities=self.authorities,
            )
        return self._lot

    def close(self, bids: Iterable[Bid], *, withdrawn: Iterable[Withdrawal] = (), at: datetime | None = None) -> Record:
        """One box minute with all of it, the roll, `lot.closed`. `at`: of the closing, the deadline if not given."""
        taken, back = list(bids), list(withdrawn)
        value = roll.minute_value(TENDER, LOT, [b.sha256 for b in taken], [w.sha256 for w in back])
        start = self.deadline - INTERVAL
        minute = self.record(
            "box", "box.minute", {"minute": clock.text(start)}, at=start + INTERVAL, sealed={f"{TENDER}/{LOT}": value}
        )
        read = roll.parse_minute(
            value,
            tender=TENDER,
            lot=LOT,
            version=minute.event.version,
            start=start,
            witnessed=roll.Witnessed(*self.log.witnessed[-1]),
        )
        made = roll.count(
            TENDER,
            LOT,
            [read],
            {b.sha256: b.submission for b in taken},
            {w.sha256: w for w in back},
            deadline=self.deadline,
            interval=INTERVAL,
            grace=GRACE,
        )
        return self.close_with(made, self.said(roll.closed_body(made, [read])), at=at)

    def close_with(self, made: Mapping[str, Json], body: Mapping[str, Json], *, at: datetime | None = None) -> Record:
        """Write a roll and a `lot.closed` whatever they say."""
        issued = [(one.salt, one.leaf) for one in self.log.streams.get(f"issuance/{TENDER}/{LOT}", ())]
        before = (roll.issued_entry(TENDER, LOT, issued), roll.roll_entry(made))
        closing = at or self.deadline + GRACE
        return self.record(f"lot/{TENDER}/{LOT}", "lot.closed", body, at=closing, before=before)

    def event(self, type: str) -> Record:
        """The last event of a type in the lot's stream."""
        return [r for r in self.log.streams[f"lot/{TENDER}/{LOT}"] if r.event.type == type][-1]

    def public(self, type: str) -> dict[str, Any]:
        """Its public, its list in place."""
        return self.whole(type, self.event(type).event.public)

    def whole(self, type: str, public: Mapping[str, Json]) -> dict[str, Any]:
        """A public with its list in place, and each offer's answers and files in theirs."""
        read = stored(self.documents)
        out = listing.whole(type, public, read)
        if type == "lot.offers_opened":
            out["bids"] = [{**row, **listing.offer(row, read)} for row in out["bids"]]
        return out

    def on_roll(self) -> OnRoll:
        """What is on the roll."""
        closed, bids = self.event("lot.closed"), len(self.bids)
        if self._roll is None or self._roll[:2] != (closed.index, bids):
            envelopes = {sha256: bid.submission.envelope for sha256, bid in self.bids.items()}
            read = read_roll(self.sealed_lot(), closed.event.public["roll"], envelopes)
            self._roll = (closed.index, bids, read)
        return self._roll[2]

    def present(self, missing: Iterable[str] = ()) -> Record:
        """`lot.present`; `missing`: SHA-256 of ciphertexts that are not there."""
        there = self.blobs.keys() - set(missing)
        body = self.said(presence.present_body(self.on_roll().submissions.values(), there))
        return self.record(f"lot/{TENDER}/{LOT}", "lot.present", body)

    def seals(self, part: str) -> dict[str, tuple[bytes, Seal]]:
        """What custodians answer for in a part, as the log stands."""
        lot, on_roll = self.sealed_lot(), self.on_roll()
        if part == "coin":
            return contribution_seals(lot, self.contributions())
        bids = stand(on_roll, self.public("lot.present")).bids
        if part == "offer":
            rows: Any = self.public("lot.announced")["bids"]
            open_ = {row["submission"] for row in rows if row["state"] == "counted"}
            bids = tuple(bid for bid in bids if bid.sha256 in open_)
        return bid_seals(lot, part, bids)

    def contributions(self) -> list[object]:
        """The contributions' envelopes in tree order."""
        records = self.log.streams[f"lot/{TENDER}/{LOT}"]
        return [r.event.public["contribution"] for r in records if r.event.type == "contribution.recorded"]

    def answer(
        self, part: str, custodian: str, edit: Callable[[str, Answer], Answer] = lambda _name, answer: answer
    ) -> dict[str, Json]:
        """A custodian's release of a part; `edit` changes its answer for a bid or contribution, by name."""
        made, on_roll = self.keysets[part], self.on_roll()
        own, place = keyset.own_key(made, custodian, self.masters[custodian]), made.place(custodian)
        answers: dict[tuple[bytes, bytes], Answer] = {}
        for name, (author, seal) in self.seals(part).items():
            share = open_capsule(seal, context(made.kid, author, seal.n16), place, own)
            answers[author, seal.n16] = edit(name, BAD if share is None else share)
        release = Release(made.kid, on_roll.hash, len(self.log.entries), self.log.root(), clock.text(self.now), answers)
        return sign_release(release, self.identities[custodian])

    def release(self, part: str, custodians: Iterable[str] | None = None) -> None:
        """Releases of these custodians (of all if None) for a part, each an event."""
        for custodian in sorted(self.masters) if custodians is None else custodians:
            self.record_release(part, custodian, self.answer(part, custodian))

    def record_release(self, part: str, custodian: str, envelope: dict[str, Json]) -> None:
        """Write any release."""
        body: dict[str, Json] = {"custodian": custodian, "part": part, "release": envelope}
        self.record(f"lot/{TENDER}/{LOT}", "release.recorded", body)

    def releases(self, part: str) -> list[object]:
        """The releases of a part in tree order."""
        records = self.log.streams[f"lot/{TENDER}/{LOT}"]
        return [
            r.event.public["release"]
            for r in records
            if r.event.type == "release.recorded" and r.event.public["part"] == part
        ]

    def registered(self, party: str) -> Party | None:
        """A party's registration, the first."""
        records = self.log.streams.get(f"party/{party}")
        return Party.parse(records[0].event.public) if records else None

    def issued(self, party: str) -> Mapping[str, Json] | None:
        """Public of the first issuance to a party."""
        records = self.log.streams.get(f"issuance/{TENDER}/{LOT}", [])
        return next((r.event.public for r in records if r.event.public["party"] == party), None)

    def forms(self, sha256: str) -> Ciphertext | None:
        """A form's ciphertext."""
        found = self.blobs.get(sha256)
        return None if found is None else Ciphertext.of(found)

    def coefficients(self) -> dict[str, Any]:
        """`lot.coefficients`, computed and written."""
        made = opening.coefficients(self.sealed_lot(), self.on_roll(), self.contributions(), self.releases("coin"))
        return self._result("lot.coefficients", made if isinstance(made, Waiting) else Body(made))

    def read_identities(
        self,
        registered: Callable[[str], Party | None] | None = None,
        issued: Callable[[str], Mapping[str, Json] | None] | None = None,
    ) -> Waiting | tuple[opening.Identity, ...]:
        """The identities as the log stands."""
        return opening.read_identities(
            self.sealed_lot(),
            self.on_roll(),
            self.public("lot.present"),
            self.releases("identity"),
            self.forms,
            registered or self.registered,
            issued or self.issued,
        )

    def announce(self) -> dict[str, Any]:
        """`lot.announced`, computed and written."""
        read = self.read_identities()
        return self._result(
            "lot.announced", read if isinstance(read, Waiting) else opening.announced(self.sealed_lot(), read)
        )

    def read_offers(self) -> Waiting | tuple[offers.Offer, ...]:
        """The offers as the log stands."""
        identities = self.read_identities()
        if isinstance(identities, Waiting):
            return identities
        return offers.read_offers(self.sealed_lot(), self.on_roll(), identities, self.releases("offer"), self.forms)

    def file_verdicts(self, read: Sequence[offers.Offer]) -> dict[tuple[str, str], Any]:
        """What is to be said of every file container, from the bytes themselves."""
        out: dict[tuple[str, str], Any] = {}
        lot = self.sealed_lot()
        for offer in read:
            for part in PARTS if offer.header else ():
                submission = self.bids[offer.identity.submission].submission
                blob = self.blobs[submission.seals[part].files.sha256.hex()]
                opened = offer.identity if part == "identity" else offer
                found = offers.check_files(lot, submission, part, opened, [blob], _nowhere)
                out[submission.sha256, part] = offers.void_files(part, found) if found else None
        return out

    def offers(self) -> dict[str, Any]:
        """`lot.offers_opened`, computed and written; whole."""
        read = self.read_offers()
        if isinstance(read, Waiting):
            return self._result("lot.offers_opened", read)
        made = offers.open_offers(self.sealed_lot(), read, self.file_verdicts(read))
        return self._result("lot.offers_opened", made)

    def _result(self, type: str, made: Waiting | Body) -> dict[str, Any]:
        assert not isinstance(made, Waiting), f"{type} waits: {made}"
        public = self.said(made)
        self.record(f"lot/{TENDER}/{LOT}", type, public)
        return self.whole(type, public)


def _nowhere(_number: int) -> io.BytesIO:
    return io.BytesIO()


def states(body: Mapping[str, Any]) -> dict[str, str]:
    """Submission → state of a `lot.announced` or `lot.offers_opened`."""
    return {row["submission"]: row["state"] for row in body["bids"]}


def reasons(body: Mapping[str, Any]) -> dict[str, str]:
    """Submission → code of its reason, "" where there is none."""
    return {row["submission"]: row["reason"].get("code", "") for row in body["bids"]}

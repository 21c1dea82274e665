"""What of a tender was published before its opening: the notice, who is registered, the box's minutes and messages."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from bidding import roll
from bidding.custody import authorities_of
from bidding.parties import Party, Person
from bidding.procedures import listing
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.procedures.lot import LotState
from bidding.procedures.notice import Notice
from bidding.procedures.tender import TenderState
from bidding.profiles import Calendar, Clocks, Profile
from bidding.roll import Minute, Witnessed
from bidding.submission import Submission, Withdrawal, terms_hash
from ledger import verify as log
from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.claims import NotApplicable
from ledger.custodian.rulebook import Seen
from ledger.slots import Withheld
from ledger.verify.evidence import once, remember

BOX: Final = "box"
TERMS: Final = ("tender.published", "addendum.issued")
PARTS: Final = ("coin", "identity", "offer")


class Published(log.Evidence):
    """What the claims about a procedure read.

    Methods raise `Refusal` for what is no good, `NotApplicable` where it is not there yet.
    """

    def _of_lot(self, what: str, lot: str, compute: Any) -> Any:  # noqa: ANN401 - the value's type is the caller's
        return remember(self.__dict__, (what, lot), compute)

    # --- streams ------------------------------------------------------------------------------------------------------

    @property
    def own(self) -> tuple[Seen, ...]:
        """The tender's stream."""
        return self.seen(tenders.stream_of(self.tender))

    def of_lot(self, lot: str) -> tuple[Seen, ...]:
        """A lot's stream."""
        return self.seen(lots.stream_of(self.tender, lot))

    def of_issuance(self, lot: str) -> tuple[Seen, ...]:
        """Who took a ticket for a lot; disclosed when it is announced."""
        return self.seen(f"issuance/{self.tender}/{lot}")

    def first(self, seen: tuple[Seen, ...], type_: str) -> Seen:
        """The first event of a type; `NotApplicable` where it has not come."""
        for one in seen:
            if one.event.type == type_:
                return one
        raise NotApplicable("event.not_yet", type=type_)

    def in_lot(self, lot: str, type_: str) -> Seen:
        """A lot's first event of a type; `NotApplicable` where it has not come."""
        return self.first(self.of_lot(lot), type_)

    def has(self, lot: str, type_: str) -> bool:
        """Whether a lot came so far."""
        return any(one.event.type == type_ for one in self.of_lot(lot))

    def reached(self, type_: str) -> list[str]:
        """The lots that have an event of this type; `NotApplicable` where none has."""
        found = [lot for lot in self.lots if self.has(lot, type_)]
        if not found:
            raise NotApplicable("event.not_yet", type=type_)
        return found

    def whole(self, lot: str, type_: str) -> dict[str, Any]:
        """Public of a lot's first event of a type, with its list in place. Raises what `listing.whole` raises."""
        found: dict[str, Any] = self._of_lot(
            f"whole {type_}",
            lot,
            lambda: listing.whole(type_, self.in_lot(lot, type_).event.public, self.document),
        )
        return found

    # --- the notice ---------------------------------------------------------------------------------------------------

    @once
    def published(self) -> Seen:
        """The event that published the tender."""
        return self.first(self.own, "tender.published")

    @once
    def notice(self) -> Notice:
        """The notice. Raises `Refusal("shape.*")`."""
        return Notice.parse(self.published.event.public.get("notice"))

    @once
    def lots(self) -> tuple[str, ...]:
        """The lots of the notice."""
        return tuple(lot.lot for lot in self.notice.lots)

    @once
    def state(self) -> TenderState:
        """The tender's state. Raises what folding raises."""
        state = tenders.fold(one.event for one in self.own)
        if state is None:
            raise NotApplicable("event.not_yet", type="tender.drafted")
        return state

    def lot_state(self, lot: str) -> LotState:
        """A lot's state, before its first event too."""
        found: LotState = self._of_lot(
            "state",
            lot,
            lambda: lots.fold(one.event for one in self.of_lot(lot)) or lots.initial(self.tender, lot),
        )
        return found

    def document(self, sha256: str) -> bytes:
        """A document, its hash checked. Raises `Refusal("evidence.missing")`, `Refusal("evidence.wrong_hash")`."""
        data = self.bundle.documents.get(sha256)
        if data is None:
            raise Refusal("evidence.missing", sha256=sha256)
        if H(data).hex() != sha256:
            raise Refusal("evidence.wrong_hash", sha256=sha256)
        return data

    @once
    def profile(self) -> Profile:
        """The profile that the notice names."""
        return Profile.parse(parse_object(self.document(self.notice.profile_sha256)))

    @once
    def clocks(self) -> Clocks:
        """The periods of the procedure."""
        listed = self.notice.documents.get("calendar.json")
        if listed is None:
            raise Refusal("document.not_listed", name="calendar.json")
        return Clocks(self.profile, Calendar.parse(parse_object(self.document(listed[0]))))

    @once
    def opened_log(self) -> dict[str, Json]:
        """Public of `log.opened`."""
        return dict(self.first(self.seen("log"), "log.opened").event.public)

    @once
    def grace(self) -> int:
        """How long after its end a minute may be witnessed, milliseconds."""
        found = self.opened_log.get("grace_ms")
        if type(found) is not int or found < 0:
            raise Refusal("event.malformed", field="grace_ms")
        return found

    @once
    def authorities(self) -> tuple[x509.Certificate, ...]:
        """The certificates of the trust file's authorities."""
        return authorities_of(self.trust)

    # --- registrations ------------------------------------------------------------------------------------------------

    @once
    def concerned(self) -> frozenset[str]:
        """The streams in the bundle, and those that must be there as soon as they have a public event."""
        own = {f"{kind}/{self.tender}/{lot}" for kind in ("lot", "issuance") for lot in self.lots}
        return frozenset(self.names) | own

    @once
    def parties(self) -> dict[str, tuple[int, Party]]:
        """Party → index and registration."""
        found = [self.seen(name)[0] for name in self.names if name.startswith("party/") and self.seen(name)]
        return {one.event.stream[6:]: (one.index, Party.parse(one.event.public)) for one in found}

    @once
    def persons(self) -> dict[str, tuple[int, Person]]:
        """Key → index and registration."""
        found = [self.seen(name)[0] for name in self.names if name.startswith("person/") and self.seen(name)]
        return {str(one.event.public.get("key")): (one.index, Person.parse(one.event.public)) for one in found}

    def persons_before(self, index: int) -> dict[str, Person]:
        """The people registered before the entry at `index`, by key."""
        return {key: person for key, (at, person) in self.persons.items() if at < index}

    def party_before(self, name: str, index: int) -> Party | None:
        """A party, if it was registered before the entry at `index`.

        Raises `Withheld("evidence.kept_back")` for one that was, and is not in the bundle.
        """
        slot = self.slot(f"party/{name}", 1)
        if slot is None or slot[0] >= index:
            return None
        if name not in self.parties:
            raise Withheld("evidence.kept_back", stream=f"party/{name}"[:128], version=1)
        at, party = self.parties[name]
        return party if at < index else None

    # --- the box ------------------------------------------------------------------------------------------------------

    @once
    def minutes(self) -> tuple[tuple[Seen, datetime], ...]:
        """The box's minutes with their starts."""
        return tuple((one, clock.parse_time(one.event.public.get("minute"), "minute")) for one in self.seen(BOX))

    def sealed_name(self, lot: str) -> str:
        """Under what a minute commits to a lot's list."""
        return f"{self.tender}/{lot}"

    def cited(self, lot: str) -> dict[int, Witnessed]:
        """Version of a minute → when it was witnessed, as `lot.closed` says: by these times the roll was counted.

        `NotApplicable` before the lot closed. Raises `Refusal("roll.*")`.
        """
        return roll.cited(self.whole(lot, "lot.closed"))

    def lists(self, lot: str) -> tuple[Minute, ...]:
        """A lot's disclosed lists. Raises `Refusal("roll.*")`."""

        def compute() -> tuple[Minute, ...]:
            name, shown, cited = self.sealed_name(lot), self.disclosed(BOX), self.cited(lot)
            return tuple(
                roll.parse_minute(
                    shown[one.event.version, name][1],
                    tender=self.tender,
                    lot=lot,
                    version=one.event.version,
                    start=start,
                    witnessed=cited.get(one.event.version),
                )
                for one, start in self.minutes
                if (one.event.version, name) in shown
            )

        found: tuple[Minute, ...] = self._of_lot("lists", lot, compute)
        return found

    def envelope(self, kind: str, sha256: str) -> dict[str, Json]:
        """A submission's or withdrawal's envelope. Raises `Refusal("evidence.*")`."""

        def compute() -> dict[str, Json]:
            if kind == "submissions":
                with suppress(Refusal):  # one that does not check may still be what its name says
                    return self.submission(sha256).envelope
            envelope = parse_object(self._message(kind, sha256))
            if H(canonical(envelope.get("object", ""))).hex() != sha256:
                raise Refusal("evidence.wrong_hash", sha256=sha256)
            return envelope

        found: dict[str, Json] = remember(self.__dict__, (kind, sha256), compute)
        return found

    def _message(self, kind: str, sha256: str) -> bytes:
        """An envelope's bytes, not yet looked at."""
        data: bytes | None = getattr(self.bundle, kind).get(sha256)
        if data is None:
            raise Refusal("evidence.missing", sha256=sha256)
        return data

    def intact(self, kind: str, sha256: str) -> bool:
        """Whether a form or document is there and what its name says."""
        return self.contents.hashes.get(f"{kind}/{sha256}") == sha256

    def submission(self, sha256: str) -> Submission:
        """A submission, its hash and its signature checked."""

        def compute() -> Submission:
            made = Submission.read(self._message("submissions", sha256))
            if made.sha256 != sha256:
                raise Refusal("evidence.wrong_hash", sha256=sha256)
            return made

        found: Submission = remember(self.__dict__, ("submission", sha256), compute)
        return found

    def withdrawal(self, sha256: str) -> Withdrawal:
        """A withdrawal, its signature checked."""
        found: Withdrawal = remember(
            self.__dict__, ("withdrawal", sha256), lambda: Withdrawal.parse(self.envelope("withdrawals", sha256))
        )
        return found

    @once
    def terms(self) -> tuple[tuple[Seen, str], ...]:
        """Each event that set terms, and the terms from it on."""
        found = [one for one in self.own if one.event.type in TERMS]
        return tuple(
            (one, terms_hash(before.leaf.hex() for before in found[: number + 1])) for number, one in enumerate(found)
        )

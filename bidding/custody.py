"""When a custodian answers for a part of a lot: the rulebook of the parts coin, identity and offer.

Pure: it reads the evidence, which is in the witnessed log or is nothing, and computes for itself what the platform says
it computed (docs/formats/sealing.md §2, §4, §5). What it can't find or does not agree with is `NotYet`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from cryptography import x509

from bidding import opening
from bidding import roll as rolls
from bidding.form import check_form
from bidding.parties import Party
from bidding.procedures import listing, payloads
from bidding.procedures import tender as tenders
from bidding.procedures.notice import Notice
from bidding.profiles.profile import Profile
from bidding.sealed_lot import (
    OnRoll,
    SealedLot,
    Standing,
    bid_seals,
    contribution_seals,
    read_roll,
    stand,
)
from bidding.verdicts import Waiting
from ledger.basics.canonical import Json, canonical, members, parse
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.custodian.rulebook import Answerable, Evidence, NotYet, Seen
from ledger.events import split_unblinded
from ledger.sealed import keyset as keysets
from ledger.sealed.content import Ciphertext
from ledger.sealed.keyset import Keyset
from ledger.sealed.seal import Seal
from ledger.trust import Trust

PARTS: Final = ("coin", "identity", "offer")

# What a submission takes in the list of `lot.present`, with room to spare: four rows of some 250 bytes.
_PRESENT_BYTES: Final = 2048

# Witnesses give whole seconds: what was cosigned within the second of the deadline reads as its beginning.
_SECOND: Final = timedelta(seconds=1)

Seals = Mapping[str, tuple[bytes, Seal]]


class BidRulebook:
    """`ledger.custodian.rulebook.Rulebook` for the lots of tenders. `trust`: this institution's own trust file."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._authorities = authorities_of(trust)

    def check_keyset(self, keyset: dict[str, Json], evidence: Evidence) -> None:  # noqa: ARG002 - the protocol's
        """Raises `Refusal("custody.part_unknown")` for a part of no lot, `sealed.*` for other conditions than §2's."""
        made = keysets.parse(keyset)
        if made.purpose.part not in PARTS:
            raise Refusal("custody.part_unknown", part=made.purpose.part)

    def answerable(self, keyset: dict[str, Json], not_before: datetime, evidence: Evidence) -> Answerable | NotYet:
        """Whether this key set may answer, and for which seals (`Rulebook.answerable`)."""
        made = keysets.parse(keyset)
        if made.purpose.part not in PARTS:
            return NotYet("custody.part_unknown", {"part": made.purpose.part}, final=True)
        case = _Case(self._trust, self._authorities, made, not_before, evidence)
        try:
            seals = case.seals()
        except _Refused as why:
            return why.answer
        witnessed = evidence.witnessed
        return Answerable(
            case.on_roll.hash.hex(),
            (witnessed.size, witnessed.root.hex()),
            [(author.hex(), seal.to_json()) for _, (author, seal) in sorted(seals.items())],
            case.forms,
        )


def authorities_of(trust: Trust) -> tuple[x509.Certificate, ...]:
    """The certificates of a trust file's authorities. Raises `Refusal("custody.bad_authority")`."""
    try:
        return tuple(x509.load_pem_x509_certificate(pem.encode("ascii")) for pem in trust.cas)
    except ValueError as exc:
        raise Refusal("custody.bad_authority") from exc


class _Refused(Exception):
    """A condition that is not met: `answer` says which."""

    def __init__(self, answer: NotYet) -> None:
        super().__init__(answer.code)
        self.answer = answer


@dataclass(frozen=True)
class _Case:
    """One question about one key set. Its properties are read in the order in which the conditions come."""

    trust: Trust
    authorities: tuple[x509.Certificate, ...]
    keyset: Keyset
    not_before: datetime
    evidence: Evidence

    def seals(self) -> Seals:
        """What may be answered for. Raises `_Refused`, and `Refusal` where evidence is missing or malformed."""
        part = self.keyset.purpose.part
        if len(self.standing.bids) < self.lot.min_bids:
            raise _Refused(
                NotYet("custody.too_few", {"have": len(self.standing.bids), "need": self.lot.min_bids}, final=True)
            )
        if part == "coin":
            return contribution_seals(self.lot, self.contributions)
        if part == "identity":
            return bid_seals(self.lot, part, self.standing.bids)
        self._check_coefficients()
        counted = {bid.submission for bid in opening.counted(self._check_announced())}
        return bid_seals(self.lot, part, [bid for bid in self.standing.bids if bid.sha256 in counted])

    # --- the notice -----------------------------------------------------------------------------------------------

    @cached_property
    def tender_events(self) -> list[Seen]:
        return list(self.evidence.events(tenders.stream_of(self.keyset.purpose.tender)))

    @cached_property
    def state(self) -> tenders.TenderState:
        state = tenders.fold(seen.event for seen in self.tender_events)
        if state is None or state.notice is None:
            raise _Refused(NotYet("custody.no_notice", {"tender": self.keyset.purpose.tender}))
        if state.status != "published":
            raise _Refused(NotYet("custody.tender_stands_still", {"tender": state.tender, "status": state.status}))
        if any(order.kind == "void_lot" and order.lot == self.keyset.purpose.lot for order in state.orders.values()):
            raise _Refused(NotYet("custody.lot_void", {"lot": self.keyset.purpose.lot}))
        return state

    @cached_property
    def lot(self) -> SealedLot:
        """The lot of the notice: key sets signed by all custodians of our trust file, institutions as we know them."""
        notice = self.state.published()
        row, identity = notice.lot(self.keyset.purpose.lot), self.trust.custodian_keys()
        if row.keyset(self.keyset.purpose.part) != self.keyset:
            raise _Refused(NotYet("custody.other_keyset", {"part": self.keyset.purpose.part}, final=True))
        for item in row.keysets:
            keysets.verify_keyset(keysets.parse(item["keyset"]), item["signatures"], identity)
        self._check_parties(notice, identity)
        lot = SealedLot.of(
            notice,
            row.lot,
            deadline=self.state.deadline_in_force(),
            profile=Profile.parse(parse(self.evidence.document(notice.profile_sha256))),
            form=check_form(parse(self.evidence.document(row.form))),
            rules=parse(self.evidence.document(row.rules)),
            authorities=self.authorities,
        )
        return replace(lot, custodians={id_: identity[id_] for id_ in self.keyset.ids})

    def _check_parties(self, notice: Notice, identity: Mapping[str, str]) -> None:
        for id_, key in notice.custodians.items():
            if identity.get(id_) != key:
                raise _Refused(NotYet("custody.other_custodian", {"custodian": id_}))
        for party, key in notice.contributors.items():
            if self.trust.contributors.get(party) != key:
                raise _Refused(NotYet("custody.other_contributor", {"party": party}))

    # --- the roll -------------------------------------------------------------------------------------------------

    @cached_property
    def roll_index(self) -> int:
        """Where the first roll of the lot stands: seen by witnesses no earlier than the deadline.

        The first in the whole tree: a notice written a second time, after the roll, would hide it otherwise.
        """
        deadline = max(self.not_before, self.lot.deadline)
        index = next((at for at, _ in self._entries(rolls.LABEL)), None)
        if index is None:
            raise _Refused(NotYet("custody.no_roll", {"lot": self.lot.lot}))
        seen_at = self.evidence.witnessed_at(index)
        if seen_at is None:
            raise _Refused(NotYet("custody.roll_unwitnessed", {"lot": self.lot.lot}))
        if seen_at + _SECOND <= deadline:
            raise _Refused(NotYet("custody.roll_early", {"lot": self.lot.lot}, final=True))
        return index

    def _entries(self, label: str) -> list[tuple[int, bytes]]:
        """(index, H(canonical(value))) of every unblinded entry about this lot in the tree."""
        subject = H(canonical(rolls.roll_subject(self.lot.tender, self.lot.lot)))
        split = [(index, split_unblinded(label, entry)) for index, entry in self.evidence.raw_entries(label)]
        return [(index, found[1]) for index, found in split if found is not None and found[0] == subject]

    @cached_property
    def events(self) -> list[Seen]:
        """The lot's stream; its versions must have no gap, for what is left out could be what matters."""
        found = _whole(self.evidence, f"lot/{self.lot.tender}/{self.lot.lot}")
        for seen in found:
            payloads.check(seen.event.type, seen.event.public)
        return found

    def _first(self, type_: str, after: int) -> Seen:
        for seen in self.events:
            if seen.event.type == type_ and seen.index > after:
                return seen
        raise _Refused(NotYet("custody.event_missing", {"type": type_}))

    @cached_property
    def closed(self) -> Seen:
        closed = self._first("lot.closed", self.roll_index)
        # Directly behind it: one written later could put what was registered after an opening before the closing.
        entries = dict(self._entries(rolls.LABEL))
        if (closed.index - 1, H(canonical(closed.event.public["roll"]))) != (self.roll_index, entries[self.roll_index]):
            raise _Refused(NotYet("custody.second_roll", {"lot": self.lot.lot}))
        return closed

    @cached_property
    def on_roll(self) -> OnRoll:
        roll = rolls.parse_roll(self.closed.event.public["roll"])
        return read_roll(self.lot, roll, {sha256: self.evidence.submission(sha256) for sha256 in rolls.listed(roll)})

    @cached_property
    def present(self) -> Seen:
        return self._first("lot.present", self.closed.index)

    @cached_property
    def ciphertexts(self) -> dict[str, Json]:
        """`lot.present` with its list, which is a document: another than the event names is none.

        The roll says how long it is: what is longer is not even parsed, as that takes many times its bytes.
        """
        most = (len(self.on_roll.submissions) + 1) * _PRESENT_BYTES
        return listing.whole("lot.present", self.present.event.public, self.evidence.document, most)

    @cached_property
    def forms(self) -> list[str]:
        """The forms that are there."""
        rows: Any = self.ciphertexts["ciphertexts"]
        return [row["sha256"] for row in rows if row["kind"] == "form" and row["present"]]

    @cached_property
    def standing(self) -> Standing:
        return stand(self.on_roll, self.ciphertexts)

    # --- what the platform says it computed -------------------------------------------------------------------------

    @cached_property
    def contributions(self) -> list[Json]:
        """Those under the checkpoint on which tickets were opened: nobody contributes who knows a bid."""
        opened = next((seen for seen in self.tender_events if seen.event.type == "tickets.opened"), None)
        if opened is None:
            raise _Refused(NotYet("custody.event_missing", {"type": "tickets.opened"}))
        checkpoint = members(opened.event.public["checkpoint"], "size root")
        limit = min(opened.index, int(str(checkpoint["size"])))
        return [
            seen.event.public["contribution"]
            for seen in self.events
            if seen.event.type == "contribution.recorded" and seen.index < limit
        ]

    def _releases(self, part: str) -> list[object]:
        kid = self.lot.keysets[part].kid.hex()
        return [envelope for envelope in self._of("release.recorded", "release") if _kid(envelope) == kid]

    def _seeds(self, part: str) -> dict[str, bytes]:
        public = [seen.event.public for seen in self.events if seen.event.type == "seed.recorded"]
        return {str(item["custodian"]): bytes.fromhex(str(item["seed"])) for item in public if item["part"] == part}

    def _of(self, type_: str, member: str) -> list[Json]:
        return [seen.event.public[member] for seen in self.events if seen.event.type == type_]

    def _check_coefficients(self) -> None:
        said = self._first("lot.coefficients", self.present.index)
        own = opening.coefficients(
            self.lot, self.on_roll, self.contributions, self._releases("coin"), self._seeds("coin")
        )
        if isinstance(own, Waiting):
            raise _Refused(NotYet("custody.not_computable", {"event": "lot.coefficients", "why": own.code}))
        if own != said.event.public:
            raise _Refused(NotYet("custody.computed_otherwise", {"event": "lot.coefficients"}))

    def _check_announced(self) -> tuple[opening.Identity, ...]:
        said = self._first("lot.announced", self.present.index)
        own = opening.read_identities(
            self.lot,
            self.on_roll,
            self.ciphertexts,
            self._releases("identity"),
            self._form,
            self._registered,
            self._issued.get,
            self._seeds("identity"),
        )
        if isinstance(own, Waiting):
            raise _Refused(NotYet("custody.not_computable", {"event": "lot.announced", "why": own.code}))
        if opening.announced(self.lot, own).public != said.event.public:
            raise _Refused(NotYet("custody.computed_otherwise", {"event": "lot.announced"}))
        if said.event.public["failed"] is not False:
            raise _Refused(NotYet("custody.lot_failed", {"lot": self.lot.lot}, final=True))
        return own

    def _form(self, sha256: str) -> Ciphertext | None:
        try:
            return Ciphertext.hashed(self.evidence.blob(sha256), sha256)
        except Refusal:
            return None  # the opening waits for it

    def _registered(self, party: str) -> Party | None:
        """A party as it was registered, before the lot closed.

        A bid may name whom it likes: one that has no slot is nobody. One that has is shown or nothing opens, so that
        nobody's registration is kept back, or exchanged for a twin, once its bid is known.
        """
        slot = self.evidence.slot(f"party/{party}", 1)
        if slot is not None and slot[0] < self.closed.index:
            first = _whole(self.evidence, f"party/{party}")[0]
            if first.index < self.closed.index:
                return Party.parse(first.event.public)
        if party in self._issued:
            raise _Refused(NotYet("custody.party_kept_back", {"party": party}))
        return None

    @cached_property
    def _issued(self) -> dict[str, Mapping[str, Json]]:
        """Party → public of its first ticket, of those issued before the lot closed."""
        out: dict[str, Mapping[str, Json]] = {}
        stream = f"issuance/{self.lot.tender}/{self.lot.lot}"
        found = [seen for seen in _whole(self.evidence, stream) if seen.index < self.closed.index]
        issued = rolls.issued_entry(self.lot.tender, self.lot.lot, [(seen.salt, seen.leaf) for seen in found])
        wanted = split_unblinded(rolls.ISSUED, issued)
        if wanted is None or (self.roll_index - 1, wanted[1]) not in self._entries(rolls.ISSUED):
            raise _Refused(NotYet("custody.issuance_kept_back", {"lot": self.lot.lot}))
        for seen in found:
            out.setdefault(str(seen.event.public.get("party")), seen.event.public)
        return out


def _whole(evidence: Evidence, stream: str) -> list[Seen]:
    """A stream's events, versions 1, 2, 3 …; raises where one is left out."""
    events = list(evidence.events(stream))
    for number, seen in enumerate(events, 1):
        if seen.event.version != number:
            raise _Refused(NotYet("custody.stream_gap", {"stream": stream, "version": number}))
    return events


def _kid(envelope: object) -> object:
    obj = envelope.get("object") if isinstance(envelope, dict) else None
    return obj.get("kid") if isinstance(obj, dict) else None

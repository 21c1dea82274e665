"""What a client knows of a tender: only what it found in the witnessed log, by its own mirror and trust file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar, cast

from bidding.form import Form, check_form
from bidding.parties import Party
from bidding.procedures import tender as tenders
from bidding.procedures.notice import Notice, NoticeLot
from bidding.procedures.tender import TenderState
from bidding.submission import terms_hash
from ledger import events, proof
from ledger.basics.canonical import Json, canonical, members, parse_object, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.checkpoint import WitnessedCheckpoint
from ledger.events import Event
from ledger.files import write_atomically
from ledger.institution.platform import Platform
from ledger.mirror import Mirror
from ledger.sealed.keyset import Keyset, verify_keyset
from ledger.slots import Withheld, in_slots
from ledger.trust import Trust
from web.cli.bid.lines import steadily

MAX_DOCUMENT: Final = 32 << 20
_TERMS: Final = ("tender.published", "addendum.issued")


T = TypeVar("T")


@dataclass(frozen=True)
class Seen:
    """An event found in the mirror, and where."""

    event: Event
    leaf: bytes
    index: int


class Reader:
    """Reads a platform's log. `folder`: where the mirror is kept; `trust`: whose keys and witnesses are believed.

    `pause`, `wait`: as of `patiently` and `politely`; a platform that is not reached, or busy, is asked again, since
    reading changes nothing.
    """

    def __init__(
        self,
        platform: Platform,
        trust: Trust,
        folder: Path,
        documents: Path,
        *,
        pause: Callable[[int], None],
        wait: Callable[[int], None],
    ) -> None:
        self.platform, self.trust, self._documents = platform, trust, documents
        self._pause, self._wait = pause, wait
        self.mirror = Mirror(folder, trust.policy)

    def update(self) -> WitnessedCheckpoint:
        """Fetches what is new up to the newest witnessed checkpoint; refuses a log that took something back."""
        return self._asked(lambda: self.mirror.update(self.platform.log()))

    def stream(self, stream: str) -> list[Seen]:
        """A stream's events that stand in the mirror, in order.

        What the platform serves is believed only where its leaf is in the tree; newer than the mirror is left out.
        Raises `Refusal("client.not_in_log")` for events out of order, `evidence.twin` and `evidence.kept_back` for
        another event than the log's, and for a version that has a slot and is not shown.
        """
        return in_slots(stream, self._served(stream), self.mirror.slot)

    def _served(self, stream: str) -> list[Seen]:
        found: list[Seen] = []
        after = 0
        while True:
            listed = self._page(stream, after)
            for event, salt in listed:
                leaf = events.leaf(salt, event.encode())
                index = self.mirror.index_of(leaf)
                if index is None:
                    return found
                if event.stream != stream or event.version <= after or (found and index <= found[-1].index):
                    raise Refusal("client.not_in_log", stream=stream, version=event.version)
                after = event.version
                found.append(Seen(event, leaf, index))
            if not listed:
                return found

    def _page(self, stream: str, after: int) -> list[tuple[Event, bytes]]:
        path = f"/api/streams/{stream}?after={after}"
        return _salted(self._asked(lambda: self.platform.get_json(path)))

    def document(self, sha256: str) -> bytes:
        """A document by its hash, kept for the next time; `Refusal("client.document_differs")`."""
        kept = self._documents / unhex(sha256, 32, "sha256").hex()
        data = kept.read_bytes() if kept.exists() else self._fetch(f"/api/documents/{sha256}")
        if H(data).hex() != sha256:
            raise Refusal("client.document_differs", sha256=sha256)
        if not kept.exists():
            write_atomically(kept, data)
        return data

    def _fetch(self, path: str) -> bytes:
        return self._asked(lambda: self.platform.get(path, MAX_DOCUMENT))

    def _asked(self, what: Callable[[], T]) -> T:
        return steadily(what, self._pause, self._wait)

    def tender(self, tender: str) -> Known:
        """A published tender; `Refusal("client.not_published")` where no notice of it is in the witnessed log."""
        seen = self.stream(f"tender/{check_id(tender, 'tender')}")
        state = tenders.fold(one.event for one in seen)
        if state is None or state.notice is None:
            raise Refusal("client.not_published", tender=tender)
        return Known(self, state, state.notice, tuple(seen))

    def party(self, party: str) -> Party | None:
        """An organisation's registration, None where there is none in the log; `evidence.kept_back` if it is not shown.

        It never changes. Found once, it is kept: to ask for one's own before every sealing would tell the office, and
        every log on the way, whose bid is being sealed. Kept or served, it counts only if it stands in its slot.
        """
        found = self._registered(party, self._kept(party)) or self._registered(party, self._asked_for(party))
        if found is None and self.mirror.slot(_stream(party), 1) is not None:
            raise Withheld("evidence.kept_back", stream=_stream(party), version=1)
        return None if found is None else Party.parse(found[0].public)

    def registration(self, party: str) -> dict[str, Json]:
        """A party's registration for somebody else: `{event, salt, index, proof}`; `Refusal("home.not_registered")`.

        The proof is under the mirror's own checkpoint, so that nobody is asked for it.
        """
        self.party(party)
        found = self._registered(party, self._kept(party))
        if found is None:
            raise Refusal("home.not_registered", party=party)
        event, salt = found
        shown = self.mirror.proof(events.leaf(salt, event.encode()))
        return {"event": event.object(), "salt": salt.hex(), "index": shown.index, "proof": shown.text()}

    def take_registration(self, party: str, value: Json) -> Party:
        """Keeps a registration that its party handed over, as `registration` made it; nobody is asked for it.

        Raises `Refusal("home.not_registered")` where it is not the one that stands in the witnessed log, `proof.*`,
        `checkpoint.*`, `merkle.*` where its proof does not hold.
        """
        got = members(value, "event salt index proof")
        event, salt = events.from_object(got["event"]), unhex(got["salt"], 32, "salt")
        proof.parse(str(got["proof"]).encode()).verify(events.leaf(salt, event.encode()), self.trust.policy)
        if self._registered(party, [(event, salt)]) is None:
            raise Refusal("home.not_registered", party=party)
        return Party.parse(event.public)

    def _registered(self, party: str, shown: list[tuple[Event, bytes]]) -> tuple[Event, bytes] | None:
        """The one of these events that stands in the slot of a party's registration, kept for the next time."""
        slot = self.mirror.slot(_stream(party), 1)
        for event, salt in shown:
            if slot is not None and event.stream == _stream(party) and slot[1] == events.leaf(salt, event.encode()):
                row: dict[str, Json] = {"event": event.object(), "salt": salt.hex(), "index": 0}
                write_atomically(self._documents / f"party-{party}.json", canonical({"events": [row]}))
                return event, salt
        return None

    def _kept(self, party: str) -> list[tuple[Event, bytes]]:
        _stream(party)
        path = self._documents / f"party-{party}.json"
        return _salted(parse_object(path.read_bytes())) if path.exists() else []

    def _asked_for(self, party: str) -> list[tuple[Event, bytes]]:
        return self._page(_stream(party), 0)[:1] if self.mirror.slot(_stream(party), 1) else []


def _stream(party: str) -> str:
    return f"party/{check_id(party, 'party')}"


def _salted(page: Json) -> list[tuple[Event, bytes]]:
    """Events and their salts, as a platform serves them."""
    got = members(page, "events")["events"]
    rows = [members(one, "event salt index") for one in got] if isinstance(got, list) else []
    return [(events.from_object(row["event"]), unhex(row["salt"], 32, "salt")) for row in rows]


@dataclass(frozen=True)
class Known:
    """A tender as the witnessed log has it."""

    reader: Reader
    state: TenderState
    notice: Notice
    seen: tuple[Seen, ...]

    @cached_property
    def terms(self) -> str:
        """The hash of the notice and its addenda: what a bid made now agrees to."""
        return terms_hash(one.leaf.hex() for one in self.seen if one.event.type in _TERMS)

    def lot(self, lot: str) -> NoticeLot:
        """A lot of the notice."""
        return self.notice.lot(lot)

    def keysets(self, lot: str, parts: Iterable[str]) -> dict[str, Keyset]:
        """The lot's key sets, each signed by all its custodians, who are exactly those of the trust file's list.

        Raises `Refusal("sealed.*")`, `Refusal("client.other_custodian")` where notice and trust file disagree.
        """
        wanted, trust = set(parts), self.reader.trust.custodian_keys()
        for custodian, key in self.notice.custodians.items():
            if trust.get(custodian) != key:
                raise Refusal("client.other_custodian", custodian=custodian)
        row, found = self.lot(lot), dict[str, Keyset]()
        for item in row.keysets:
            part = cast(dict[str, dict[str, str]], item["keyset"])["purpose"]["part"]
            if part in wanted:
                keyset = row.keyset(part)
                verify_keyset(keyset, item["signatures"], trust)
                if (keyset.purpose.tender, keyset.purpose.lot) != (self.notice.tender, lot):
                    raise Refusal("client.other_lot", lot=lot, part=part)
                found[part] = keyset
        for part in sorted(wanted - found.keys()):
            raise Refusal("notice.keyset_missing", lot=lot, part=part)
        return found

    def form(self, lot: str) -> Form:
        """The form of a lot."""
        return check_form(parse_object(self.reader.document(self.lot(lot).form)))

    def rules(self, lot: str) -> dict[str, Json]:
        """The rule set of a lot."""
        return parse_object(self.reader.document(self.lot(lot).rules))

"""Everything that a tender's pages show, read in one transaction: disclosed events, clocks, names, custodians."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from bidding.parties import Party
from bidding.procedures import Procedure, postponed
from bidding.procedures.postponed import Postponed
from bidding.store import custodians, directory, procedures, search
from bidding.store.book import Book
from bidding.store.custodians import Seen
from bidding.store.search import Found
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.store.engine import reading
from ledger.store.read import Stored
from web.public.record import Record
from web.services import Services
from web.words import Lang

# How a lot stands before its offers are open.
_UNOPENED: Final = frozenset({"open", "closed", "present", "coefficients", "announced"})


@dataclass(frozen=True)
class View:
    """One published tender at `now`, the database's clock. `streams`: its disclosed and sequenced events, by stream."""

    found: Found
    procedure: Procedure
    streams: Mapping[str, Sequence[Stored]]
    records: Mapping[str, Record]
    now: datetime
    tenderee: Party | None
    parties: Mapping[str, Party]
    seen: Sequence[Seen]
    custodian_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def events(self) -> Sequence[Stored]:
        """The disclosed events of the tender's own stream."""
        return self.streams[self.procedure.stream]

    def record(self, lot: str) -> Record:
        """A lot; `Refusal("lot.unknown")`."""
        if lot not in self.records:
            raise Refusal("lot.unknown", lot=lot[:64])
        return self.records[lot]

    def name(self, uscc: str, lang: Lang) -> str:
        """What the organisation with this code is called, "" for one that is not registered."""
        return self.parties[uscc].name[lang] if uscc in self.parties else ""

    def party(self, lang: Lang) -> str:
        """What the tenderee is called."""
        return self.tenderee.name[lang] if self.tenderee else self.found.party

    def custodian(self, id_: str, lang: Lang) -> str:
        """What a custodian is called in the platform's trust file; its id for one that is not in it."""
        return self.custodian_names.get(id_, {}).get(lang, id_)

    @property
    def awaited(self) -> bool:
        """Whether custodians still have something to open: afterwards nobody asks them any more."""
        return _awaited(self.procedure)

    @property
    def moved(self) -> Mapping[str, Postponed]:
        """Lots still open whose opening an addendum moved: who has confirmed that."""
        found = postponed(self.procedure.tender)
        return {one.lot: one for one in found if self.procedure.lot(one.lot).status == "open"}


def load(at: Services, tender: str) -> View:
    """A published tender; `Refusal("tender.unknown")`, whether it is a draft or nothing at all."""
    with reading(at.engine) as conn:
        found = search.one(conn, tender)
        book = Book(conn)
        procedure = procedures.load(book, tender, at.documents.read)
        names = [procedure.stream, *(procedure.lot_stream(lot.lot) for lot in procedure.notice.lots)]
        streams = {name: _disclosed(book.stored(name)) for name in names}
        records = {
            lot.lot: Record(lot, streams[procedure.lot_stream(lot.lot)], at.documents.read)
            for lot in procedure.notice.lots
        }
        codes = {uscc for record in records.values() for bid in record.bids for uscc, _ in bid.parties}
        return View(
            found=found,
            procedure=procedure,
            streams=streams,
            records=records,
            now=book.now,
            tenderee=directory.find(conn, found.party),
            parties=directory.by_usccs(conn, codes) if codes else {},
            seen=_proved(custodians.seen(conn, tender, at.challenge_every, book.now), procedure, streams),
            custodian_names={id_: one.name for id_, one in at.trust.custodians.items()},
        )


def _awaited(procedure: Procedure) -> bool:
    if procedure.tender.status not in ("published", "suspended"):
        return False
    return any(one.status in _UNOPENED and not one.announced_failed for one in procedure.all_lots())


def _proved(seen: Sequence[Seen], procedure: Procedure, streams: Mapping[str, Sequence[Stored]]) -> list[Seen]:
    """What challenges and the opening itself have shown of custodians.

    Challenges end at the deadline. Whoever was away then and opened afterwards has shown all the better that it can;
    and once nothing is left to open, nobody waits for anybody.
    """
    released: dict[str, str] = {}
    for lot in procedure.notice.lots:
        for one in streams[procedure.lot_stream(lot.lot)]:
            if one.event.type == "release.recorded":
                custodian, at = str(one.event.public["custodian"]), clock.text(one.event.at)
                released[custodian] = max(released.get(custodian, ""), at)
    awaited = _awaited(procedure)
    found = []
    for row in seen:
        answered = max(row.answered, released.get(row.custodian, ""))
        found.append(replace(row, answered=answered, silent=row.silent and awaited and answered < row.challenged))
    return found


def _disclosed(stored: Sequence[Stored]) -> list[Stored]:
    return [one for one in stored if one.visible and one.index is not None]

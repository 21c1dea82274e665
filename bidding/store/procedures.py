"""A tender with its lots as an act sees it, put together from streams and documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from bidding.acts import keys as act_keys
from bidding.parties import Person, by_key
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.procedures.listing import ReadDocument
from bidding.procedures.procedure import Procedure
from bidding.procedures.tender import TenderState
from bidding.profiles.calendar import Calendar
from bidding.profiles.clocks import Clocks
from bidding.profiles.profile import Profile
from bidding.store import directory
from bidding.store.book import Book
from ledger.basics.canonical import Json, parse_object
from ledger.basics.errors import Refusal

CALENDAR: Final = "calendar.json"


def tender(book: Book, tender_id: str) -> TenderState:
    """A tender's state; `Refusal("tender.unknown")`."""
    state = book.state(tenders.stream_of(tender_id), tenders.fold)
    if state is None:
        raise Refusal("tender.unknown", tender=tender_id[:64])
    return state


def load(
    book: Book,
    tender_id: str,
    read: ReadDocument,
    persons: Mapping[str, Person] | None = None,
    stored: Mapping[str, int] | None = None,
) -> Procedure:
    """A published tender with all its lots and its clocks.

    `persons`: those whose acts are to be checked, by key; `stored`: the documents an act names, SHA-256 → size.
    """
    state = tender(book, tender_id)
    notice = state.published()
    clocks = Clocks(_profile(read(notice.profile_sha256)), _calendar(read(notice.documents[CALENDAR][0])))
    folded = {
        one.lot: found
        for one in notice.lots
        if (found := book.state(lots.stream_of(tender_id, one.lot), lots.fold)) is not None
    }
    return Procedure(state, folded, clocks, persons or {}, stored or {}, read)


# Few documents, read at every act: parsed once for the same bytes.
@lru_cache(maxsize=32)
def _profile(data: bytes) -> Profile:
    return Profile.parse(parse_object(data))


@lru_cache(maxsize=32)
def _calendar(data: bytes) -> Calendar:
    return Calendar.parse(parse_object(data))


def signers(book: Book, state: TenderState, envelopes: Iterable[Mapping[str, Json]]) -> dict[str, Person]:
    """The registered persons whose keys stand in these acts or under the tender's notice, by key."""
    found = [str(envelope.get("key", "")) for envelope in envelopes]
    return by_key(directory.by_keys(book.conn, [*found, *state.publishers]))


def agencies(state: TenderState, persons: Mapping[str, Person]) -> frozenset[str] | None:
    """The agencies that act for a tenderee: those whose person signed the notice; None before there is one."""
    if state.notice is None:
        return None
    found = (persons.get(key) for key in state.publishers)
    return frozenset(person.party for person in found if person is not None and person.role == "agency")


def wanted_keys(act: str) -> int:
    """How many persons sign an act of this type; `Refusal("act.unknown")` for one that nobody signs."""
    rule = act_keys.RULES.get(act)
    if rule is None:
        raise Refusal("act.unknown", act=act[:64])
    return rule.count

"""Projections: the rows that pages read, as a function of the streams alone.

`rows` is that function, for `mingjing check`; `project` brings the rows of one stream up to date after an append. What
an event does to a row is said once, below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bidding.parties import Party, Person
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.procedures.lot import LotState
from bidding.procedures.notice import Notice
from bidding.procedures.tender import TenderState
from bidding.store import tables
from ledger.basics import clock
from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.events import Event
from ledger.store import read

Row = dict[str, object]
Rows = dict[sa.Table, dict[tuple[object, ...], Row]]

# A lot that a notice names and that has no event of its own yet.
_WAITING: Final = "open"


def project(conn: sa.Connection, stream: str, new: Sequence[Event]) -> None:
    """Brings the rows of a stream up to date after `new` was appended to it.

    Raises `Refusal("stream.conflict")` if somebody else registered the same code or key at the same moment.
    """
    kind = stream.split("/", 1)[0]
    # A stream of many like things adds rows; the others have one row that their whole state gives.
    events = new if kind == "issuance" else [one.event for one in read.load(conn, stream)]
    for table, found in of_stream(kind, events).items():
        for row in found.values():
            _put(conn, table, row, stream)


def of_stream(kind: str, events: Sequence[Event]) -> Rows:
    """The rows that a stream of this kind (the first part of its name) gives."""
    out: Rows = {}
    if kind == "party":
        for event in events:
            _add(out, tables.parties, _party(event))
    elif kind == "person":
        for event in events:
            _add(out, tables.persons, _person(event))
    elif kind == "issuance":
        for event in events:
            _add(out, tables.issuances, _issuance(event))
    elif kind == "tender":
        state = tenders.fold(events)
        if state is not None:
            _add(out, tables.tenders, _tender(state))
            for one in state.notice.lots if state.notice else ():
                _add(out, tables.lots, _lot(lots.initial(state.tender, one.lot)))
    elif kind == "lot":
        folded = lots.fold(events)
        if folded is not None:
            _add(out, tables.lots, _lot(folded))
    return out


def merge(into: Rows, more: Rows) -> None:
    """Adds rows; of two for one lot the one that has seen more of its stream stays."""
    for table, found in more.items():
        held = into.setdefault(table, {})
        for key, row in found.items():
            known = held.get(key)
            if known is None or cast(int, known["version"]) <= cast(int, row["version"]):
                held[key] = row


def _put(conn: sa.Connection, table: sa.Table, row: Row, stream: str) -> None:
    where = [table.c[column.name] == row[column.name] for column in table.primary_key]
    known = conn.execute(sa.select(table.c.version).where(*where)).scalar_one_or_none()
    if known is None:
        try:
            conn.execute(sa.insert(table).values(**row))
        except IntegrityError as exc:
            raise Refusal("stream.conflict", stream=stream, expected=0, found=0) from exc
    elif known < cast(int, row["version"]):
        conn.execute(sa.update(table).where(*where).values(**row))


def _add(rows: Rows, table: sa.Table, row: Row) -> None:
    key = tuple(row[column.name] for column in table.primary_key)
    rows.setdefault(table, {})[key] = row


def _party(event: Event) -> Row:
    party = Party.parse(event.public)
    return {
        "party": party.party,
        "version": event.version,
        "uscc": party.uscc,
        "name_zh": party.name["zh"],
        "name_en": party.name["en"],
        "seal_key": party.seal_key,
        "person_ref": party.person_ref,
        "person_key": party.person_key,
        "holds": canonical(list(party.holds)).decode("ascii"),
    }


def _person(event: Event) -> Row:
    person = Person.parse(event.public)
    return {
        "person": person.person,
        "version": event.version,
        "party": person.party,
        "role": person.role,
        "key": person.key,
    }


def _issuance(event: Event) -> Row:
    _, tender, lot = event.stream.split("/")
    request = cast(Mapping[str, Any], event.public["request"])
    return {
        "tender": tender,
        "lot": lot,
        "party": event.public["party"],
        "version": event.version,
        "blinded_message": request["object"]["blinded_message"],
    }


def _tender(state: TenderState) -> Row:
    notice: Notice | None = state.notice
    return {
        "tender": state.tender,
        "version": state.version,
        "state": state.status,
        "party": state.party,
        "title_zh": notice.title["zh"] if notice else "",
        "title_en": notice.title["en"] if notice else "",
        "category": notice.category if notice else "",
        "region": notice.region if notice else "",
        "estimate_fen": notice.estimate_fen if notice else 0,
        "published_at": clock.text(state.published_at) if state.published_at else "",
        "deadline": clock.text(state.deadline) if state.deadline else "",
        "tickets_open": state.tickets_open,
    }


def _lot(state: LotState) -> Row:
    return {
        "tender": state.tender,
        "lot": state.lot,
        "version": state.version,
        "state": state.status if state.version else _WAITING,
        "bids": len(state.roll) if state.roll_sha256 else -1,
        "winner": state.awarded,
    }


def expected(conn: sa.Connection, streams: Iterable[str]) -> Rows:
    """All rows of the projections, folded from these streams and nothing else."""
    out: Rows = {table: {} for table in tables.PROJECTIONS}
    for stream in streams:
        merge(out, of_stream(stream.split("/", 1)[0], [one.event for one in read.load(conn, stream)]))
    return out

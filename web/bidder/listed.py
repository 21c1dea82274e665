"""The lots of the room's list: what every page of it asks first, kept until something happens to a tender."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

import sqlalchemy as sa

from bidding.procedures import phase
from bidding.procedures.procedure import Procedure
from bidding.store import procedures, tables
from bidding.store.book import Book
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.store import read
from ledger.store import tables as ledger
from web.services import Services

# So long after its deadline a lot stays in the room: until its result, objections and contract are through.
_SHOWN: Final = timedelta(days=180)
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Listed:
    """A lot in the room's list. `mark` changes with anything that its page says; `open`: takes bids."""

    tender: str
    lot: str
    title: Mapping[str, str]
    deadline: str
    state: str
    open: bool
    mark: str

    def to_json(self) -> dict[str, Json]:
        """As `/bid/lots` says it."""
        return {
            "tender": self.tender,
            "lot": self.lot,
            "title": dict(self.title),
            "deadline": self.deadline,
            "state": self.state,
            "open": self.open,
            "mark": self.mark,
        }


@dataclass(frozen=True)
class _Kept:
    """The rows of a tender, and when they say something else though nothing happens; None: never."""

    rows: tuple[Listed, ...]
    until: datetime | None

    def holds(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass
class Shelf:
    """The rows of every tender, made anew when an entry of the tender came into the tree or a moment has passed.

    `size`: of the tree up to which it knows what happened. One a process; requests take turns at it.
    """

    size: int = 0
    kept: dict[str, _Kept] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def listed(self, conn: sa.Connection, services: Services, now: datetime) -> list[Listed]:
        """Every lot of the last half year in the order in which every browser fetches its page.

        The next deadline first, then those that are shut, the one shut last first.
        """
        with self.lock:
            # What is read after the size may be newer than it: then it is read once more, never too rarely.
            size = read.sequenced(conn)
            for tender in _touched(conn, self.size, size):
                self.kept.pop(tender, None)
            self.size = size
            shown = _shown(conn, now)
            for tender in shown:
                if tender not in self.kept or not self.kept[tender].holds(now):
                    self.kept[tender] = _rows(conn, services, tender, now)
            self.kept = {tender: self.kept[tender] for tender in shown}
            found = [row for one in self.kept.values() for row in one.rows]
        opened = sorted((one for one in found if one.open), key=_next_first)
        return [*opened, *sorted((one for one in found if not one.open), key=_last_first)]


def _next_first(one: Listed) -> tuple[str, str, str]:
    return one.deadline, one.tender, one.lot


def _last_first(one: Listed) -> tuple[timedelta, str, str]:
    return _LATEST - clock.parse_time(one.deadline), one.tender, one.lot


def _shown(conn: sa.Connection, now: datetime) -> list[str]:
    table = tables.tenders
    since = clock.text(now - _SHOWN)
    query = sa.select(table.c.tender).where(table.c.published_at != "", table.c.deadline >= since)
    return list(conn.execute(query).scalars())


def _touched(conn: sa.Connection, start: int, end: int) -> Iterator[str]:
    """The tenders of whose own or lots' streams an event came into the tree in these places."""
    if start == end:
        return
    events, entries = ledger.events, ledger.entries
    query = (
        sa.select(events.c.stream)
        .distinct()
        .join(entries, entries.c.id == events.c.entry_id)
        .where(entries.c.idx >= start, entries.c.idx < end)
    )
    for stream in conn.execute(query).scalars():
        kind, _, rest = str(stream).partition("/")
        if kind in ("tender", "lot"):
            yield rest.partition("/")[0]


def _rows(conn: sa.Connection, services: Services, tender: str, now: datetime) -> _Kept:
    procedure = procedures.load(Book(conn), tender, services.documents.read)
    lots = procedure.notice.lots
    rows = tuple(_row(conn, procedure, one.lot, one.title, now) for one in lots)
    moments = [procedure.deadline, *(until for one in lots if (until := procedure.lot(one.lot).until) is not None)]
    return _Kept(rows, min((one for one in moments if one > now), default=None))


def _row(conn: sa.Connection, procedure: Procedure, lot: str, title: Mapping[str, str], now: datetime) -> Listed:
    tender, state = procedure.tender.tender, phase(procedure, lot, now)
    versions = (_version(conn, procedure.stream), _version(conn, procedure.lot_stream(lot)))
    takes = procedure.tender.status == "published" and procedure.tender.tickets_open
    return Listed(
        tender=tender,
        lot=lot,
        title={lang: f"{procedure.notice.title[lang]} · {title[lang]}" for lang in ("zh", "en")},
        deadline=clock.text(procedure.deadline),
        state=state,
        open=takes and procedure.lot(lot).status == "open" and now < procedure.deadline,
        mark=f"{versions[0]}-{versions[1]}-{state}",
    )


def _version(conn: sa.Connection, stream: str) -> int:
    """The last version that a page shows: one that is not in the tree yet comes with another mark."""
    events, entries = ledger.events, ledger.entries
    query = (
        sa.select(sa.func.max(events.c.version))
        .join(entries, entries.c.id == events.c.entry_id)
        .where(events.c.stream == stream, entries.c.idx.is_not(None))
    )
    return conn.execute(query).scalar_one() or 0

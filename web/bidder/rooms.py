"""What the pages of a lot tell a bidder's browser: the same for everybody, whether they bid or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa

from bidding.procedures import lot as lot_streams
from bidding.procedures import phase
from bidding.procedures.procedure import Procedure
from bidding.store import procedures, tables
from bidding.store.book import Book
from ledger.basics import clock
from ledger.basics.canonical import Json, parse_object
from ledger.basics.errors import Refusal
from ledger.store import read, serve
from ledger.store.read import Stored
from web import texts
from web.public import marks
from web.public.record import Record
from web.services import Services
from web.words import Lang

# So long after its deadline a lot stays in the room: until its result, objections and contract are through.
_SHOWN: Final = timedelta(days=180)
# What the browser reads of a tender's stream: what a bid agrees to, by the events themselves.
_TERMS: Final = ("tender.published", "addendum.issued")
_RECENT: Final = 8  # minutes looked through for the last witnessed one


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


def listed(conn: sa.Connection, services: Services, now: datetime) -> list[Listed]:
    """Every lot of the last half year, the next deadline first, then those that are shut."""
    since = clock.text(now - _SHOWN)
    table = tables.tenders
    query = sa.select(table.c.tender).where(table.c.published_at != "", table.c.deadline >= since)
    found: list[Listed] = []
    for tender in conn.execute(query.order_by(table.c.deadline, table.c.tender)).scalars():
        book = Book(conn)
        procedure = procedures.load(book, tender, services.documents.read)
        found.extend(_row(conn, procedure, lot.lot, lot.title, now) for lot in procedure.notice.lots)
    return sorted(found, key=lambda one: (not one.open, one.deadline, one.tender, one.lot))


def _row(conn: sa.Connection, procedure: Procedure, lot: str, title: Mapping[str, str], now: datetime) -> Listed:
    tender, state = procedure.tender.tender, phase(procedure, lot, now)
    versions = (read.version(conn, procedure.stream), read.version(conn, lot_streams.stream_of(tender, lot)))
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


def events(conn: sa.Connection, procedure: Procedure) -> list[dict[str, Json]]:
    """The notice and its addenda, each with salt, place and proof (empty until witnesses have seen it)."""
    found = [one for one in read.visible(conn, procedure.stream) if one.event.type in _TERMS]
    return [proved(conn, one) for one in found]


def proved(conn: sa.Connection, one: Stored) -> dict[str, Json]:
    """An event as anybody can check it: `{event, salt, index, proof}`."""
    shown: dict[str, Json] = {"event": one.event.object(), "salt": one.salt.hex(), "index": cast(int, one.index)}
    return {**shown, "proof": _proof(conn, one)}


def _proof(conn: sa.Connection, one: Stored) -> str:
    try:
        return serve.tlog_proof(conn, one.leaf)
    except Refusal as why:
        if why.code not in ("log.not_witnessed", "log.not_sequenced"):
            raise
        return ""


def witnessed_minute(conn: sa.Connection) -> str:
    """The start of the last box minute that stands below a witnessed checkpoint; empty before the first."""
    newest = read.version(conn, "box")
    recent = read.visible(conn, "box", after=max(0, newest - _RECENT))
    known = [str(one.event.public["minute"]) for one in recent if _proof(conn, one)]
    return max(known, default="")


def results(record: Record, lang: Lang) -> dict[str, Json]:
    """What became of each bid of a lot, by its key, as far as it is public: its verdict in words, and its marks."""
    return {
        one.bid_key: {
            "said": texts.text(f"state.{one.state}", lang),
            "reason": texts.reason(one.reason, lang),
            "rank": str(one.rank or ""),
            "total": one.total,
            "marks": [marks.why(found, record, lang).line for found in record.sheet(one).get("certificates", ())],
            "awarded": one.bid_key == record.awarded,
        }
        for one in record.bids
    }


def roll(shown: Sequence[Stored]) -> dict[str, Json]:
    """`{closed, submissions}`: the hashes on the roll, once the lot is closed."""
    closed = [one for one in shown if one.event.type == "lot.closed"]
    if not closed:
        return {"closed": False, "submissions": []}
    public = cast(dict[str, Any], closed[0].event.public)
    return {"closed": True, "submissions": public["roll"]["submissions"]}


def form(services: Services, procedure: Procedure, lot: str) -> dict[str, Json]:
    """The lot's form document, which the notice names by its hash."""
    return parse_object(services.documents.read(procedure.notice.lot(lot).form))


def price_question(services: Services, procedure: Procedure, lot: str) -> str:
    """The question whose answer the rules compare with the ceiling."""
    return str(parse_object(services.documents.read(procedure.notice.lot(lot).rules))["price_question"])

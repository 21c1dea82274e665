"""What the pages of a lot tell a bidder's browser: the same for everybody, whether they bid or not."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bidding.procedures.procedure import Procedure
from ledger.basics.canonical import Json, parse_object
from ledger.store import read
from web import texts
from web.bidder.evidence import proved
from web.public import marks
from web.public.record import Record
from web.services import Services
from web.words import Lang

# What the browser reads of a tender's stream: what a bid agrees to, by the events themselves.
_TERMS: Final = ("tender.published", "addendum.issued")
# What may move a deadline besides an addendum.
_MOVES: Final = ("tender.resumed",)


def events(conn: sa.Connection, procedure: Procedure) -> list[dict[str, Json]]:
    """The notice and its addenda, each with salt, place and proof (empty until witnesses have seen it)."""
    found = [one for one in read.visible(conn, procedure.stream) if one.event.type in _TERMS]
    return [proved(conn, one) for one in found]


def moves(conn: sa.Connection, procedure: Procedure) -> list[dict[str, Json]]:
    """What moved the deadline besides addenda, proved."""
    found = [one for one in read.visible(conn, procedure.stream) if one.event.type in _MOVES]
    return [proved(conn, one) for one in found]


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


def form(services: Services, procedure: Procedure, lot: str) -> dict[str, Json]:
    """The lot's form document, which the notice names by its hash."""
    return parse_object(services.documents.read(procedure.notice.lot(lot).form))


def price_question(services: Services, procedure: Procedure, lot: str) -> str:
    """The question whose answer the rules compare with the ceiling."""
    return str(parse_object(services.documents.read(procedure.notice.lot(lot).rules))["price_question"])

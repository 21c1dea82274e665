"""`/bid…`: the bidder's room. Nothing that is answered, chosen or sealed on these pages ever comes here.

So no page takes anything: there are only GETs, what they answer depends on the account in nothing but its own
registration, and a browser fetches every lot's page whether or not its bidder looks at it (decision 0017).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, cast

from flask import Blueprint, Response, current_app, redirect, request

from bidding.procedures import phase, postponed
from bidding.store import directory, procedures, search
from bidding.store.book import Book
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.store import read
from ledger.store.engine import database_now, reading
from web import compress, page
from web.access import BIDDER, route
from web.bidder import book, evidence, rooms
from web.bidder.listed import Listed, Shelf
from web.delivery import json_response, principal
from web.public.record import Record
from web.services import services

blueprint: Final = Blueprint("bidder", __name__, url_prefix="/bid", static_folder=None)

_EXTENSION: Final = "mingjing-rooms"
_FOREVER: Final = "private, max-age=31536000, immutable"


@route(blueprint, "GET", "", BIDDER)
def home() -> Response:
    """The dashboard: the lots by their deadlines; what this browser has of each only the browser adds."""
    return _page("bidder/home.html", lots=_listed())


@route(blueprint, "GET", "/secret", BIDDER)
def secret() -> Response:
    """The bidding secret: made, written down, restored; all of it in the browser."""
    return _page("bidder/secret.html")


@route(blueprint, "GET", "/lot", BIDDER)
def any_lot() -> Response:
    """A room without a lot: which one it shows stands behind the `#` of its address and never reaches us."""
    return _page("bidder/any.html")


@route(blueprint, "GET", "/lots", BIDDER)
def lots() -> Response:
    """`{lots, head, log, minutes, now}`: what every page of the room asks first (`web.bidder.evidence`)."""
    at = services()
    with reading(at.engine) as conn:
        now = database_now(conn)
        rows: list[Json] = [one.to_json() for one in _kept().shelf.listed(conn, at, now)]
        answer = json_response({"lots": rows, **_kept().heard.tell(conn, at.interval), "now": clock.text(now)})
    compress.pack_unchosen(request, answer)
    return answer


@route(blueprint, "GET", "/words/<version>", BIDDER)
def said(version: str) -> Response:
    """What scripts say, in the page's language: `{texts, words}`; the address changes when any of it does."""
    lang, how = page.language(), compress.best(request)
    answer = Response(book.packed(lang, how), mimetype="application/json")
    if how:
        answer.headers["Content-Encoding"] = how
    if version == book.of(lang).version:
        answer.headers["Cache-Control"] = _FOREVER
    return answer


@route(blueprint, "GET", "/<tender>/<lot>", BIDDER)
def room(tender: str, lot: str) -> Response:
    """The room of a lot: its form, and what the browser needs for sealing a bid to its custodians.

    Scripts fetch it, of every lot. Whoever comes here by the address is sent to the room that shows it, where it comes
    with the others: this way no page is fetched twice. A lot that the room no longer lists is shown here.
    """
    at, lang = services(), page.language()
    is_listed = any((one.tender, one.lot) == (tender, lot) for one in _listed())
    with reading(at.engine) as conn:
        found = search.one(conn, tender)
        opened = Book(conn)
        procedure = procedures.load(opened, tender, at.documents.read)
        row = procedure.notice.lot(lot)
        if request.headers.get("Sec-Fetch-Mode") == "navigate" and is_listed:
            return cast(Response, redirect(f"/bid/lot?lang={lang}#{tender}/{lot}", 303, Response))
        shown = read.visible(conn, procedure.lot_stream(lot))
        state = phase(procedure, lot, opened.now)
        record = Record(row, shown, at.documents.read)
        form = rooms.form(at, procedure, lot)
        moved = [one for one in postponed(procedure.tender) if one.lot == lot and procedure.lot(lot).status == "open"]
        data: dict[str, object] = {
            "tender": tender,
            "lot": lot,
            "state": state,
            "deadline": clock.text(procedure.deadline),
            "ceiling_fen": row.ceiling_fen,
            "price_question": rooms.price_question(at, procedure, lot),
            "max_bytes": row.max_bytes,
            "tickets_open": procedure.tender.tickets_open,
            "events": rooms.events(conn, procedure),
            "moves": rooms.moves(conn, procedure),
            "form": form,
            "outcome": evidence.outcome(conn, shown, at.documents.read),
            "closing": evidence.closing(conn, shown, procedure.deadline, at.trust.policy),
            "results": rooms.results(record, lang),
        }
    return _page(
        "bidder/lot.html",
        data=data,
        form=form,
        lot=row,
        tender=found,
        state=state,
        moved=moved,
        deadline=procedure.deadline,
        now=opened.now,
    )


def _listed() -> list[Listed]:
    at = services()
    with reading(at.engine) as conn:
        return _kept().shelf.listed(conn, at, database_now(conn))


@dataclass
class _Kept:
    """What this process keeps for all requests."""

    shelf: Shelf = field(default_factory=Shelf)
    heard: evidence.Heard = field(default_factory=evidence.Heard)


def _kept() -> _Kept:
    return cast(_Kept, current_app.extensions.setdefault(_EXTENSION, _Kept()))


def _page(template: str, **values: object) -> Response:
    """A page of the room, with the organisation's own registration: whose room it is, not what it does in it."""
    at, lang = services(), page.language()
    with reading(at.engine) as conn:
        party = directory.party(conn, principal().party)
        registered = read.visible(conn, f"party/{party.party}")[:1]
        own: dict[str, object] = {
            "party": party.party,
            "uscc": party.uscc,
            "name": party.name[lang],
            "seal_key": party.seal_key,
            "person_key": party.person_key,
            "person_ref": party.person_ref,
            "events": [evidence.proved(conn, one) for one in registered],
        }
    answer = page.render(
        template,
        own=own,
        public=at.config.public,
        words_at=f"/bid/words/{book.of(lang).version}?lang={lang}",
        mebibytes=lambda size: f"{size / (1 << 20):,.1f}".removesuffix(".0"),
        clocked=clock.text,
        path=request.path,
        **values,
    )
    compress.pack_unchosen(request, answer)
    return answer

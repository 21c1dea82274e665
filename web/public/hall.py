"""The opening hall's page, whole without any script, and tickets for its socket (docs/formats/live.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, request

from bidding.parties import Person
from bidding.procedures.tender import TenderState
from bidding.store import directory, procedures, search
from bidding.store.book import Book as Acts
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.store.engine import database_now, reading
from web import page, texts
from web.access import PUBLIC, STAFF, Principal, route
from web.delivery import json_response, principal
from web.live import ticket
from web.live.book import Book
from web.live.kept import Kept
from web.live.messages import STEPS, Answer, Closed, Message, Release
from web.live.protocol import VERSION, Audience
from web.services import LIVE_KEY, Services, read_shared_key, services

blueprint: Final = Blueprint("hall", __name__, static_folder=None)

SOCKET: Final = "/hall"
# Kinds whose sentences make up the result; every other kind has a part of the page of its own.
_RESULT: Final = ("evaluated", "candidates", "awarded", "followed", "contracted", "retendered", "failed")


@dataclass(frozen=True)
class Hall:
    """What the page is made of: the messages so far, by kind, and where they lead."""

    messages: Sequence[Message]

    def of(self, *kinds: str) -> list[Message]:
        """The messages of these kinds, in order."""
        return [one for one in self.messages if one.__struct_config__.tag in kinds]

    def last(self, *kinds: str) -> Message | None:
        """The last of these kinds, None if there is none."""
        found = self.of(*kinds)
        return found[-1] if found else None

    @property
    def result(self) -> list[Message]:
        """What came of it."""
        return self.of(*_RESULT)

    @property
    def answers(self) -> dict[str, Answer]:
        """Objection → its answer."""
        return {one.objection: one for one in self.messages if isinstance(one, Answer)}

    @property
    def released(self) -> dict[str, str]:
        """`CUSTODIAN/PART` → when it answered."""
        return {f"{one.custodian}/{one.part}": one.at for one in self.messages if isinstance(one, Release)}

    def steps(self, phase: str) -> list[tuple[str, str]]:
        """(step, done / current / stopped / ahead) of each step: the list at the side of the page."""
        last = self.messages[-1]
        current = "roll" if last.step == "waiting" and phase == "closing" else last.step
        here = STEPS.index(current)
        finished = any(one.__struct_config__.tag == "awarded" for one in self.messages)
        stopped = "stopped" if last.over else "done" if finished else "current"
        return [
            (name, "done" if place < here else stopped if place == here else "ahead")
            for place, name in enumerate(STEPS)
        ]


@route(blueprint, "GET", "/tenders/<tender>/lots/<lot>/hall", PUBLIC)
def hall(tender: str, lot: str) -> Response:
    """The hall of a lot as it stands; `?screen=wall` for the wall of a trading centre."""
    at = services()
    book = _book(at)
    messages, state = _kept().hall(book, tender, lot)
    live = at.config.public.live
    made = Hall(messages)
    closed = made.last("closed")
    return page.render(
        "hall.html",
        hall=made,
        tender=tender,
        lot=lot,
        notice=messages[0],
        state=state,
        steps=made.steps(state.phase),
        bids=closed.bids if isinstance(closed, Closed) else -1,
        now=state.now,
        last=messages[-1].n,
        socket=f"{live.replace('http', 'ws', 1)}{SOCKET}" if live else "",
        version=VERSION,
        wall=request.args.get("screen") == "wall",
        price=texts.price,
        name_of=lambda id_: getattr(book.custodian(id_), page.language()),
    )


@route(blueprint, "POST", "/api/hall/<tender>/<lot>/ticket", PUBLIC)
def watch(tender: str, lot: str) -> Response:
    """A ticket for anybody: `{ticket, expires}`, for one connection within a minute."""
    at = services()
    with reading(at.engine) as conn:
        if all(one.lot != lot for one in search.one(conn, tender).lots):
            raise Refusal("lot.unknown", lot=lot[:64])
        now = database_now(conn)
    return _ticket(at, "public", tender, lot, now)


@route(blueprint, "POST", "/office/hall/<tender>/<lot>/ticket", STAFF)
def watch_as_staff(tender: str, lot: str) -> Response:
    """A ticket for the tender's own tenderee and agency, the centre and the supervisor: it shows what they owe, too."""
    at = services()
    with reading(at.engine) as conn:
        if not _may_watch(conn, tender, lot, principal()):
            raise Refusal("http.not_found")
        now = database_now(conn)
    return _ticket(at, "staff", tender, lot, now)


def _ticket(at: Services, audience: Audience, tender: str, lot: str, now: datetime) -> Response:
    key = read_shared_key(at.config.folders.keys / LIVE_KEY)
    made = ticket.issue(key, audience, tender, lot, now, at.entropy)
    return json_response({"ticket": made, "expires": clock.text(now + ticket.LIFE)})


def _may_watch(conn: sa.Connection, tender: str, lot: str, who: Principal) -> bool:
    """Whether there is such a lot, and it is theirs: what is another's is answered like what is not there."""
    try:
        found = search.one(conn, tender)
    except Refusal:
        return False
    return any(one.lot == lot for one in found.lots) and _concerned(conn, procedures.tender(Acts(conn), tender), who)


def _concerned(conn: sa.Connection, tender: TenderState, who: Principal) -> bool:
    """Whether somebody of the office has to do with this tender."""
    if who.role in ("centre", "supervisor"):
        return True
    if who.role == "tenderee":
        return who.party == tender.party
    signed: list[Person] = directory.by_keys(conn, tender.publishers)
    return any(person.role == "agency" and person.party == who.party for person in signed)


def _kept() -> Kept:
    """The halls that this process has at hand."""
    return cast(Kept, current_app.extensions.setdefault("mingjing_halls", Kept()))


def _book(at: Services) -> Book:
    return Book(at.engine, at.documents.read, at.trust, at.challenge_every)

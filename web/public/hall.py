"""The opening hall's page, whole without any script, and tickets for its socket (docs/formats/live.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, request

from bidding.parties import Person
from bidding.procedures.tender import TenderState
from bidding.store import directory, procedures, search
from bidding.store.book import Book as Acts
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.store.engine import database_now, reading
from web import page, texts, words
from web.access import PUBLIC, STAFF, Principal, route
from web.account.enter import door
from web.delivery import json_response, principal
from web.live import ticket
from web.live.book import Book
from web.live.kept import Kept
from web.live.messages import STEPS, Announced, Answer, Candidates, Closed, Message, Release, Sheet
from web.live.protocol import VERSION, Audience
from web.services import LIVE_KEY, Services, read_shared_key, services

blueprint: Final = Blueprint("hall", __name__, static_folder=None)

SOCKET: Final = "/hall"
# Kinds whose sentences make up the result; every other kind has a part of the page of its own.
_RESULT: Final = ("evaluated", "candidates", "awarded", "followed", "contracted", "retendered", "failed")
# What staff may owe (`Room.staff`): the profile's steps, whose articles the page cites in its own language.
_OWED: Final = ("objection_reply", "opening_wait", "candidates_published", "award", "contract")
# What the box may answer to a letter: the page brings the words, so that nobody asks for them when it is refused.
_REFUSALS: Final = (
    *("letter.no_bid", "letter.text", "letter.too_many", "box.lot_unknown", "client.no_date"),
    *("http.busy", "http.crowded", "http.rate", "http.too_slow", "http.unexpected"),
    *("request.out_of_time", "request.replayed", "request.body_differs", "request.not_this"),
)


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


@dataclass(frozen=True)
class Objecting:
    """Who may object in the hall, and until when: to the opening once bidders are announced, then to the result.

    `since`: when they were announced; `until`, `result_until`: when it is over, empty before that is known. `over`: how
    the lot ended ("", failed, terminated). `stand`: opening or result (the time runs), between and after (it does not),
    unopened (nothing ever opened), empty before the announcement.
    """

    since: str
    until: str
    result_until: str
    over: str
    stand: Literal["", "opening", "result", "between", "after", "unopened"]

    @property
    def kind(self) -> str:
        """The kind of objection whose time runs, or nothing."""
        return self.stand if self.stand in ("opening", "result") else ""


def _objecting(made: Hall, now: str) -> Objecting:
    """As the messages so far have it; `board.js` and `object.js` say the same as they go on."""
    announced, sheet, shown = made.last("announced"), made.last("sheet"), made.last("candidates")
    since = announced.at if announced is not None else ""
    until = sheet.until if isinstance(sheet, Sheet) else announced.until if isinstance(announced, Announced) else ""
    result = shown.until if isinstance(shown, Candidates) else ""
    over = made.messages[-1].over
    return Objecting(since, until, result, over, _stand(since, until, result, over, now))


def _stand(
    since: str, until: str, result: str, over: str, now: str
) -> Literal["", "opening", "result", "between", "after", "unopened"]:
    # Times of one spelling: their order is that of their texts.
    if not since:
        return "unopened" if over == "failed" else ""
    if over != "terminated":
        if not until or now < until:
            return "opening"
        if now < result:
            return "result"
    return "after" if over or result else "between"


@route(blueprint, "GET", "/tenders/<tender>/lots/<lot>/hall", PUBLIC)
def hall(tender: str, lot: str) -> Response:
    """The hall of a lot as it stands; `?screen=wall` for the wall of a trading centre."""
    at = services()
    book = _book(at)
    shown = _kept().hall(book, tender, lot)
    messages, state, clocks = shown.messages, shown.state, shown.clocks
    live, lang = at.config.public.live, page.language()
    made, role = Hall(messages), _staff(at, tender, lot)
    # What hangs on the wall is for everybody in the room, whoever signed in at that machine.
    wall = request.args.get("screen") == "wall"
    staff = "" if wall or request.args.get("view") == "public" else role
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
        wall=wall,
        price=texts.price,
        name_of=lambda id_: getattr(book.custodian(id_), lang),
        objecting=_objecting(made, state.now),
        articles={name: texts.article(clocks.article(name), lang) for name in ("standstill", "complaint")},
        cited={(one := clocks.article(name)): texts.article(one, lang) for name in _OWED},
        role=role,
        staff=staff,
        owed=shown.staff.owed if staff else (),
        ticket=f"/{'office' if staff else 'api'}/hall/{tender}/{lot}/ticket",
        box=at.config.public.box,
        refusals={
            **{code: words.book()[code][lang] for code in _REFUSALS},
            "http.unreachable": texts.text("hall.object.unreachable", lang),
        },
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


def _staff(at: Services, tender: str, lot: str) -> str:
    """In which role whoever is signed in sees this hall as staff; empty for everybody else."""
    found = door()
    session = found.by_session()
    if session is None or session.principal is None or found.weak(session):
        return ""
    who = session.principal
    if who.role not in STAFF.roles:
        return ""
    with reading(at.engine) as conn:
        return who.role if _may_watch(conn, tender, lot, who) else ""


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

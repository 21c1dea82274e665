"""The public's pages, rendered here and readable without any script: the list of tenders, and one tender's result."""

from __future__ import annotations

from importlib import resources
from typing import Final

from flask import Blueprint, Response, render_template, request

from bidding.procedures import phase, postponed
from bidding.store import custodians, directory, procedures, search
from bidding.store.book import Book
from ledger.basics.errors import Param
from ledger.store import read
from ledger.store.engine import reading
from web import errors
from web.access import PUBLIC, route
from web.delivery import query_int, query_text
from web.public import result, texts
from web.services import services
from web.words import Lang, say

blueprint: Final = Blueprint("pages", __name__, static_folder=None)

_CATEGORIES: Final = ("works", "goods", "services")
_STATES: Final = ("published", "suspended", "terminated")


@route(blueprint, "GET", "/", PUBLIC)
def index() -> Response:
    """The list of published tenders, newest first; the address is the state of the search."""
    text, category, state = query_text("q"), query_text("category", 16), query_text("state", 24)
    with reading(services().engine) as conn:
        page = search.search(conn, text, category, state, query_int("page", 1, 100_000))
    return _page(
        "index.html",
        found=page.found,
        total=page.total,
        page=page.page,
        pages=max(1, -(-page.total // search.PAGE)),
        asked={"q": text, "category": category, "state": state},
        categories=_CATEGORIES,
        states=_STATES,
    )


@route(blueprint, "GET", "/tenders/<tender>", PUBLIC)
def tender(tender: str) -> Response:
    """One tender: notice, timeline, opening sheet, ranking, every mark with its reason, how to verify."""
    at, lang = services(), _lang()
    with reading(at.engine) as conn:
        found = search.one(conn, tender)
        book = Book(conn)
        procedure = procedures.load(book, tender, at.documents.read)
        streams = {procedure.stream: read.visible(conn, procedure.stream)}
        for lot in procedure.notice.lots:
            name = procedure.lot_stream(lot.lot)
            streams[name] = read.visible(conn, name)
        party = directory.find(conn, found.party)

        def name_of(uscc: str, in_lang: Lang) -> str:
            known = directory.by_uscc(conn, uscc)
            return known.name[in_lang] if known else ""

        lots = [
            result.lot_page(
                {
                    "lot": lot.lot,
                    "title": lot.title,
                    "ceiling_fen": lot.ceiling_fen,
                    "form": lot.form,
                    "rules": lot.rules,
                },
                [one.event for one in streams[procedure.lot_stream(lot.lot)]],
                phase(procedure, lot.lot, book.now),
                at.documents.read,
                name_of,
                lang,
            )
            for lot in procedure.notice.lots
        ]
        moved = {one.lot: one for one in postponed(procedure.tender) if procedure.lot(one.lot).status == "open"}
        seen = custodians.seen(conn, tender, at.challenge_every, book.now)
    return _page(
        "tender.html",
        tender=found,
        notice=procedure.notice,
        party=party.name[lang] if party else found.party,
        lots=lots,
        postponed=moved,
        timeline=result.timeline(streams),
        custodians=seen,
        name_of=lambda id_: at.trust.custodians[id_].name[lang] if id_ in at.trust.custodians else id_,
        document=lambda name: texts.document(name, lang),
    )


@route(blueprint, "GET", "/static/site.css", PUBLIC)
def style() -> Response:
    """The style sheet."""
    return _static("site.css", "text/css; charset=utf-8")


@route(blueprint, "GET", "/static/icon.svg", PUBLIC)
def icon() -> Response:
    """The mirror in the browser's tab."""
    return _static("icon.svg", "image/svg+xml")


def _static(name: str, content_type: str) -> Response:
    answer = Response(resources.files("web").joinpath("static", name).read_bytes(), content_type=content_type)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _lang() -> Lang:
    return "en" if request.args.get("lang") == "en" else "zh"


def _page(template: str, **values: object) -> Response:
    lang = _lang()
    other: Lang = "zh" if lang == "en" else "en"
    asked = {name: value for name, value in request.args.items() if name != "lang"}
    return Response(
        render_template(
            template,
            lang=lang,
            other=other,
            here=request.path,
            query=asked,
            t=lambda key, **more: texts.text(key, lang, **more),
            time=texts.time,
            has=lambda key: key in texts.book(),
            money=texts.money,
            **values,
        ),
        content_type="text/html; charset=utf-8",
    )


def refused(code: str, params: dict[str, Param]) -> Response:
    """A refusal as a page, with the status of its code."""
    status = errors.status(code)
    answer = _page("error.html", message=say(code, params, _lang()), code=code, status=status)
    answer.status_code = status
    return answer

"""The list of tenders: a search whose whole state stands in the address, and the same as an Atom feed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from bidding.store import search
from bidding.store.search import CATEGORIES, SORTS, STATES, Found
from ledger.basics import clock
from ledger.store import read
from ledger.store.engine import database_now, reading
from web import page, texts
from web.access import PUBLIC, route
from web.public import asked as addresses
from web.public.asked import Asked
from web.services import services
from web.words import Lang

blueprint: Final = Blueprint("listing", __name__, static_folder=None)

_LIST: Final = "/tenders"
_FEED: Final = "/tenders.atom"
_RANGES: Final = ("published", "deadline", "amount")
# What XML 1.0 has no place for.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@route(blueprint, "GET", _LIST, PUBLIC)
def tenders() -> Answer:
    """The list; a form sends its empty fields along, so an address that has some is led to the one without."""
    lang, asked = page.language(), addresses.read(request.args)
    if asked.untidy:
        return redirect(asked.address(_LIST, lang), 303)
    with reading(services().engine) as conn:
        now = clock.text(database_now(conn))
        found = search.search(conn, asked.query, now, asked.page)
        facets = search.facets(conn, asked.query, now)
    regions = [*facets.region, *(one for one in asked.query.regions if one not in facets.region)]
    return page.render(
        "tenders.html",
        asked=asked,
        found=found,
        now=now,
        facets=facets,
        categories=[(one, texts.text(f"category.{one}", lang)) for one in CATEGORIES],
        states=[(one, texts.text(f"search.state.{one}", lang)) for one in STATES],
        regions=[(one, texts.region(one, lang)) for one in regions],
        sorts=[(one, texts.text(f"search.sort.{one}", lang)) for one in SORTS],
        wrong={field: texts.text(f"search.wrong.{kind}", lang) for field, kind in asked.wrong},
        named={field: _name(field, lang) for field, _ in asked.wrong},
        chips=chips(asked, lang),
        feed=asked.address(_FEED, lang, sort=(), page=()),
        clear=f"{_LIST}?lang={lang}",
        sorted_by=lambda sort: asked.address(_LIST, lang, sort=() if sort == SORTS[0] else [sort]),
        at_page=lambda number: asked.address(_LIST, lang, page=[str(number)]),
    )


@route(blueprint, "GET", _FEED, PUBLIC)
def feed() -> Response:
    """The newest of a search as an Atom feed (RFC 4287); `Refusal("search.malformed")` for what cannot be read."""
    lang, asked = page.language(), addresses.strict(request.args)
    with reading(services().engine) as conn:
        now = clock.text(database_now(conn))
        found = search.search(conn, asked.query, now).found
        changed = _changed(conn, found)
    root = services().config.public.office or request.host_url.rstrip("/")
    body = render_template(
        "tenders.atom.xml",
        lang=lang,
        root=root,
        feed_id=f"{_tag()}{asked.address(_FEED, lang, page=())}",
        here=asked.address(_FEED, lang),
        there=asked.address(_LIST, lang),
        entry_id=lambda one: f"{_tag()}/tenders/{one.tender}",
        found=found,
        changed=changed,
        updated=max(changed.values(), default=now),
        phases=lambda one: phases(one, now, lang),
        t=lambda key, **values: texts.text(key, lang, **values),  # texts: relayed
        moment=lambda value: texts.moment(value, lang),
        amount=lambda fen: texts.amount(fen, lang),
        region=lambda code: texts.region(code, lang),
    )
    return Response(_NO_XML.sub("", body), content_type="application/atom+xml; charset=utf-8")


def phases(one: Found, now: str, lang: Lang) -> list[str]:
    """Where each lot of a tender stands, in words."""
    return [texts.text(f"phase.{one.phase(lot, now)}", lang) for lot in one.lots]


def chips(asked: Asked, lang: Lang) -> list[tuple[str, str]]:
    """What the list is narrowed to: (words, the address without it). What could not be read narrows nothing."""
    wrong = {field for field, _ in asked.wrong}
    query = asked.query
    found: list[tuple[str, str]] = []
    if query.text:
        found.append((f"“{query.text}”", asked.address(_LIST, lang, q=())))
    words = [("category", one, texts.text(f"category.{one}", lang)) for one in query.categories]
    words += [("state", one, texts.text(f"search.state.{one}", lang)) for one in query.states]
    words += [("region", one, texts.region(one, lang)) for one in query.regions]
    found += [(said, asked.without(_LIST, lang, name, one)) for name, one, said in words]
    for name in _RANGES:
        for end in ("from", "to"):
            field = f"{name}_{end}"
            if asked.value(field) and field not in wrong:
                said = texts.text(f"search.chip.{field}", lang, value=asked.value(field))
                found.append((said, asked.address(_LIST, lang, **{field: ()})))
    return found


def _name(field: str, lang: Lang) -> str:
    """What a field, or the group that it stands in, is called."""
    group = field.partition("_")[0]
    return texts.text(f"search.field.{group}", lang)


def _changed(conn: sa.Connection, found: Sequence[Found]) -> dict[str, str]:
    """When something about each tender was last made public, as time texts."""
    streams = {
        name: one.tender
        for one in found
        for name in (f"tender/{one.tender}", *(f"lot/{one.tender}/{lot.lot}" for lot in one.lots))
    }
    changed = {one.tender: one.published_at for one in found}
    for stream, at in read.last_shown(conn, list(streams)).items():
        said = clock.text(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at))
        changed[streams[stream]] = max(changed[streams[stream]], said)
    return changed


def _tag() -> str:
    """The beginning of our identifiers (RFC 4151): whose they are and since when, whatever the address is one day."""
    authority = services().config.platform.origin.partition("/")[0].partition(":")[0]
    return f"tag:{authority},2026:"

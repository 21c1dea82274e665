"""The page of one tender, readable without any script."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from bidding.procedures import phase, postponed
from bidding.store import custodians, directory, procedures, search
from bidding.store.book import Book
from ledger.store import read
from ledger.store.engine import reading
from web import page, texts
from web.access import PUBLIC, route
from web.page import language
from web.public import result
from web.services import services
from web.words import Lang

blueprint: Final = Blueprint("pages", __name__, static_folder=None)


@route(blueprint, "GET", "/tenders/<tender>", PUBLIC)
def tender(tender: str) -> Response:
    """One tender: notice, timeline, opening sheet, ranking, every mark with its reason, how to verify."""
    at, lang = services(), language()
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
    return page.render(
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

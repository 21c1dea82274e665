"""`/api/…`: what anyone may read, and no more than the log has disclosed (docs/formats/api.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from threading import Lock
from typing import Final

from flask import Blueprint, Response, request

from bidding.procedures import postponed
from bidding.store import custodians, documents, procedures, published, search
from bidding.store.book import Book
from ledger.basics import clock
from ledger.basics.canonical import unhex
from ledger.basics.errors import Refusal
from ledger.store import read, serve
from ledger.store.engine import database_now, reading
from ledger.store.read import Stored
from web import export
from web.access import PUBLIC, route
from web.delivery import json_response, query_int
from web.public import asked as addresses
from web.services import services

blueprint: Final = Blueprint("api", __name__, url_prefix="/api")

# How many segments a stream's name has, by its first (docs/formats/events.md).
_SEGMENTS: Final = {"log": 1, "box": 1, "party": 2, "person": 2, "tender": 2, "lot": 3, "issuance": 3}
# Held while a bundle is made; whoever comes meanwhile waits so many seconds for it.
MAKING: Final = Lock()
_PATIENCE: Final = 5.0
# Of a page of a stream's events: what reads them takes 8 MiB (`ledger.institution.platform`).
_PAGE: Final = 4 << 20
_FOREVER: Final = "public, max-age=31536000, immutable"


@route(blueprint, "GET", "/time", PUBLIC)
def time() -> Response:
    """The database's clock: `{now}`."""
    with reading(services().engine) as conn:
        return json_response({"now": clock.text(database_now(conn))})


@route(blueprint, "GET", "/trust", PUBLIC)
def trust() -> Response:
    """The trust file as the platform tells it: for comparing with one's own, never for verifying with."""
    return Response(services().config.folders.trust.read_bytes(), mimetype="application/json")


@route(blueprint, "GET", "/tenders", PUBLIC)
def tenders() -> Response:
    """Published tenders by the fields of the list (docs/formats/api.md) → `{tenders, total, page, per_page}`.

    Raises `Refusal("search.malformed", field=…)`.
    """
    asked = addresses.strict(request.args)
    with reading(services().engine) as conn:
        page = search.search(conn, asked.query, clock.text(database_now(conn)), asked.page)
    found = [asdict(one) for one in page.found]
    return json_response({"tenders": found, "total": page.total, "page": page.page, "per_page": search.PAGE})


@route(blueprint, "GET", "/tenders/<tender>", PUBLIC)
def tender(tender: str) -> Response:
    """One published tender: its row with its lots and the streams that belong to it, each with its last version.

    `postponed`: for each lot whose opening an addendum moved, which custodians have confirmed that.
    """
    with reading(services().engine) as conn:
        found = search.one(conn, tender)
        state = procedures.tender(Book(conn), tender)
        streams = {f"tender/{tender}": read.version(conn, f"tender/{tender}")}
        streams |= {f"lot/{tender}/{one.lot}": read.version(conn, f"lot/{tender}/{one.lot}") for one in found.lots}
    moved = [{**asdict(one), "enough": one.enough} for one in postponed(state)]
    return json_response({**asdict(found), "streams": streams, "postponed": moved})


@route(blueprint, "GET", "/tenders/<tender>/custodians", PUBLIC)
def tender_custodians(tender: str) -> Response:
    """When each custodian of a tender last proved that it can open: `{custodians: [{custodian, …, silent}]}`."""
    with reading(services().engine) as conn:
        search.one(conn, tender)
        found = custodians.seen(conn, tender, services().challenge_every, database_now(conn))
    return json_response({"custodians": [asdict(one) for one in found]})


@route(blueprint, "GET", "/tenders/<tender>/bundle.zip", PUBLIC)
def bundle(tender: str) -> Response:
    """The evidence bundle of a tender: `mingjing verify` checks it offline.

    One is made at a time: a large one is a hundred megabytes, and anybody may ask.
    """
    with reading(services().engine) as conn:
        search.one(conn, tender)
    if not MAKING.acquire(timeout=_PATIENCE):
        raise Refusal("http.busy", seconds=5)
    try:
        made = export.bundle_of(services(), tender)
    finally:
        MAKING.release()
    answer = Response(made, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{tender}.zip"'
    return answer


@route(blueprint, "GET", "/streams/<path:stream>", PUBLIC)
def stream(stream: str) -> Response:
    """A stream's disclosed and sequenced events after `?after=`: `{events: [{event, salt, index}]}`.

    As many as a page holds; whoever asks for what comes after the last until nothing comes has all.
    """
    with reading(services().engine) as conn:
        found = read.visible(conn, stream, after=query_int("after", 0, 10**9), most=_PAGE)
    return json_response({"events": [_shown(one) for one in found]})


@route(blueprint, "GET", "/events/<leaf>", PUBLIC)
def event(leaf: str) -> Response:
    """A disclosed event by its leaf: `{event, salt, index}`."""
    with reading(services().engine) as conn:
        found = read.by_leaf(conn, unhex(leaf, 32, "leaf"))
    if not found.visible or found.index is None:
        raise Refusal("event.unknown", event=leaf)
    return json_response(_shown(found))


@route(blueprint, "GET", "/sealed/<path:rest>", PUBLIC)
def sealed(rest: str) -> Response:
    """A disclosed value `<stream>/<version>/<name>`: `{salt, value}`; one refusal for any other, there or not."""
    parts = rest.split("/")
    count = _SEGMENTS.get(parts[0], 0)
    if not count or len(parts) < count + 2 or not parts[count].isdigit() or len(parts[count]) > 9:
        raise Refusal("http.not_found")
    name = "/".join(parts[count + 1 :])
    stream, version = "/".join(parts[:count]), int(parts[count])
    try:
        with reading(services().engine) as conn:
            salt, value = read.disclosed_value(conn, stream, version, name)
    except Refusal as why:
        if why.code != "sealed_value.unknown":
            raise
        # Like one that is there: which values an event has that nobody may see is nobody's business either.
        raise Refusal("sealed_value.not_disclosed", **why.params) from None
    return json_response({"salt": salt.hex(), "value": value})


@route(blueprint, "GET", "/proofs/<leaf>", PUBLIC)
def proof(leaf: str) -> Response:
    """The C2SP tlog-proof of an event's leaf."""
    with reading(services().engine) as conn:
        return Response(serve.tlog_proof(conn, unhex(leaf, 32, "leaf")), content_type="text/plain; charset=utf-8")


@route(blueprint, "GET", "/documents/<sha256>", PUBLIC)
def document(sha256: str) -> Response:
    """A document that a disclosed event names."""
    unhex(sha256, 32, "sha256")
    with reading(services().engine) as conn:
        if not documents.is_public(conn, sha256):
            raise Refusal("file.not_found", sha256=sha256)
    return _file(services().documents.pieces(sha256), services().documents.size(sha256))


@route(blueprint, "GET", "/submissions/<sha256>", PUBLIC)
def submission(sha256: str) -> Response:
    """A submission's envelope, once its lot has its roll."""
    with reading(services().engine) as conn:
        return json_response(published.envelope(conn, "submission", sha256))


@route(blueprint, "GET", "/withdrawals/<sha256>", PUBLIC)
def withdrawal(sha256: str) -> Response:
    """A withdrawal's envelope, once its lot has its roll."""
    with reading(services().engine) as conn:
        return json_response(published.envelope(conn, "withdrawal", sha256))


@route(blueprint, "GET", "/forms/<sha256>", PUBLIC)
def form(sha256: str) -> Response:
    """The ciphertext of a form that was present at the opening."""
    unhex(sha256, 32, "sha256")
    with reading(services().engine) as conn:
        if not published.is_form(conn, sha256):
            raise Refusal("file.not_found", sha256=sha256)
    return _file(services().forms.pieces(sha256), services().forms.size(sha256))


def _shown(one: Stored) -> dict[str, object]:
    return {"event": one.event.object(), "salt": one.salt.hex(), "index": one.index}


def _file(pieces: Iterator[bytes], size: int) -> Response:
    answer = Response(pieces, mimetype="application/octet-stream")
    answer.headers["Content-Length"] = str(size)
    answer.headers["Cache-Control"] = _FOREVER
    # A document is anybody's HTML; it is for saving, not for showing under our name.
    answer.headers["Content-Disposition"] = "attachment"
    return answer

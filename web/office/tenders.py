"""Drafting a tender: the draft, its documents, its key sets, and the notice that two people will sign."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from flask import Blueprint, Response, request

from bidding.acts import draft as draft_act
from bidding.acts.draft import DraftTender
from bidding.procedures import tender as tender_stream
from bidding.store import documents, draft_shape, drafts, keysets, lot_keys
from bidding.store.book import Book
from bidding.store.drafts import Draft
from bidding.store.keysets import Progress
from bidding.store.perform import Plan, perform_in
from ledger.basics.canonical import Json, canonical, unhex
from ledger.basics.clock import parse_time
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id, new_id
from ledger.store.engine import database_now, reading, transaction
from web.access import BIDDER, TENDEREE, route
from web.config import Office
from web.delivery import json_body, json_response, principal
from web.services import services

blueprint: Final = Blueprint("tenders", __name__, url_prefix="/office")

_PIECE: Final = 1 << 16


@route(blueprint, "POST", "/tenders", TENDEREE)
def create() -> Response:
    """A new draft: the notice without what the platform adds (docs/formats/api.md). 201 `{tender, draft_sha256}`.

    With the header `Idempotency-Key` the same request again is the same draft: a lost answer makes no second one.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return _store(new_id(services().entropy), new=True)
    named = H(b"mingjing/draft/v1\0" + canonical([principal().party, check_id(key, "Idempotency-Key")]))
    return _store(new_id(lambda length: named[:length]), new=True)


@route(blueprint, "PUT", "/tenders/<tender>", TENDEREE)
def change(tender: str) -> Response:
    """The draft's next version; `{tender, draft_sha256}`."""
    return _store(tender, new=False)


@route(blueprint, "GET", "/tenders/<tender>", TENDEREE)
def show(tender: str) -> Response:
    """One's own draft as it stands."""
    with reading(services().engine) as conn:
        return json_response(drafts.get(conn, tender, principal().party).body)


@route(blueprint, "PUT", "/tenders/<tender>/documents", TENDEREE)
def document(tender: str) -> Response:
    """Stores a document's raw bytes; `{sha256, size}`. It stays unpublished until a notice or an addendum names it.

    The header `Mingjing-SHA256` says what its hash will be; without it the body may be 1 MiB long. What an organisation
    stores and does not publish has a quota (docs/formats/api.md).
    """
    at, limit = services(), services().config.office.max_document_bytes
    named, party = request.headers.get("Mingjing-SHA256", ""), principal().party
    with reading(at.engine) as conn:
        drafts.get(conn, tender, party)
        if named not in documents.sizes(conn, [named]):  # again after a lost answer: it is counted already
            limit = min(limit, _room(conn, at.config.office, party, request.content_length or 0))
    if named:
        unhex(named, 32, "Mingjing-SHA256")
        request.max_content_length = limit
        sha256, size = named, at.documents.put(named, _pieces(), limit)
    else:
        data = request.get_data(cache=False)
        sha256, size = at.documents.put_bytes(data), len(data)
    with transaction(at.engine) as conn:
        documents.note(conn, sha256, size, database_now(conn), party=party)
    return json_response({"sha256": sha256, "size": size})


@route(blueprint, "POST", "/tenders/<tender>/keysets", TENDEREE)
def ask_keysets(tender: str) -> Response:
    """Makes the lots' ticket keys and asks the custodians for key sets; 202 with the progress. Idempotent."""
    at = services()
    with reading(at.engine) as conn:
        draft = drafts.get(conn, tender, principal().party)
        has_key = lot_keys.spkis(conn, tender)
    lots, custodians, t, deadline = drafts.ask_keysets(draft)
    for custodian in custodians:
        if custodian not in at.trust.custodians:
            raise Refusal("custodian.unknown", custodian=custodian[:64])
    new_keys = {lot: lot_keys.generate() for lot in lots if lot not in has_key}
    with transaction(at.engine) as conn:
        for lot, key in new_keys.items():
            lot_keys.put(conn, tender, lot, key)
        keysets.ask(
            conn,
            tender,
            lots,
            custodians,
            t,
            parse_time(deadline),
            now=database_now(conn),
            entropy=at.entropy,
        )
        found = keysets.progress(conn, tender)
    return json_response(_progress(found), 202)


@route(blueprint, "GET", "/tenders/<tender>/keysets", TENDEREE)
def show_keysets(tender: str) -> Response:
    """How far the key sets are: `{complete, keysets: [{lot, part, step, have}]}`."""
    with reading(services().engine) as conn:
        drafts.get(conn, tender, principal().party)
        return json_response(_progress(keysets.progress(conn, tender)))


@route(blueprint, "GET", "/tenders/<tender>/notice", TENDEREE)
def notice(tender: str) -> Response:
    """The whole notice, once all key sets are signed: for reading, and for signing as `{notice}`."""
    at = services()
    with reading(at.engine) as conn:
        draft = drafts.get(conn, tender, principal().party)
        return json_response(
            {"notice": drafts.notice(conn, draft, at.trust, at.config.platform.interval_ms)},
        )


@route(blueprint, "POST", "/rehearsals", BIDDER)
def ask_rehearsal() -> Response:
    """Asks custodians for throw-away keys: `{nonce, part, custodians}`; 202 `{keys: {custodian: hex}}` so far.

    Asking again tells how far it is. Nothing real is involved (docs/formats/sealing.md §7).
    """
    at, body = services(), json_body()
    nonce, part, custodians = body.get("nonce"), body.get("part"), body.get("custodians")
    if not isinstance(nonce, str) or not isinstance(part, str) or not isinstance(custodians, list):
        raise Refusal("canonical.missing_member", member="nonce, part, custodians")
    ids = [str(one)[:64] for one in custodians]
    for custodian in ids:
        if custodian not in at.trust.custodians:
            raise Refusal("custodian.unknown", custodian=custodian)
    with transaction(at.engine) as conn:
        now = database_now(conn)
        keysets.ask_rehearsal(conn, nonce, part, ids, now=now, entropy=at.entropy, admit=_admit_rehearsal)
        return json_response({"keys": keysets.rehearsal_keys(conn, nonce, part)}, 202)


@route(blueprint, "POST", "/rehearsals/shares", BIDDER)
def ask_shares() -> Response:
    """Passes a rehearsal's seal on: `{keyset, author_key, seal}`; 202 `{answers: {custodian: {share} | {bad}}}`."""
    at, body = services(), json_body()
    with transaction(at.engine) as conn:
        known, now = at.trust.custodians, database_now(conn)
        answers = keysets.ask_rehearsal_shares(conn, body, known, now=now, entropy=at.entropy, admit=_admit_rehearsal)
    return json_response({"answers": answers}, 202)


def _admit_rehearsal() -> None:
    """Counts something new that the asking organisation wants of custodians; `Refusal("http.rate")` if too much."""
    services().rehearsals.call(principal().party)


def _store(tender: str, *, new: bool) -> Response:
    at, who = services(), principal()
    body = draft_shape.check(json_body())
    sha256 = H(canonical(body)).hex()
    made = Draft(tender, who.party, who.person, body)

    def decide(book: Book) -> Plan:
        state = book.state(tender_stream.stream_of(tender), tender_stream.fold)
        return draft_act.decide(state, DraftTender(tender, who.party, sha256), book.now)

    with transaction(at.engine) as conn:
        known = drafts.find(conn, tender, who.party) if new else drafts.get(conn, tender, who.party)
        if known is None or known.body != body:
            perform_in(conn, decide, actor=who.person, entropy=at.entropy)
            drafts.put(conn, made)
    return json_response({"tender": tender, "draft_sha256": sha256}, 201 if new else 200)


def _room(conn: sa.Connection, office: Office, party: str, wanted: int) -> int:
    """How many bytes an organisation may still store unpublished; `Refusal("document.quota", field=…)` if too few."""
    total, count = documents.unpublished(conn, party, database_now(conn))
    for field, after, limit in (
        ("max_unpublished_bytes", total + wanted, office.max_unpublished_bytes),
        ("max_unpublished_documents", count + 1, office.max_unpublished_documents),
    ):
        if after > limit:
            raise Refusal("document.quota", field=field, limit=limit, bytes=total, documents=count)
    return office.max_unpublished_bytes - total


def _progress(found: list[Progress]) -> dict[str, Json]:
    rows: list[Json] = [{"lot": one.lot, "part": one.part, "step": one.step, "have": list(one.have)} for one in found]
    return {"complete": bool(found) and all(one.step == "done" for one in found), "keysets": rows}


def _pieces() -> Iterator[bytes]:
    while piece := request.stream.read(_PIECE):
        yield piece

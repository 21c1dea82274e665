"""`/custody/…`: requests out, answers, releases and forms in (docs/formats/custody.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, request

from bidding.store import answers, mailbox, published
from bidding.store.answers import Desk
from ledger.basics.canonical import Json, unhex
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.store.engine import database_now, reading, transaction
from web.access import INSTITUTION, INSTITUTION_FILE, route
from web.delivery import json_body, json_response
from web.services import services
from web.signed import signed

blueprint: Final = Blueprint("custody", __name__, url_prefix="/custody")

_AT_ONCE: Final = 200
_PIECE: Final = 1 << 16


@route(blueprint, "GET", "/requests", INSTITUTION)
def requests() -> Response:
    """What is asked of an institution and not answered yet: `?institution=<id>` → `{requests: [{id, kind, body}]}`.

    For the institution itself: how much is asked would tell others who rehearses, and of drafts nobody has published.
    """
    institution = check_id(request.args.get("institution", ""), "institution")
    trust = services().trust
    custodian = trust.custodians.get(institution)
    key = custodian.key if custodian is not None else trust.contributors.get(institution)
    with reading(services().engine) as conn:
        now = database_now(conn)
        if signed(request, now).key != key:
            raise Refusal("custody.not_institution", institution=institution)
        found = mailbox.waiting(conn, institution, now)
    listed: list[Json] = [{"id": one.id, "kind": one.kind, "body": one.body} for one in found[:_AT_ONCE]]
    return json_response({"requests": listed})


@route(blueprint, "POST", "/answers/<mail_id>", INSTITUTION)
def answer(mail_id: str) -> Response:
    """Takes the answer to a request; the same again is accepted again."""
    body = json_body()
    at = services()
    with transaction(at.engine) as conn:
        desk = Desk(conn, at.trust, at.documents.read, at.entropy, database_now(conn))
        found = answers.take(desk, mail_id, body)
    return json_response({"id": found.id})


@route(blueprint, "POST", "/releases", INSTITUTION)
def release() -> Response:
    """Takes a custodian's release; the same again is accepted again."""
    body = json_body()
    at = services()
    with transaction(at.engine) as conn:
        desk = Desk(conn, at.trust, at.documents.read, at.entropy, database_now(conn))
        answers.take_release(desk, body)
    return json_response({"recorded": True})


@route(blueprint, "PUT", "/forms/<sha256>", INSTITUTION_FILE)
def form(sha256: str) -> Response:
    """Takes back the ciphertext of a form that was present and is lost; its hash says whether it is the right one."""
    unhex(sha256, 32, "sha256")
    at = services()
    with reading(at.engine) as conn:
        size = published.form_size(conn, sha256)
    # One more than there can be: a server that marks the end of its input makes Werkzeug refuse what fills the limit.
    request.max_content_length = size + 1
    if not at.forms.intact(sha256):
        at.forms.put(sha256, _pieces(), size)
        with transaction(at.engine) as conn:
            mailbox.settle(conn, "form", sha256, database_now(conn))
    return json_response({"sha256": sha256, "size": size})


def _pieces() -> Iterator[bytes]:
    while piece := request.stream.read(_PIECE):
        yield piece

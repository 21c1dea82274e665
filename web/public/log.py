"""`/log/…`: the tree as static files, its checkpoints, and where witnesses leave their cosignatures."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from ledger.basics.errors import Refusal
from ledger.checkpoint import MAX_NOTE
from ledger.store import serve
from ledger.store.engine import reading, transaction
from web.access import INSTITUTION, PUBLIC, WATCHED, route
from web.delivery import json_response
from web.services import services

blueprint: Final = Blueprint("log", __name__, url_prefix="/log")

_TEXT: Final = "text/plain; charset=utf-8"


@route(blueprint, "GET", "/checkpoint", WATCHED)
def checkpoint() -> Response:
    """The newest checkpoint with enough cosignatures."""
    with reading(services().engine) as conn:
        return Response(serve.latest(conn), content_type=_TEXT)


@route(blueprint, "GET", "/checkpoint.pending", WATCHED)
def pending() -> Response:
    """The newest checkpoint, whoever has cosigned it so far."""
    with reading(services().engine) as conn:
        return Response(serve.pending(conn), content_type=_TEXT)


@route(blueprint, "GET", "/tile/<path:path>", WATCHED)
def tile(path: str) -> Response:
    """A tile of hashes, from which a witness proves that the log goes on; it never changes, so it may be kept for ever.

    At most 8 KiB, unlike an entry bundle.
    """
    return _unchanging(path)


@route(blueprint, "GET", "/tile/entries/<path:path>", PUBLIC)
def entries(path: str) -> Response:
    """An entry bundle; it never changes either."""
    return _unchanging(f"entries/{path}")


def _unchanging(path: str) -> Response:
    data = serve.tile(services().config.folders.log, f"tile/{path}")
    answer = Response(data, content_type="application/octet-stream")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@route(blueprint, "GET", "/keys", PUBLIC)
def keys() -> Response:
    """The verifier keys of the log and its witnesses as the platform tells them: for comparing with a trust file."""
    policy = services().trust.policy
    return json_response(
        {
            "log": policy.log.text,
            "witnesses": [one.text for one in policy.witnesses],
            "witness_threshold": policy.threshold,
        }
    )


@route(blueprint, "POST", "/cosignature", INSTITUTION)
def cosignature() -> Response:
    """Takes a checkpoint's text with a known witness's cosignature."""
    note = request.get_data(cache=False)
    if len(note) > MAX_NOTE:
        raise Refusal("http.too_long", limit=MAX_NOTE)
    with transaction(services().engine) as conn:
        witnessed = serve.add_cosignatures(conn, services().trust.policy, note)
    return json_response({"witnessed": witnessed})

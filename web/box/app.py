"""The box as a Flask application. Every route but the clock asks for a bid key's signature (docs/formats/box.md)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, jsonify, request
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers.response import Response as AnyResponse

from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.store.engine import database_now, reading
from web import errors
from web.box import cross
from web.box.access_log import AccessLog
from web.box.bids import Bids
from web.box.parts import Parts
from web.box.uploads import Uploads
from web.front import behind

# Who may call what: the test that walks every route holds this table against the application.
POLICY: Final[dict[str, str]] = {
    "clock": "anyone",
    "uploads.options": "anyone",
    "uploads.create": "ticket",
    "uploads.head": "bid key",
    "uploads.patch": "bid key",
    "uploads.delete": "bid key",
    "bids.submit": "ticket",
    "bids.withdraw": "bid key",
    "bids.own": "bid key",
    "bids.enquire": "ticket",
    "bids.object_": "bid key",
    "bids.explain": "bid key",
    "bids.supply": "bid key",
}
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_log = logging.getLogger("mingjing.box")


@dataclass(frozen=True)
class Surroundings:
    """What stands around the application.

    `access_log`: where its sealed access log goes (None: a test that needs none); `proxies`: front servers before it;
    `origin`: of the pages whose scripts may ask (empty: none).
    """

    access_log: AccessLog | None = None
    proxies: int = 0
    origin: str = ""


def create_app(parts: Parts, around: Surroundings | None = None) -> Flask:
    """The box's application."""
    app = Flask("mingjing.box", static_folder=None)
    around = around if around is not None else Surroundings()
    behind(app, around.proxies)
    cross.install(app, around.origin)
    app.register_blueprint(Uploads(parts).blueprint())
    app.register_blueprint(Bids(parts).blueprint())

    @app.get("/box/time", endpoint="clock")
    def now() -> Response:
        with reading(parts.engine) as conn:
            return jsonify({"at": clock.text(database_now(conn))})

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> tuple[Response, int]:
        _log.info("refused %s", refusal.code)  # the code only: parameters may name hashes
        body, status = errors.of(refusal)
        answer = jsonify(body)
        answer.headers.update(errors.headers(refusal.code, refusal.params))
        return answer, status

    @app.errorhandler(IntegrityError)
    def raced(_error: IntegrityError) -> tuple[Response, int]:
        # Two requests of one bid key met at the same row; the same request again finds the first one's answer.
        _log.info("refused box.raced")
        return jsonify(errors.body("box.raced", {})), 409

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> tuple[Response, int]:
        code = {404: "http.not_found", 405: "http.method", 413: "http.too_long"}.get(
            error.code or 500, "http.unexpected"
        )
        long = isinstance(error, RequestEntityTooLarge)
        return jsonify(errors.body(code, {"limit": request.max_content_length or 0} if long else {})), error.code or 500

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> tuple[Response, int]:
        # The kind of the failure and nothing of what was sent.
        _log.error("unexpected %s", type(error).__name__)
        return jsonify(errors.body("http.unexpected", {})), 500

    @app.after_request
    def close(response: AnyResponse) -> AnyResponse:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if around.access_log is not None:
            with reading(parts.engine) as conn:
                at = database_now(conn)
            around.access_log.write(at, request.remote_addr or "", request.method, request.path, response.status_code)
        return response

    return app

"""What every view of the office needs: strict bodies, answers, request ids, headers, logs, who is asking.

The box has its own (docs/decisions/0002-office-and-box.md): nothing here is imported there.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable
from typing import Final, cast

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ledger.basics.canonical import MAX_BYTES, Json, canonical
from ledger.basics.errors import Refusal
from web import access, errors
from web.access import Principal
from web.limits import Brake
from web.logs import note

LOGGER: Final = logging.getLogger("mingjing.office")

_CSP: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HTTP_CODES: Final = {404: "http.not_found", 405: "http.method", 413: "http.too_long", 415: "http.not_json"}

# Finds the person behind a bearer token; `Refusal("auth.bad_token")` if there is none.
SignIn = Callable[[str], Principal]


def install(app: Flask, sign_in: SignIn, brake: Brake) -> None:
    """Gives `app` its error handlers, headers, request ids, logs and the check of every route's policy."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES

    def before() -> None:
        g.started = time.perf_counter()
        g.request_id = secrets.token_hex(8)
        g.principal = None
        if request.endpoint is None or request.endpoint == "static":
            return
        brake.call(_caller())
        policy = access.policy_of(current_app.view_functions.get(request.endpoint))
        if policy is None:
            raise Refusal("auth.forbidden")
        if policy.kind == "people":
            g.principal = sign_in(_token())
            if g.principal.role not in policy.roles:
                raise Refusal("auth.forbidden")

    def after(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Request-Id"] = g.get("request_id", "")
        principal = g.get("principal")
        # The route's pattern, not the address: what somebody looked at is nobody's business.
        rule = request.url_rule.rule if request.url_rule else ""
        spent = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000)
        note(
            LOGGER,
            "request",
            request=g.get("request_id", ""),
            method=request.method,
            route=rule,
            status=response.status_code,
            ms=spent,
            person=principal.person if principal else "",
        )
        return response

    def refused(refusal: Refusal) -> tuple[Response, int]:
        found, status = errors.of(refusal)
        answer = json_response(found)
        if refusal.code == "http.rate":
            answer.headers["Retry-After"] = str(refusal.params["seconds"])
        if status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer, status

    def http_error(error: HTTPException) -> tuple[Response, int]:
        status = error.code or 500
        if isinstance(error, RequestEntityTooLarge):
            return refused(Refusal("http.too_long", limit=request.max_content_length or MAX_BYTES))
        answer = json_response(errors.body(_HTTP_CODES.get(status, "http.bad_request"), {}))
        return answer, status

    def unexpected(error: Exception) -> tuple[Response, int]:
        LOGGER.error("unexpected", exc_info=error, extra={"fields": {"request": g.get("request_id", "")}})
        return json_response(errors.body("http.unexpected", {"request": g.get("request_id", "")})), 500

    app.before_request(before)
    app.after_request(after)
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, unexpected)


def json_response(value: object, status: int = 200) -> Response:
    """A JSON answer."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(data + "\n", status=status, mimetype="application/json")


def json_body() -> dict[str, Json]:
    """The request's JSON object: at most 1 MiB, of values that have a canonical spelling, no member twice.

    White space and the order of members are the caller's. Raises `http.too_long`, `http.not_json`, `canonical.*`.
    """
    data = request.get_data(cache=False)
    if len(data) > MAX_BYTES:
        raise Refusal("http.too_long", limit=MAX_BYTES)
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_object)
    except (ValueError, RecursionError) as exc:
        raise Refusal("http.not_json") from exc
    canonical(value)
    if not isinstance(value, dict):
        raise Refusal("canonical.not_object")
    return cast(dict[str, Json], value)


def principal() -> Principal:
    """Who is asking. Only in a view whose policy is of kind people."""
    found = g.get("principal")
    if not isinstance(found, Principal):
        raise Refusal("auth.missing")
    return found


def query_int(name: str, default: int, most: int) -> int:
    """A whole number from the query, 0 to `most`; `Refusal("http.bad_query", field=…)`."""
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > most:
        raise Refusal("http.bad_query", field=name, limit=most)
    return int(text)


def query_text(name: str, most: int = 100) -> str:
    """A text from the query, empty if not given; `Refusal("http.bad_query", …)` if longer than `most`."""
    text = request.args.get(name, "")
    if len(text) > most:
        raise Refusal("http.bad_query", field=name, limit=most)
    return text


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise Refusal("canonical.doubled_member")
    return out


def _token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal("auth.missing")
    return token.strip()


def _caller() -> str:
    return request.headers.get("Authorization") or f"address {request.remote_addr}"

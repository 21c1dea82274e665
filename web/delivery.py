"""What every view of the office needs: strict bodies, answers, request ids, headers, logs, who is asking.

The box has its own (docs/decisions/0002-office-and-box.md): nothing here is imported there.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import secrets
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, redirect, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from ledger.basics.canonical import MAX_BYTES, Json, canonical
from ledger.basics.errors import Param, Refusal
from web import access, compress, errors
from web.access import Policy, Principal
from web.account.door import Door
from web.account.sessions import Session
from web.limits import Brake, Room
from web.logs import note

LOGGER: Final = logging.getLogger("mingjing.office")

# Nothing inline, nothing from elsewhere; `{connect}`: box and live process, which have addresses of their own.
_CSP: Final = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'{connect}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Where a person is sent on to who opens a page and is refused for want of something that can be had there.
_MENDED_AT: Final = {
    "auth.signed_out": "/account/sign-in",
    "auth.stale": "/account/sign-in",
    "auth.second_factor": "/account/code",
    "auth.no_account": "/account/organisation",
}
# A refusal (code, parameters) as a page for people.
RefusalPage = Callable[[str, dict[str, Param]], Response]


def install(app: Flask, door: Door, limits: Limits, page: RefusalPage, connect: Sequence[str] = ()) -> None:
    """Gives `app` its error handlers, headers, request ids, logs, limits and the check of every route's policy.

    `page` shows a refusal to somebody who asked for a page; everybody else gets JSON. `connect`: the origins, besides
    its own, that a page's scripts may reach.
    """
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    gate = _Gate(door, limits, page, _CSP.format(connect="".join(f" {one}" for one in connect)))
    app.before_request(gate.before)
    app.after_request(gate.after)
    app.register_error_handler(Refusal, gate.refused)
    app.register_error_handler(HTTPException, gate.http_error)
    app.register_error_handler(Exception, gate.unexpected)


@dataclass(frozen=True)
class Limits:
    """Of one process of the office, for each person or address: how often, and how much at the same time."""

    requests: Brake
    room: Room
    kept: Room

    @classmethod
    def of(cls, threads: int, requests_per_minute: int) -> Limits:
        """The limits of a process with so many threads; an eighth of them is left for saying that there is no room.

        Callers who fill `room` don't keep out a witness or a custodian: for what these must do in time there is `kept`.
        """
        room, kept = max(1, threads * 5 // 8), max(1, threads // 4)
        return cls(
            Brake(requests_per_minute), Room(room, max(1, threads // 2), shrinks=True), Room(kept, kept, shrinks=True)
        )


class _Gate:
    """What every request passes on its way in and out."""

    def __init__(self, door: Door, limits: Limits, page: RefusalPage, csp: str) -> None:
        self._door, self._limits, self._brake, self._page = door, limits, limits.requests, page
        self._headers = {**_HEADERS, "Content-Security-Policy": csp}
        if door.public.startswith("https://"):
            # RFC 6797: a first page over plain http would be anybody's page, into which a bid is typed.
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    def before(self) -> None:
        """The route's policy, before any view sees the request."""
        g.started, g.request_id, g.principal, g.room = time.perf_counter(), secrets.token_hex(8), None, None
        if "\0" in request.path or any("\0" in value for value in request.args.values()):
            raise Refusal("http.bad_request")  # PostgreSQL has no room for it in a text
        if request.endpoint is None:
            return
        policy = access.policy_of(current_app.view_functions.get(request.endpoint))
        caller = self._known(policy) if policy is not None and policy.kind in ("people", "login") else _address()
        if policy is None or not policy.free:
            self._brake.call(caller)
        room = self._limits.kept if policy is not None and policy.kept else self._limits.room
        room.take(caller)
        g.room = (room, caller)
        self._check(policy)

    def _known(self, policy: Policy) -> str:
        """Who signs in, as a caller to be counted.

        What nobody has is counted against where it came from: anyone can make up more.
        """
        try:
            if policy.kind == "people" and "Authorization" in request.headers:
                g.principal = self._door.by_token(_token())
                return f"person {g.principal.person}"
            session = self._session()
        except Refusal:
            self._brake.call(_address())
            raise
        g.principal = None if self._door.weak(session) else session.principal
        return f"login {session.login}"

    def _session(self) -> Session:
        """The session of this request. A program is told of the header, a person to sign in (again)."""
        found = self._door.by_session()
        if found is None:
            raise Refusal("auth.signed_out" if _wants_page() else "auth.missing")
        return found

    def _check(self, policy: Policy | None) -> None:
        """Whether who is known now may: its role, and what a browser sends by itself."""
        if policy is None:
            raise Refusal("auth.forbidden")
        by_cookie = policy.kind == "login" or (policy.kind == "people" and "Authorization" not in request.headers)
        if (by_cookie or policy.own) and request.method not in _SAFE and not self._door.from_own_page():
            raise Refusal("auth.other_site")
        if policy.kind != "people":
            return
        if g.principal is None:
            raise Refusal("auth.second_factor" if self._door.weak(self._session()) else "auth.no_account")
        if g.principal.role not in policy.roles:
            raise Refusal("auth.forbidden")

    def after(self, response: Response) -> Response:
        """Headers, and one line in the log: the route's pattern, as what somebody looked at is nobody's business."""
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if g.get("visitor") is not None or request.path.startswith("/account/"):
            # Without it a browser that has no Sec-Fetch-Site would send its forms from nowhere (`Origin: null`).
            response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Request-Id"] = g.get("request_id", "")
        compress.pack(request, response)
        self._leave(response)
        who = g.get("principal")
        note(
            LOGGER,
            "request",
            request=g.get("request_id", ""),
            method=request.method if request.method in _METHODS else "",  # else it is whatever somebody sent
            route=request.url_rule.rule if request.url_rule else "",
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000),
            person=who.person if who else "",
        )
        return response

    @staticmethod
    def _leave(response: Response) -> None:
        """Gives the caller's room back when the answer is sent: whoever takes it slowly has a thread until then."""
        if g.get("room") is None:
            return
        room, caller = g.room
        g.room = None
        # What is never closed gives it back when it is collected.
        response.call_on_close(weakref.finalize(response, room.give_back, caller))

    def refused(self, refusal: Refusal) -> tuple[Response, int]:
        """A refusal, for a program or for a person."""
        if _wants_page():
            # Who has to sign in once more before a change goes back to the page with the form.
            if refusal.code in _MENDED_AT and (request.method in ("GET", "HEAD") or refusal.code == "auth.stale"):
                return _sent_on(_MENDED_AT[refusal.code]), 303
            answer = self._page(refusal.code, refusal.params)
            answer.headers.update(errors.headers(refusal.code, refusal.params))
            return answer, answer.status_code
        found, status = errors.of(refusal)
        answer = json_response(found)
        answer.headers.update(errors.headers(refusal.code, refusal.params))
        if status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer, status

    def http_error(self, error: HTTPException) -> tuple[Response, int]:
        """What Flask and Werkzeug refuse by themselves."""
        if isinstance(error, RequestEntityTooLarge):
            return self.refused(Refusal("http.too_long", limit=request.max_content_length or MAX_BYTES))
        if error.code == 404:
            return self.refused(Refusal("http.not_found"))
        if error.code == 405:
            return self.refused(Refusal("http.method", method=request.method))
        return self.refused(Refusal("http.bad_request"))

    def unexpected(self, error: Exception) -> tuple[Response, int]:
        """A fault of ours: its kind and place go to the log, its number to the caller."""
        LOGGER.error("unexpected", exc_info=error, extra={"fields": {"request": g.get("request_id", "")}})
        return self.refused(Refusal("http.unexpected", request=str(g.get("request_id", ""))))


def _wants_page() -> bool:
    """Whether a person looks at it: neither an interface for programs nor what a page's script sends."""
    if request.mimetype == "application/json":
        return False
    programs = ("api", "log", "office", "custody", "static")
    return request.path in ("/api", "/log") or request.path.split("/")[1] not in programs


def _sent_on(path: str) -> Response:
    """To a page that mends it, and from there back to the one that was asked for."""
    asked = "/account"
    if request.method in ("GET", "HEAD"):
        asked = request.full_path if request.query_string else request.path
    more = {"lang": "en"} if request.args.get("lang") == "en" else {}
    return cast(Response, redirect(f"{path}?{urlencode({**more, 'next': asked})}", 303))


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


def visitor() -> Session:
    """Whose session it is. Only in a view whose policy is of kind login."""
    found = g.get("visitor")
    if not isinstance(found, Session):
        raise Refusal("auth.missing")
    return found


def address() -> str:
    """Where this request comes from, as `network` counts it."""
    return network(request.remote_addr or "")


def query_int(name: str, default: int, most: int) -> int:
    """A whole number from the query, 0 to `most`; `Refusal("http.bad_query", field=…)`."""
    text = request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > most:
        raise Refusal("http.bad_query", field=name, limit=most)
    return int(text)


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


def _address() -> str:
    return f"address {address()}"


def network(address: str) -> str:
    """Whom an address counts for: an IPv4 address itself, of an IPv6 address its /64.

    One line has a whole /64: its addresses are as many as somebody likes. What is no address stays what it is.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found.packed[:8] + bytes(8), 64)))

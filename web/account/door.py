"""Who is at the door: by a bearer token, or by the session of a browser's cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import Response, g, request

from bidding.store import accounts
from ledger.store.engine import database_now, reading, transaction
from web.access import Principal
from web.account import known, origin, sessions
from web.account.logins import Login
from web.account.sessions import Session
from web.services import LIVE_KEY, Services, read_shared_key

_TOKEN_LENGTH: Final = 43
# The only address that reads a browser's mark; it is sent to no other.
_MARKED: Final = "/account/sign-in"


@dataclass(frozen=True)
class Entered:
    """What signing in leaves in a browser: its session's token, and the mark by which it is known the next time."""

    token: str
    mark: str


class Door:
    """Finds people; `public`: the address under which browsers reach the office, empty if it has none."""

    def __init__(self, services: Services) -> None:
        self._engine = services.engine
        self.public = services.config.public.office
        self.cookie = origin.cookie_name(self.public)
        self._mark_cookie = origin.mark_name(self.public)
        self._key_file = services.config.folders.keys / LIVE_KEY
        # Elsewhere a password alone opens nothing but the page on which the second factor is set up.
        self.password_is_enough = services.config.platform.demonstration

    def by_token(self, token: str) -> Principal:
        """The person of a bearer token; `Refusal("auth.bad_token")`."""
        with reading(self._engine) as conn:
            found = accounts.sign_in(conn, token, database_now(conn))
        return Principal(found.person, found.role, found.party)

    def by_session(self) -> Session | None:
        """The session of this request's cookie, looked for once; None without one that holds."""
        if "visitor" not in g:
            g.visitor = self._look(request.cookies.get(self.cookie, ""))
        found = g.visitor
        return found if isinstance(found, Session) else None

    def _look(self, token: str) -> Session | None:
        if len(token) != _TOKEN_LENGTH:
            return None
        with reading(self._engine) as conn:
            now = database_now(conn)
            found = sessions.find(conn, token, now)
            unseen = found is not None and sessions.unseen(conn, token, now)
        if unseen:
            with transaction(self._engine) as conn:
                sessions.touch(conn, token, now)
        return found

    def weak(self, session: Session) -> bool:
        """Whether the session was opened by less than it takes to act for somebody."""
        return session.method == "password" and not self.password_is_enough

    def from_own_page(self) -> bool:
        """Whether this request comes from a page of ours."""
        return origin.from_own_page(
            request.headers.get("Sec-Fetch-Site", ""), request.headers.get("Origin", ""), request.host, self.public
        )

    def key(self) -> bytes:
        """The key of the marks. Raises `Refusal("config.unreadable")`, `Refusal("config.bad_key")`."""
        return read_shared_key(self._key_file)

    def known(self, login: Login, now: datetime) -> str:
        """The number of this request's browser if `login` was opened in it before; else empty."""
        mark = request.cookies.get(self._mark_cookie, "")
        return known.read(self.key(), login, mark, now) if mark else ""

    def mark(self, response: Response, mark: str) -> Response:
        """Sets the mark's cookie, which stays when the session ends."""
        response.set_cookie(
            self._mark_cookie,
            mark,
            max_age=known.LIFE // timedelta(seconds=1),
            path=_MARKED,
            secure=self.public.startswith("https://"),
            httponly=True,
            samesite="Strict",
        )
        return response

    def give(self, response: Response, entered: Entered) -> Response:
        """Sets the cookies: of the session, which ends with the browser or when the session does, and of the mark."""
        response.set_cookie(
            self.cookie,
            entered.token,
            max_age=sessions.WHOLE // timedelta(seconds=1),
            path="/",
            secure=self.public.startswith("https://"),
            httponly=True,
            samesite="Lax",
        )
        return self.mark(response, entered.mark)

    def take_back(self, response: Response) -> Response:
        """Takes the cookie out of the browser."""
        response.delete_cookie(
            self.cookie, path="/", secure=self.public.startswith("https://"), httponly=True, samesite="Lax"
        )
        return response

"""Coming in: what a password with its code must satisfy, and the session that every way of signing in ends in."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final, cast

import sqlalchemy as sa
from flask import current_app, request

from ledger.basics.errors import Refusal
from ledger.store.engine import database_now, reading, transaction
from web.account import attempts, known, logins, passwords, sessions, totp
from web.account.attempts import Subject
from web.account.door import Door, Entered
from web.account.logins import Login
from web.account.sessions import Device, Method
from web.delivery import address
from web.logs import note
from web.services import Services

EXTENSION: Final = "mingjing_door"
LOGGER: Final = logging.getLogger("mingjing.office")
_NOBODY: Final = Login("-", "", "", "", "A" * 32, "", 0)  # whose statements and sums are those of a login that is there


def door() -> Door:
    """The door of the application that answers this request."""
    return cast(Door, current_app.extensions[EXTENSION])


def by_password(at: Services, name: str, password: str, code: str) -> Entered:
    """A new session. Raises `Refusal("signin.wait", …)`, `signin.wrong` (never what of it), `signin.shut`.

    A login that is not there is answered like a wrong password: the same sums, the same statements.
    """
    called = name.strip().lower()[:64]
    with reading(at.engine) as conn:
        found = logins.by_name(conn, called)
        counted = _counted(called, found or _NOBODY, database_now(conn))
    with transaction(at.engine) as conn:
        attempts.admit(conn, counted, database_now(conn))
    right = passwords.matches(found.password if found else "", password)
    login = found if found is not None and right else _NOBODY
    with transaction(at.engine) as conn:
        second = _second_factor(conn, login, code)
        if login is _NOBODY or not second:
            refused = Refusal("signin.wrong")
        else:
            attempts.forgive(conn, counted)
            return enter(conn, at, login, "totp" if login.totp else "password")
    raise refused


def _counted(name: str, login: Login, now: datetime) -> tuple[Subject, ...]:
    """For whom an attempt counts. Browsers that the login knows have their own counts: no stranger uses them up."""
    if browser := door().known(login, now):
        return attempts.browser(browser), attempts.browsers(login.login)
    return attempts.account(name), attempts.address(address())


def _second_factor(conn: sa.Connection, login: Login, code: str) -> bool:
    """Whether the code is one of the login's, and used up now; True for a login without codes."""
    step = totp.matching(login.totp or _NOBODY.totp, code, database_now(conn), login.totp_step)
    if step is not None:
        fits = logins.use_step(conn, login.login, step)
    else:
        fits = logins.use_recovery(conn, login.login, code)
    return fits or not login.totp


def enter(conn: sa.Connection, at: Services, login: Login, method: Method) -> Entered:
    """A new session of this browser, and the mark that it is known now; `Refusal("signin.shut")` for a shut account."""
    if login.person:
        try:
            logins.check_account(conn, login.person)
        except Refusal as why:
            raise Refusal("signin.shut") from why
    device = Device(request.headers.get("User-Agent", ""), address())
    now = database_now(conn)
    token = sessions.open_session(conn, login.login, method, device, now, at.entropy)
    audit("signed in", login.login, how=method)
    return Entered(token, known.make(door().key(), login, now, at.entropy))


def audit(what: str, login: str, *, how: str = "", application: str = "") -> None:
    """One line in the log: what happened to which login, by its opaque id, and nothing that says whose it is."""
    note(LOGGER, "account", what=what, login=login, how=how, application=application)


def need_fresh(at: Services, session: sessions.Session) -> None:
    """Keys and passwords are changed by who signed in just now; `Refusal("auth.stale")`: a page left open is no key.

    `Refusal("auth.passkey_needed")`: nor is a password alone where there is a passkey, or it could take its place.
    """
    with reading(at.engine) as conn:
        if not session.fresh(database_now(conn)):
            raise Refusal("auth.stale")
        if door().weak(session) and logins.passkeys_of(conn, session.login):
            raise Refusal("auth.passkey_needed")

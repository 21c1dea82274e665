"""The way by password: the password itself, the codes of an app beside it, and recovery codes, shown once."""

from __future__ import annotations

import io
from typing import Final

import segno
import sqlalchemy as sa
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from ledger.basics.errors import Refusal
from ledger.store.engine import database_now, reading, transaction
from web import page, texts
from web.access import SIGNED_IN, route
from web.account import known, logins, passwords, sessions, totp
from web.account.enter import audit, door, need_fresh
from web.account.shown import HOME, go, show
from web.delivery import visitor
from web.forms import Problems, form
from web.services import services

blueprint: Final = Blueprint("secrets", __name__, url_prefix="/account")


@route(blueprint, "GET", "/password", SIGNED_IN)
def password_page() -> Response:
    """Setting or changing the password."""
    need_fresh(services(), visitor())
    return _password({})


@route(blueprint, "POST", "/password", SIGNED_IN)
def set_password() -> ResponseReturnValue:
    """Sets the password and ends the sessions elsewhere; then on to the codes where it needs them."""
    at, who = services(), visitor()
    given, problems = form("name password"), Problems()
    need_fresh(at, who)
    problems.required(given, "password")
    password = problems.check("password", lambda: passwords.check(given["password"], who.name), "")
    if problems:
        return _password(problems)
    hashed = passwords.hashed(password)
    with transaction(at.engine) as conn:
        logins.set_password(conn, who.login, hashed)
        sessions.end_others(conn, who.login, who.session)
        login = logins.get(conn, who.login)
        mark = known.make(door().key(), login, database_now(conn), at.entropy)  # another password voids all marks
    audit("password set", who.login)
    needs_code = not login.totp and not door().password_is_enough
    return door().mark(go("/account/code" if needs_code else HOME), mark)


@route(blueprint, "POST", "/password/remove", SIGNED_IN)
def remove_password() -> ResponseReturnValue:
    """Takes the way by password away, with its codes; a passkey must be there."""
    form("")
    at, who = services(), visitor()
    need_fresh(at, who)
    with transaction(at.engine) as conn:
        if not logins.passkeys_of(conn, who.login):
            raise Refusal("passkey.last")
        logins.set_password(conn, who.login, "")
        sessions.end_others(conn, who.login, who.session)
    audit("password removed", who.login)
    return go(HOME)


@route(blueprint, "GET", "/code", SIGNED_IN)
def code_page() -> Response:
    """A new secret for an app, as QR code and as text; the one in use stays until a code of the new one has come."""
    at, who = services(), visitor()
    need_fresh(at, who)
    with transaction(at.engine) as conn:
        if not logins.get(conn, who.login).totp_next:
            logins.propose_totp(conn, who.login, totp.new_secret(at.entropy))
    return _code({})


@route(blueprint, "POST", "/code", SIGNED_IN)
def set_code() -> ResponseReturnValue:
    """Takes the new secret into use; shows the recovery codes, this once."""
    at, who = services(), visitor()
    given, problems = form("code"), Problems()
    need_fresh(at, who)
    problems.required(given, "code")
    if problems:
        return _code(problems)
    with transaction(at.engine) as conn:
        login = logins.get(conn, who.login)
        step = _step(login.totp_next, given["code"], conn)
        codes: list[str] = []
        mark = ""
        if step is not None:
            codes = logins.confirm_totp(conn, who.login, login.totp_next, step, at.entropy)
            sessions.end_others(conn, who.login, who.session)
            sessions.strengthen(conn, who.session)
            login = logins.get(conn, who.login)
            mark = known.make(door().key(), login, database_now(conn), at.entropy)  # other codes void all marks
    if step is None:
        return _code({"code": Refusal("totp.wrong")})
    audit("code set", who.login)
    return door().mark(show("account/codes.html", codes=codes), mark)


@route(blueprint, "POST", "/code/recovery", SIGNED_IN)
def new_recovery() -> ResponseReturnValue:
    """New recovery codes, shown this once; the old ones are void."""
    form("")
    at, who = services(), visitor()
    need_fresh(at, who)
    with transaction(at.engine) as conn:
        if not logins.get(conn, who.login).totp:
            raise Refusal("totp.none")
        codes = logins.renew_recovery(conn, who.login, at.entropy)
    audit("recovery codes renewed", who.login)
    return show("account/codes.html", codes=codes)


def qr(text: str) -> str:
    """A QR code as an inline SVG, without style attributes."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", scale=4, border=4, xmldecl=False, svgns=False, svgclass="qr", lineclass=None, omitsize=False,
        light="#fff",
    )  # fmt: skip
    return out.getvalue().decode("utf-8")


def _step(secret: str, given: str, conn: sa.Connection) -> int | None:
    return totp.matching(secret, given, database_now(conn), 0) if secret else None


def _password(problems: dict[str, Refusal]) -> Response:
    with reading(services().engine) as conn:
        has = bool(logins.get(conn, visitor().login).password)
    return show("account/password.html", problems, name=visitor().name, has_password=has, least=passwords.LEAST)


def _code(problems: dict[str, Refusal]) -> Response:
    with reading(services().engine) as conn:
        login = logins.get(conn, visitor().login)
    issuer = texts.text("account.issuer", page.language())
    return show(
        "account/code.html",
        problems,
        secret=totp.spaced(login.totp_next),
        picture=qr(totp.address(login.totp_next, login.name, issuer)),
        changes=bool(login.totp),
        required=door().weak(visitor()),
    )

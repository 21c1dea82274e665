"""The pages before somebody is signed in: signing in, signing up with a password, signing out."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from ledger.basics.errors import Refusal
from ledger.basics.ids import new_id
from ledger.store.engine import database_now, transaction
from web import page
from web.access import OWN_PAGES, PUBLIC, SIGNED_IN, route
from web.account import attempts, challenges, logins, origin, passkey, passwords, sessions
from web.account.door import Entered
from web.account.enter import audit, by_password, door, enter
from web.account.shown import HOME, go, next_path, show
from web.delivery import address, visitor
from web.forms import Problems, form
from web.services import services

blueprint: Final = Blueprint("arriving", __name__, url_prefix="/account")


@route(blueprint, "GET", "/sign-in", PUBLIC)
def sign_in_page() -> Response:
    """The page on which people sign in."""
    return _sign_in({})


@route(blueprint, "POST", "/sign-in", OWN_PAGES)
def sign_in() -> ResponseReturnValue:
    """Signs in with a password, and the code of an app or a recovery code where the login has them."""
    given, problems = form("name password code next"), Problems()
    problems.required(given, "name password")
    if problems:
        return _sign_in(problems, given)
    try:
        entered = by_password(services(), given["name"], given["password"], given["code"])
    except Refusal as why:
        return _sign_in({"name": why}, given)
    return door().give(go(next_path(given["next"]) or HOME), entered)


@route(blueprint, "POST", "/sign-out", SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    """Ends this session, and no other."""
    form("")
    who = visitor()
    with transaction(services().engine) as conn:
        sessions.end(conn, who.login, who.session)
    audit("signed out", who.login)
    return door().take_back(go("/"))


@route(blueprint, "GET", "/sign-up", PUBLIC)
def sign_up_page() -> Response:
    """The page on which people sign up; `link`: what makes the login act for an account that is there."""
    return _sign_up({}, {"link": request.args.get("link", "")[:64]})


@route(blueprint, "POST", "/sign-up", OWN_PAGES)
def sign_up() -> ResponseReturnValue:
    """Signs up with a password: without a script, or where there is no passkey."""
    given, problems = form("name password link next"), Problems()
    problems.required(given, "name password")
    name = problems.check("name", lambda: logins.check_name(given["name"]), "")
    password = problems.check("password", lambda: passwords.check(given["password"], name or "-" * 12), "")
    if problems:
        return _sign_up(problems, given)
    hashed = passwords.hashed(password)
    try:
        with transaction(services().engine) as conn:
            entered = _add(conn, name, hashed, given["link"])
    except Refusal as why:
        return _sign_up({"name": why}, given)
    return door().give(go(next_path(given["next"]) or HOME), entered)


def _add(conn: sa.Connection, name: str, hashed: str, link: str) -> Entered:
    at, login = services(), new_id(services().entropy)
    now = database_now(conn)
    attempts.admit(conn, [attempts.arrival(address())], now)
    logins.add(conn, login, name, linked(conn, link), now)
    logins.set_password(conn, login, hashed)
    audit("signed up", login, how="password")
    return enter(conn, at, logins.get(conn, login), "password")


def linked(conn: sa.Connection, link: str) -> str:
    """The account that a one-time link makes a login for, used up; empty without a link; `Refusal("link.used")`."""
    if not link:
        return ""
    try:
        value = passkey.unbase64(link)
    except ValueError as exc:
        raise Refusal("link.used") from exc
    found = challenges.take(conn, value, "link", database_now(conn))
    logins.check_account(conn, found.subject)
    return found.subject


def _sign_in(problems: dict[str, Refusal], given: dict[str, str] | None = None) -> Response:
    asked = given or {}
    return show(
        "account/sign_in.html",
        problems,
        name=asked.get("name", ""),
        onward=next_path(asked.get("next", "")),
        **_place("/account/sign-in"),
    )


def _sign_up(problems: dict[str, Refusal], given: dict[str, str]) -> Response:
    return show(
        "account/sign_up.html",
        problems,
        name=given.get("name", ""),
        link=given["link"],
        onward=next_path(given.get("next", "")),
        least=passwords.LEAST,
        **_place("/account/sign-up"),
    )


def _place(path: str) -> dict[str, object]:
    """Whether passkeys can be had at this address, and if not, where."""
    public = door().public
    moved = origin.elsewhere(public, request.host)
    found = {"passkeys": bool(origin.rp_id(public)) and not moved, "moved": ""}
    if moved and origin.rp_id(public):
        query = f"?lang={page.language()}"
        found["moved"] = f"{public}{path}{query}"
    return dict(found)

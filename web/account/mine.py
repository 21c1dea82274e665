"""My account: the passkeys, the password and its codes, and where one is signed in."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from ledger.basics.errors import Refusal
from ledger.store.engine import database_now, reading, transaction
from web.access import SIGNED_IN, route
from web.account import agents, applications, logins, origin, sessions
from web.account.enter import audit, door, need_fresh
from web.account.shown import HOME, go, show
from web.delivery import visitor
from web.forms import Problems, form
from web.services import services

blueprint: Final = Blueprint("mine", __name__, url_prefix="/account")

_NAME: Final = 60


@route(blueprint, "GET", "", SIGNED_IN)
def account() -> Response:
    """The page."""
    return _account({})


@route(blueprint, "POST", "/passkeys/<passkey>/name", SIGNED_IN)
def name_passkey(passkey: str) -> ResponseReturnValue:
    """Names a passkey: by the machine it is on, for instance."""
    given, problems, who = form("name"), Problems(), visitor()
    problems.required(given, "name")
    if len(given["name"]) > _NAME:
        problems["name"] = Refusal("field.too_long", most=_NAME)
    if problems:
        return _account({f"name-{passkey}": why for why in problems.values()}, {passkey: given["name"]})
    with transaction(services().engine) as conn:
        logins.name_passkey(conn, who.login, passkey, given["name"].strip())
    return go(HOME)


@route(blueprint, "POST", "/passkeys/<passkey>/remove", SIGNED_IN)
def remove_passkey(passkey: str) -> ResponseReturnValue:
    """Removes a passkey, and ends the sessions elsewhere: it may be the lost one that they were opened with."""
    form("")
    at, who = services(), visitor()
    need_fresh(at, who)
    try:
        with transaction(at.engine) as conn:
            logins.remove_passkey(conn, who.login, passkey)
            sessions.end_others(conn, who.login, who.session)
    except Refusal as why:
        if why.code != "passkey.last":
            raise
        return _account({f"name-{passkey}": why})
    audit("passkey removed", who.login)
    return go(HOME)


@route(blueprint, "POST", "/sessions/<session>/end", SIGNED_IN)
def end_session(session: str) -> ResponseReturnValue:
    """Ends one session, at once."""
    form("")
    who = visitor()
    with transaction(services().engine) as conn:
        sessions.end(conn, who.login, session)
    audit("session ended", who.login)
    return go(HOME)


@route(blueprint, "POST", "/sessions/end-others", SIGNED_IN)
def end_others() -> ResponseReturnValue:
    """Ends all sessions but this."""
    form("")
    who = visitor()
    with transaction(services().engine) as conn:
        sessions.end_others(conn, who.login, who.session)
    audit("other sessions ended", who.login)
    return go(HOME)


def _account(problems: dict[str, Refusal], typed: dict[str, str] | None = None) -> Response:
    at, who = services(), visitor()
    with reading(at.engine) as conn:
        now = database_now(conn)
        login = logins.get(conn, who.login)
        values = {
            "login": login,
            "role": who.principal.role if who.principal else "",
            "application": applications.latest(conn, who.login),
            "passkeys": logins.passkeys_of(conn, who.login),
            "recovery_left": logins.recovery_left(conn, who.login),
            "sessions": sessions.listed(conn, who.login, now),
            "fresh": who.fresh(now),
        }
    return show(
        "account/account.html",
        problems,
        typed=typed or {},
        here_session=who.session,
        weak=door().weak(who),
        called=agents.called,
        can_add=bool(origin.rp_id(door().public)),
        **values,
    )

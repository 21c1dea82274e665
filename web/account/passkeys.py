"""Passkeys, as a page's script makes and uses them: JSON from our own pages, an option and an answer each."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from flask import Blueprint, Response

from ledger.basics.canonical import Json, members
from ledger.basics.errors import Refusal
from ledger.basics.ids import new_id
from ledger.store.engine import database_now, transaction
from web import page, texts
from web.access import OWN_PAGES, SIGNED_IN, route
from web.account import attempts, challenges, logins, passkey
from web.account.arriving import linked
from web.account.challenges import Challenge
from web.account.enter import audit, door, enter, need_fresh
from web.account.passkey import Party
from web.account.shown import HOME, next_path
from web.delivery import address, json_body, json_response, visitor
from web.services import services

blueprint: Final = Blueprint("passkeys", __name__, url_prefix="/account/passkeys")


@route(blueprint, "POST", "/sign-up/options", OWN_PAGES)
def sign_up_options() -> Response:
    """`{name}` → what the browser makes a first passkey with."""
    at, asked = services(), members(json_body(), "name")
    party, name = _party(), logins.check_name(str(asked["name"]))
    with transaction(at.engine) as conn:
        if logins.by_name(conn, name) is not None:
            raise Refusal("login.taken")
        login = new_id(at.entropy)
        what = Challenge("sign-up", login, name)
        value = challenges.issue(conn, what, database_now(conn), at.entropy)
    return json_response(passkey.creation(party, login, name, value, []))


@route(blueprint, "POST", "/sign-up", OWN_PAGES)
def sign_up() -> Response:
    """`{credential, link, next}` → a login with a passkey and a session; `{next}`."""
    at, asked = services(), members(json_body(), "credential link next")
    party, credential = _party(), passkey.parse(asked["credential"], "create")
    value = passkey.challenge_of(credential)
    made = passkey.made(party, credential, value)
    with transaction(at.engine) as conn:
        now = database_now(conn)
        found = challenges.take(conn, value, "sign-up", now)
        attempts.admit(conn, [attempts.arrival(address())], now)
        logins.add(conn, found.subject, found.name, linked(conn, str(asked["link"])), now)
        _add(conn, found.subject, made)
        audit("signed up", found.subject, how="passkey")
        entered = enter(conn, at, logins.get(conn, found.subject), "passkey")
    return door().give(_onward(asked["next"]), entered)


@route(blueprint, "POST", "/sign-in/options", OWN_PAGES)
def sign_in_options() -> Response:
    """What the browser asks any passkey of this platform with."""
    at, party = services(), _party()
    members(json_body(), "")
    with transaction(at.engine) as conn:
        value = challenges.issue(conn, Challenge("sign-in"), database_now(conn), at.entropy)
    return json_response(passkey.request(party, value))


@route(blueprint, "POST", "/sign-in", OWN_PAGES)
def sign_in() -> Response:
    """`{credential, next}` → a session; `{next}`. Wrong passwords, whoever's, are nothing to it."""
    at, asked = services(), members(json_body(), "credential next")
    party, credential = _party(), passkey.parse(asked["credential"], "get")
    value = passkey.challenge_of(credential)
    with transaction(at.engine) as conn:
        now = database_now(conn)
        challenges.take(conn, value, "sign-in", now)
        known = logins.passkey_of(conn, _id(credential["id"]))
        if credential["response"]["userHandle"] not in ("", passkey.base64url(known.login.encode("ascii"))):
            raise Refusal("passkey.refused")  # WebAuthn §7.2, step 6: the passkey names its owner, too
        count = passkey.opened(party, credential, value, known.public_key, known.sign_count)
        logins.use_passkey(conn, known.passkey, count, now)
        entered = enter(conn, at, logins.get(conn, known.login), "passkey")
    return door().give(_onward(asked["next"]), entered)


@route(blueprint, "POST", "/add/options", SIGNED_IN)
def add_options() -> Response:
    """What the browser makes one more passkey with."""
    at, who, party = services(), visitor(), _party()
    members(json_body(), "")
    need_fresh(at, who)
    with transaction(at.engine) as conn:
        known = [one.credential for one in logins.passkeys_of(conn, who.login)]
        value = challenges.issue(conn, Challenge("add", who.login), database_now(conn), at.entropy)
    return json_response(passkey.creation(party, who.login, who.name, value, known))


@route(blueprint, "POST", "/add", SIGNED_IN)
def add() -> Response:
    """`{credential}` → one more passkey; `{next}`."""
    at, who, asked = services(), visitor(), members(json_body(), "credential")
    need_fresh(at, who)
    party, credential = _party(), passkey.parse(asked["credential"], "create")
    value = passkey.challenge_of(credential)
    made = passkey.made(party, credential, value)
    with transaction(at.engine) as conn:
        if challenges.take(conn, value, "add", database_now(conn)).subject != who.login:
            raise Refusal("passkey.challenge")
        _add(conn, who.login, made)
    audit("passkey added", who.login)
    return json_response({"next": f"{HOME}?lang={page.language()}"}, 201)


def _add(conn: sa.Connection, login: str, made: passkey.Made) -> None:
    at, now = services(), database_now(conn)
    name = texts.text("account.passkey.called", page.language(), number=len(logins.passkeys_of(conn, login)) + 1)
    logins.add_passkey(conn, login, made, name, now, at.entropy)


def _party() -> Party:
    return Party(door().public, texts.text("account.issuer", page.language()))


def _id(text: str) -> bytes:
    try:
        return passkey.unbase64(text)
    except ValueError as exc:
        raise Refusal("passkey.refused") from exc


def _onward(sent: Json) -> Response:
    path = next_path(sent if isinstance(sent, str) else "") or f"{HOME}?lang={page.language()}"
    return json_response({"next": path})

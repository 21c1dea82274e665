"""A login for somebody of the office who has a token: a one-time link; and logins that the operator makes."""

from __future__ import annotations

import base64
import secrets
from typing import Final

from flask import Blueprint, Response

from ledger.basics import clock
from ledger.basics.canonical import members
from ledger.basics.ids import new_id
from ledger.store.engine import database_now, transaction
from web.access import ANYONE_SIGNED_IN, route
from web.account import challenges, logins, passkey, passwords
from web.account.challenges import Challenge
from web.delivery import json_body, json_response, principal
from web.services import Services, services

blueprint: Final = Blueprint("linking", __name__, url_prefix="/account")


@route(blueprint, "POST", "/link", ANYONE_SIGNED_IN)
def link() -> Response:
    """`{}` → 201 `{path, expires}`: who opens the path within a day makes a login that acts for this person, once."""
    at = services()
    members(json_body(), "")
    with transaction(at.engine) as conn:
        now = database_now(conn)
        value = challenges.issue(conn, Challenge("link", principal().person), now, at.entropy)
        expires = now + challenges.LIFE["link"]
    path = f"/account/sign-up?link={passkey.base64url(value)}"
    return json_response({"path": path, "expires": clock.text(expires)}, 201)


def open_login(at: Services, person: str, name: str) -> str:
    """Makes a login for an account that is there; its password, said this once.

    Raises `account.unknown`, `login.name`, `login.taken`, `login.person_has_one`.
    """
    known, password = logins.check_name(name), _speakable()
    hashed = passwords.hashed(password)
    with transaction(at.engine) as conn:
        logins.check_account(conn, person)
        login = new_id(at.entropy)
        logins.add(conn, login, known, person, database_now(conn))
        logins.set_password(conn, login, hashed)
    return password


def _speakable() -> str:
    """A password of 80 random bits, in groups that can be typed: `xxxx-xxxx-xxxx-xxxx`."""
    text = base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))

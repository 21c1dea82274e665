"""Puts signing in and registering into the office's application."""

from __future__ import annotations

from typing import Any

from flask import Flask

from bidding.store import directory
from ledger.store.engine import reading
from web import page
from web.account import applying, arriving, linking, mine, passkeys, reviewing, secrets
from web.account.door import Door
from web.account.enter import EXTENSION
from web.services import services


def install(app: Flask, door: Door) -> None:
    """The routes and the door for their views; for every template what a visitor is called, and the login's number."""
    app.extensions[EXTENSION] = door
    for module in (arriving, passkeys, mine, secrets, applying, reviewing, linking):
        app.register_blueprint(module.blueprint)

    def named() -> dict[str, Any]:
        session = door.by_session()
        return {"signed_in": _called(door), "login_number": session.login if session else ""}

    app.context_processor(named)


def _called(door: Door) -> str:
    """The organisation's name, else the login's; empty for a visitor who is nobody."""
    session = door.by_session()
    if session is None:
        return ""
    if session.principal is None or not session.principal.party:
        return session.name
    with reading(services().engine) as conn:
        party = directory.find(conn, session.principal.party)
    return party.name[page.language()] if party else session.name

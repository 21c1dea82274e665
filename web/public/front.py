"""The front page, and the page that shows every component in every state."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Blueprint, Response

from ledger.basics import clock
from ledger.store.engine import database_now, reading
from web import page
from web.access import PUBLIC, route
from web.services import services

blueprint: Final = Blueprint("front", __name__, static_folder=None)


@route(blueprint, "GET", "/design", PUBLIC)
def design() -> Response:
    """Every component in every state, made by the macros that all pages use (docs/design.md)."""
    with reading(services().engine) as conn:
        now = database_now(conn)
    return page.render(
        "design.html",
        now=clock.text(now),
        soon=clock.text(now + timedelta(hours=26, minutes=14)),
        earlier=clock.text(now - timedelta(days=3)),
        address=lambda number: page.address(page=str(number)),
    )

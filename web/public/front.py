"""The front page, and the page that shows every component in every state."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from flask import Blueprint, Response

from bidding.store import search
from bidding.store.search import Found, Query
from ledger import checkpoint
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.checkpoint import WitnessedCheckpoint
from ledger.store import serve
from ledger.store.engine import database_now, reading
from web import page
from web.access import PUBLIC, route
from web.services import services

blueprint: Final = Blueprint("front", __name__, static_folder=None)

_SHOWN: Final = 5
_NEXT: Final = Query(states=("open",), sort="deadline")
_LATELY: Final = Query(states=("opening", "standstill", "awarded", "failed"), sort="deadline")


@route(blueprint, "GET", "/", PUBLIC)
def front() -> Response:
    """What this is, what anybody can do here, what closes next and opened lately, and figures counted just now."""
    with reading(services().engine) as conn:
        now = clock.text(database_now(conn))
        figures = search.figures(conn, now)
        closing = search.search(conn, _NEXT, now, limit=_SHOWN).found
        opened = [one for one in search.search(conn, _LATELY, now, limit=2 * _SHOWN).found if _past(one, now)]
        latest = _latest(conn)
    witnessed = latest.witnessed_at if latest else None
    return page.render(
        "front.html",
        now=now,
        figures=figures,
        closing=closing,
        opened=opened[:_SHOWN],
        checkpoint=latest,
        witnessed=clock.text(witnessed) if witnessed else "",
    )


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


def _past(one: Found, now: str) -> bool:
    return one.deadline <= now


def _latest(conn: sa.Connection) -> WitnessedCheckpoint | None:
    """The newest checkpoint that enough witnesses cosigned, checked like anybody would; None before the first."""
    try:
        note = serve.latest(conn)
    except Refusal:
        return None
    return checkpoint.verify(note, services().trust.policy)

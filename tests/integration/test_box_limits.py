"""What one bid key may ask of the box, and that nobody else pays for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Request
from werkzeug.test import Client, EnvironBuilder

from tests.support.boxes import BoxWorld, Caller, code
from web.box.app import create_app
from web.box.parts import Limits
from web.limits import STRANGER, Brake


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[BoxWorld]:
    made = BoxWorld(database_url, tmp_path)
    yield made
    made.close()


def patient(world: BoxWorld, burst: int) -> list[float]:
    """The box again, with another patience; its brake's clock, for a test to move."""
    now = [0.0]
    limits = replace(Limits.of(8, 60), requests=Brake(60, lambda: now[0], burst=burst))
    world.parts = replace(world.parts, limits=limits)
    world.app = create_app(world.parts)
    return now


def test_a_key_that_asks_too_often_is_told_when_to_come_again(world: BoxWorld) -> None:
    now = patient(world, 3)
    ann, bob = world.caller("ann"), world.caller("bob")
    own = "/box/bids/t-1/lot-1"
    assert [ann.ask("GET", own).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = ann.create(b"data")
    assert (refused.status_code, code(refused), refused.headers["Retry-After"]) == (429, "http.rate", "1")
    assert bob.create(b"data").status_code == 201
    now[0] = 1
    assert ann.create(b"data").status_code == 201


def test_what_a_brake_refused_was_not_used_up(world: BoxWorld) -> None:
    now = patient(world, 1)
    ann = world.caller("ann")
    nonce = bytes(16)
    assert ann.create(b"data").status_code == 201
    assert code(ann.create(b"data", nonce=nonce)) == "http.rate"
    now[0] = 1
    assert ann.create(b"data", nonce=nonce).status_code == 201


@pytest.mark.parametrize("what", ["ticket", "upload"])
def test_who_has_a_ticket_or_an_upload_is_no_stranger(world: BoxWorld, what: str) -> None:
    ann, eve = world.caller("ann"), world.caller("eve")
    assert sender(world, ann) == STRANGER
    if what == "upload":
        ann.create(b"data")
    shown = {"ticket": True} if what == "ticket" else {}
    assert sender(world, ann, **shown) == ann.public.hex()
    assert sender(world, eve) == STRANGER
    eve.ticket = ann.ticket  # a ticket is its own key's
    assert sender(world, eve, **shown) == STRANGER


def sender(world: BoxWorld, caller: Caller, **options: Any) -> str:
    """Whose body the box takes a request's body to be."""
    kept: list[str] = []

    def keep(environ: dict[str, Any], start: Any) -> Any:
        kept.append(world.parts.sender(Request(environ)))
        start("204 No Content", [])
        return []

    caller.client = Client(keep)  # type: ignore[assignment]  # it asks as Flask's does
    caller.ask("POST", "/box/enquiries", b"{}", **options)
    caller.client = world.app.test_client()
    return kept[0]


def test_an_unsigned_body_is_a_strangers(world: BoxWorld) -> None:
    environ = EnvironBuilder(path="/box/submissions", method="POST").get_environ()
    assert world.parts.sender(Request(environ)) == STRANGER

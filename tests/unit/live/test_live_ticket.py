"""A ticket for a hall's socket: whose it is cannot be changed, and it is taken once and in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.log import refused
from tests.support.world_log import Dice
from web.live import ticket
from web.live.ticket import Gate

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
KEY = bytes(range(32))


def made(now: datetime = NOW, key: bytes = KEY, dice: Dice | None = None) -> str:
    return ticket.issue(key, "public", "t-1", "lot-1", now, dice or Dice(1))


def test_what_is_issued_is_read_back() -> None:
    found = ticket.read(KEY, made())
    assert (found.audience, found.tender, found.lot) == ("public", "t-1", "lot-1")
    assert found.expires - found.issued == ticket.LIFE
    assert made().isascii()


@pytest.mark.parametrize("place", [0, 10, 40, -70, -1])
def test_a_ticket_that_was_changed_is_none(place: int) -> None:
    text = list(made())
    text[place] = "0" if text[place] != "0" else "1"
    with refused("live.ticket_invalid"):
        ticket.read(KEY, "".join(text))


@pytest.mark.parametrize("text", ["", ".", "zz.zz", "00.00", "7b7d." + "0" * 64])
def test_what_is_no_ticket_is_refused(text: str) -> None:
    with refused("live.ticket_invalid"):
        ticket.read(KEY, text)


def test_it_is_taken_once() -> None:
    gate, text = Gate(KEY, NOW), made()
    gate.take(text, NOW)
    with refused("live.ticket_used"):
        gate.take(text, NOW + timedelta(seconds=59))


def test_it_lives_for_a_minute_and_not_before_its_time() -> None:
    gate = Gate(KEY, NOW)
    with refused("live.ticket_expired"):
        gate.take(made(), NOW + ticket.LIFE)
    with refused("live.ticket_expired"):
        gate.take(made(NOW + timedelta(seconds=30)), NOW)


def test_a_process_takes_none_that_is_older_than_itself_for_it_does_not_know_what_was_used() -> None:
    text = made()
    Gate(KEY, NOW).take(text, NOW)
    with refused("live.ticket_older"):
        Gate(KEY, NOW + timedelta(seconds=1)).take(text, NOW + timedelta(seconds=2))


def test_what_was_used_is_forgotten_once_it_would_be_refused_by_its_age() -> None:
    gate, dice = Gate(KEY, NOW), Dice(2)
    for second in range(300):
        now = NOW + timedelta(seconds=second)
        gate.take(made(now, dice=dice), now)
    assert len(gate._used) <= ticket.LIFE.seconds

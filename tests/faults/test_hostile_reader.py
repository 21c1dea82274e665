"""A bidder's client before a platform that lies: it believes what has its slot in the witnessed log, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.basics.canonical import Json
from ledger.institution.platform import Platform
from ledger.trust import parse
from tests.support.custody import trust
from tests.support.custody_names import BEFORE
from tests.support.custody_platform import Answer, FakePlatform
from tests.support.log import refused
from web.cli.bid.known import Reader
from web.cli.bid.lines import TRIES

STREAM = "party/ann"


def registration(seal: int) -> dict[str, Json]:
    """Public of a registration that differs by its seal's key."""
    return {
        "party": "ann",
        "uscc": "91110000100000017G",
        "name": {"zh": "安", "en": "Ann"},
        "seal_key": bytes([seal]).hex() * 32,
        "person": {"ref": "person-of-ann", "key": "33" * 32},
        "holds": [],
    }


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    made = FakePlatform()
    made.append("log", "log.opened", {})
    with made.serving():
        yield made


def _never(failed: int) -> None:
    raise AssertionError(f"not reached {failed} times")


def asking(url: str, folder: Path, pause: Callable[[int], None], wait: Callable[[int], None] = _never) -> Reader:
    """A client of the platform at `url`."""
    return Reader(Platform(url, 5.0), parse(trust(2)), folder / "log", folder / "documents", pause=pause, wait=wait)


def reader(platform: FakePlatform, folder: Path) -> Reader:
    """A client with the newest checkpoint."""
    platform.sign(BEFORE)
    made = asking(platform.url, folder, _never)
    made.update()
    return made


def test_what_is_shown_in_its_slot_is_believed(platform: FakePlatform, tmp_path: Path) -> None:
    platform.append(STREAM, "party.registered", registration(1))
    made = reader(platform, tmp_path)
    assert [one.event.type for one in made.stream(STREAM)] == ["party.registered"]
    found = made.party("ann")
    assert found is not None
    assert found.seal_key == "01" * 32


def test_a_twin_is_refused_and_is_nobody(platform: FakePlatform, tmp_path: Path) -> None:
    platform.append(STREAM, "party.registered", registration(1))
    platform.streams[STREAM].pop()
    platform.append(STREAM, "party.registered", registration(2))
    made = reader(platform, tmp_path)
    with refused("evidence.twin", stream=STREAM, version=1):
        made.stream(STREAM)
    with refused("evidence.kept_back", stream=STREAM, version=1):
        made.party("ann")
    assert made.party("nobody") is None


def test_a_stream_without_its_last_event_is_refused(platform: FakePlatform, tmp_path: Path) -> None:
    platform.append(STREAM, "party.registered", registration(1))
    platform.append(STREAM, "party.changed", {})
    platform.streams[STREAM].pop()
    with refused("evidence.kept_back", stream=STREAM, version=2):
        reader(platform, tmp_path).stream(STREAM)


def test_a_platform_that_is_starting_again_is_asked_again(platform: FakePlatform, tmp_path: Path) -> None:
    platform.append(STREAM, "party.registered", registration(1))
    platform.sign(BEFORE)
    waited: list[int] = []
    address, dead = platform.url, "http://127.0.0.1:9"
    made = asking(dead, tmp_path, waited.append)
    with refused("http.unreachable"):
        made.update()
    assert waited == list(range(1, TRIES))

    def come_back(_failed: int) -> None:
        made.platform = Platform(address, 5.0)

    made = asking(dead, tmp_path, come_back)
    made.update()
    assert made.party("ann") is not None


def test_a_platform_that_has_no_room_is_asked_again_when_it_says(platform: FakePlatform, tmp_path: Path) -> None:
    platform.append(STREAM, "party.registered", registration(1))
    platform.sign(BEFORE)
    waited: list[int] = []
    full = Answer(503, json.dumps({"error": {"code": "http.crowded", "params": {"seconds": 2}}}).encode())

    def make_room(seconds: int) -> None:
        waited.append(seconds)
        platform.override.clear()

    made = asking(platform.url, tmp_path, _never, make_room)
    for path, ask in (("/log/checkpoint", made.update), (f"/api/streams/{STREAM}", lambda: made.party("ann"))):
        platform.override[path] = full
        assert ask() is not None
    assert waited == [2, 2]

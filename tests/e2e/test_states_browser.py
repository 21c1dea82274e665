"""Every page in every state, in both languages, wide and narrow: axe finds nothing, and no page is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser

from tests.support import scenes_account, scenes_hall, scenes_public, scenes_room
from tests.support.scenes import Set, stage
from tests.support.scenes_weight import weights
from tests.support.states import States
from tests.support.town import LOT
from tests.support.tree import assert_none

SCENES: Final[dict[str, Callable[[Set], None]]] = {
    "public": scenes_public.pages,
    "verify": scenes_public.verified,
    "simulate": scenes_public.simulated,
    "errors": scenes_public.refused,
    "account": scenes_account.account,
    "centre": scenes_account.centre,
    "secret": scenes_room.secret,
    "room": scenes_room.room,
    "hall": scenes_hall.hall,
    "late": scenes_room.late,
}
MOST: Final = 150 * 1024  # bytes of a page on the line, with all that it loads
MOST_OF_A_ROOM: Final = 220 * 1024  # of a lot's room, which seals: decision 0018, K
# A scene that goes on where another one ended.
AFTER: Final = {"late": "room"}


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Set]:
    with stage(tmp_path_factory.mktemp("states"), browser) as made:
        yield made


@pytest.fixture(scope="module")
def play(at: Set) -> Callable[[str], None]:
    """Plays a scene, once."""
    done: set[str] = set()

    def once(name: str) -> None:
        if name in AFTER:
            once(AFTER[name])
        if name not in done:
            done.add(name)
            SCENES[name](at)

    return once


def test_no_page_is_heavier_than_it_may_be(at: Set) -> None:
    heavy: list[str] = []
    for path, files in weights(at):
        if (size := sum(files.values())) > (MOST_OF_A_ROOM if f"/{LOT}" in path and path.startswith("/bid") else MOST):
            most = sorted(files, key=lambda name: -files[name])[:12]
            heavy.append(f"{path}: {size} bytes; " + ", ".join(f"{name} {files[name]}" for name in most))
    assert_none(heavy)


@pytest.mark.parametrize("name", SCENES)
def test_axe_and_a_reader_find_nothing(at: Set, play: Callable[[str], None], name: str) -> None:
    play(name)
    found, at.states.found = at.states.found, []
    assert_none(dict.fromkeys(found))


def test_no_page_is_forgotten(at: Set, play: Callable[[str], None]) -> None:
    """Who adds a page, adds the state in which it is looked at."""
    for name in SCENES:
        play(name)
    assert at.states.unseen(at.made.office_app) == []
    assert len(at.states.seen) == len(set(at.states.seen)), "two states have one name"


def test_a_page_that_nobody_looked_at_is_named(at: Set) -> None:
    unseen = States().unseen(at.made.office_app)
    assert {"hall.html", "account/codes.html", "GET /bid", "POST /verify", "POST /account/code/recovery"} <= set(unseen)
    assert not any("/api/" in one or "layout" in one for one in unseen)

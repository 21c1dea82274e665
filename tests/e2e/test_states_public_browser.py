"""What anybody sees, in every state, in both languages, wide and narrow: axe finds nothing, and nor does a reader.

And what each kind of page weighs on the line when somebody comes for the first time: one town has all their tenders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser

from tests.support import scenes_hall, scenes_public
from tests.support.scenes import TENDERS, Set, play, stage
from tests.support.scenes_weight import weights
from tests.support.tree import assert_none

SCENES: Final[dict[str, Callable[[Set], None]]] = {
    "public": scenes_public.pages,
    "verify": scenes_public.verified,
    "simulate": scenes_public.simulated,
    "errors": scenes_public.refused,
    "hall": scenes_hall.hall,
}
MOST: Final = 150 * 1024  # bytes of a page on the line, with all that it loads


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Set]:
    with stage(tmp_path_factory.mktemp("states-public"), browser, TENDERS) as made:
        yield made


@pytest.mark.parametrize("name", SCENES)
def test_axe_and_a_reader_find_nothing(at: Set, name: str) -> None:
    play(at, name, SCENES[name])


def test_no_page_is_heavier_than_it_may_be(at: Set) -> None:
    heavy: list[str] = []
    for path, files in weights(at):
        if (size := sum(files.values())) > MOST:
            most = sorted(files, key=lambda name: -files[name])[:12]
            heavy.append(f"{path}: {size} bytes; " + ", ".join(f"{name} {files[name]}" for name in most))
    assert_none(heavy)

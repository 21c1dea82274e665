"""What anybody sees, in every state, in both languages, wide and narrow: axe finds nothing, and nor does a reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser

from tests.support import scenes_public
from tests.support.scenes import TENDERS, Set, play, stage

SCENES: Final[dict[str, Callable[[Set], None]]] = {
    "public": scenes_public.pages,
    "verify": scenes_public.verified,
    "simulate": scenes_public.simulated,
    "errors": scenes_public.refused,
}


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Set]:
    with stage(tmp_path_factory.mktemp("states-public"), browser, TENDERS) as made:
        yield made


@pytest.mark.parametrize("name", SCENES)
def test_axe_and_a_reader_find_nothing(at: Set, name: str) -> None:
    play(at, name, SCENES[name])

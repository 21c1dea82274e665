"""The opening hall in every state, in both languages, wide and narrow: axe finds nothing, and nor does a reader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support import scenes_hall
from tests.support.scenes import Set, play, stage


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Set]:
    with stage(tmp_path_factory.mktemp("states-hall"), browser, scenes_hall.ENDED) as made:
        yield made


def test_axe_and_a_reader_find_nothing(at: Set) -> None:
    play(at, "hall", scenes_hall.hall)

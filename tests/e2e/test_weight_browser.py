"""What each kind of page weighs on the line when somebody comes for the first time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser

from tests.support.scenes import TENDERS, Set, stage
from tests.support.scenes_weight import weights
from tests.support.tree import assert_none

MOST: Final = 150 * 1024  # bytes of a page on the line, with all that it loads


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Set]:
    with stage(tmp_path_factory.mktemp("weight"), browser, TENDERS) as made:
        yield made


def test_no_page_is_heavier_than_it_may_be(at: Set) -> None:
    heavy: list[str] = []
    for path, files in weights(at):
        if (size := sum(files.values())) > MOST:
            most = sorted(files, key=lambda name: -files[name])[:12]
            heavy.append(f"{path}: {size} bytes; " + ", ".join(f"{name} {files[name]}" for name in most))
    assert_none(heavy)

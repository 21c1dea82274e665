"""Who adds a page adds the state in which it is looked at: no page is without a scene that answers for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.scenes_pages import SHOWN
from tests.support.states import all_pages
from tests.support.town import town
from tests.support.tree import ROOT, assert_none


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[set[str]]:
    with town(tmp_path, f"sqlite:///{tmp_path / 'town.db'}") as made:
        yield all_pages(made.office_app)


def test_no_page_is_forgotten(pages: set[str]) -> None:
    answered = [page for scene in SHOWN.values() for page in scene]
    assert_none(f"no scene shows {page}" for page in sorted(pages.difference(answered)))
    assert_none(f"there is no page {page}" for page in sorted(set(answered) - pages))
    assert len(answered) == len(set(answered)), "two scenes answer for one page"


def test_a_page_is_known_by_its_template_and_by_its_route(pages: set[str]) -> None:
    """What a new page is found by."""
    assert {"hall.html", "account/codes.html", "GET /bid", "POST /verify", "POST /account/code/recovery"} <= pages
    assert not any("/api/" in one or "layout" in one for one in pages)


def test_every_scene_is_played() -> None:
    """By one of the files that play them: what nobody plays answers for nothing."""
    played = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests/e2e").glob("test_states_*_browser.py"))
    assert_none(f"nobody plays {name}" for name in SHOWN if f'"{name}"' not in played)

"""Explaining a low price in a browser: who is asked, who sees the form, and what becomes of what was written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.support import axe
from tests.support.explaining import FINDING, judge
from tests.support.hall import Hall, Visitor, Visits, hall

LANGS: Final = ("zh", "en")
TEXT: Final = "自有采石场，运距 8 公里，成本构成见投标文件第 12 页。"
SAID: Final = {
    "zh": {
        "asked": "说明其合理性",
        "empty": "请写明报价的依据",
        "listed": "已写入日志",
        "over": "时间已结束",
        "holds": "说明成立",
    },
    "en": {
        "asked": "must be explained",
        "empty": "Write what",
        "listed": "stands in the log",
        "over": "has ended",
        "holds": "holds",
    },
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Hall]:
    with hall(tmp_path, screen="68") as made:  # under 816,000: bob's 800,000
        yield made


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visits]:
    made = Visits(browser)
    yield made
    for one in made.made:
        one.close()


@pytest.mark.parametrize("lang", LANGS)
def test_who_was_asked_explains_and_is_judged(place: Hall, visitor: Visits, lang: str) -> None:
    made, bob, ann = place.made, place.made.bidders["bob"], place.made.bidders["ann"]
    one, other, plain = (visitor(place, lang) for _ in range(3))
    one.holds(bob)
    other.holds(ann)
    page, ann_sees, anybody_sees = one.enter(), other.enter(), plain.enter()
    low = page.locator("[data-section=low]")
    expect(low).to_be_hidden()
    made.until(made.clock.at + timedelta(minutes=10))
    made.wait(timedelta(seconds=2))
    rows = page.locator("[data-rows=low] > li")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(SAID[lang]["asked"])
    expect(rows.locator("[data-slot=own]")).to_be_visible()
    form = "[data-explain=form]"
    expect(page.locator(form)).to_be_visible()
    expect(ann_sees.locator("[data-rows=low] > li")).to_have_count(1)
    expect(ann_sees.locator(form)).to_be_hidden()
    expect(ann_sees.locator("[data-explain=away]")).to_be_hidden()
    expect(anybody_sees.locator("[data-explain=away]")).to_be_visible()
    expect(anybody_sees.locator(form)).to_be_hidden()
    # By keyboard: empty is refused beside the field, then the words go to the box and into the log.
    button = page.locator(f"{form} button")
    button.press("Enter")
    expect(page.locator("#explain-error")).to_contain_text(SAID[lang]["empty"])
    expect(page.locator("#explain-text")).to_be_focused()
    page.keyboard.type(TEXT)
    button.press("Enter")
    expect(page.locator("[data-explain-sent] li")).to_have_count(1)
    made.settle()
    expect(page.locator("[data-explain-sent] li")).to_contain_text(SAID[lang]["listed"])
    expect(rows).to_have_count(2)
    expect(anybody_sees.locator("[data-rows=low] [data-slot=text]").nth(1)).to_have_text(TEXT)
    axe.check(page)
    _after_the_end(place, one, lang)


def _after_the_end(place: Hall, one: Visitor, lang: str) -> None:
    """What is typed stays, and is refused beside the field; two people judge, and the page says so."""
    made, bob, page = place.made, place.made.bidders["bob"], one.page
    rows, button = page.locator("[data-rows=low] > li"), page.locator("[data-explain=form] button")
    page.locator("#explain-text").fill("Too late")
    made.wait(timedelta(minutes=1))
    one.moved()
    button.press("Enter")
    expect(page.locator("#explain-error")).to_contain_text(SAID[lang]["over"])
    expect(page.locator("#explain-text")).to_have_value("Too late")
    judge(made, place.key(bob))
    made.settle()
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_contain_text(SAID[lang]["holds"])
    expect(rows.nth(2)).to_contain_text(FINDING)
    # The page that the server makes says the same as the one that was told.
    told = rows.all_inner_texts()
    page.reload()
    expect(page.locator("#hall")).to_have_attribute("data-connection", "live")
    expect(rows).to_have_count(3)
    assert rows.all_inner_texts() == told

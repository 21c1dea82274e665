"""The opening hall in a browser: it follows an opening from before the deadline to the award, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Fence
from tests.support.live import free_port, served_of
from tests.support.town import LOT, Town, town

LANGS: Final = ("zh", "en")
MINUTE: Final = timedelta(minutes=1)
PRICES: Final = {"ann": "900000.50", "bob": "800000", "cid": "1300000", "dan": "850000"}
SAID: Final = {
    "zh": {
        "open": "接受投标",
        "bids": "截止后公布",
        "live": "直播中",
        "award": "中标：",
        "over": "未通过",
        "window": "结束",
    },
    "en": {
        "open": "Taking bids",
        "bids": "told after the deadline",
        "live": "Live",
        "award": "Awarded: ",
        "over": "failed",
        "window": "ended",
    },
}


@dataclass
class Stage:
    """A town with a tender that has its bids, and the port of its live process."""

    made: Town
    port: int
    deadline: datetime

    def address(self, lang: str, more: str = "") -> str:
        return f"{self.made.url}/tenders/{self.made.tender}/lots/{LOT}/hall?lang={lang}{more}"


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """With all bids of `PRICES`, or as many as the test asks for."""
    port = free_port()
    public = {"live": f"http://127.0.0.1:{port}"}
    with town(tmp_path, f"sqlite:///{tmp_path / 'town.db'}", public=public) as made:
        made.enrol()
        deadline = made.clock.at + timedelta(minutes=10)
        made.publish(deadline)
        made.open_tickets()
        for name in list(PRICES)[: getattr(request, "param", len(PRICES))]:
            made.bid(name, PRICES[name])
        yield Stage(made, port, deadline)


@pytest.fixture
def pages(browser: Browser) -> Iterator[dict[str, Page]]:
    """A page for each language; a page that asks anybody but loopback, or complains, fails its test."""
    contexts = {lang: browser.new_context(reduced_motion="reduce") for lang in LANGS}
    fences = [Fence(context) for context in contexts.values()]
    opened = {lang: context.new_page() for lang, context in contexts.items()}
    said: list[str] = []
    for one in opened.values():
        one.on("pageerror", lambda error: said.append(str(error)))
        one.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield opened
    for context in contexts.values():
        context.close()
    assert [fence.refused for fence in fences] == [[], []]
    # A browser notes the line that a test cuts.
    assert [text for text in said if "WebSocket" not in text and "ERR_CONNECTION" not in text] == []


def whole(page: Page) -> list[str]:
    """What a page says in its parts, without the server's time and what was said aloud last."""
    parts = page.locator("h1, .hall-phase, .hall-steps li, #hall section:not([hidden])")
    return [" ".join(text.split()) for text in parts.all_inner_texts()]


def rows(page: Page, name: str) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(f"[data-rows={name}] > *").all_inner_texts()]


def windows_judged(page: Page, lang: str) -> None:
    """How things stand comes after the last message, with the time by which the windows are judged."""
    expect(page.locator("[data-fill=window]")).to_contain_text(SAID[lang]["window"])
    expect(page.locator("[data-object=after]")).to_be_visible()


def test_the_page_follows_an_opening_and_is_what_the_server_makes_of_it(stage: Stage, pages: dict[str, Page]) -> None:
    made = stage.made
    with served_of(made, port=stage.port):
        for lang, page in pages.items():
            page.goto(stage.address(lang))
            expect(page.locator("[data-line]")).to_contain_text(SAID[lang]["live"])
            expect(page.locator("[data-fill=word]")).to_have_text(SAID[lang]["open"])
            expect(page.locator("[data-fill=bids]")).to_have_text(SAID[lang]["bids"])
            expect(page.locator("[data-hall-left]")).to_be_visible()
            expect(page.locator("[aria-current=step]")).to_have_attribute("data-step", "waiting")
        made.until(stage.deadline)
        for _ in range(3):
            made.wait(MINUTE)
        for lang, page in pages.items():
            expect(page.locator("[data-rows=result]")).to_contain_text(SAID[lang]["award"])
            expect(page.locator("[data-fill=bids]")).to_have_text("4")
            expect(page.locator("[data-rows=offer] tr")).to_have_count(4)
            expect(page.locator("[data-hall-left]")).to_be_hidden()
            over = page.locator("[data-rows=offer] tr", has_text="1,300,000.00").locator("[data-check=ceiling]")
            expect(over).to_contain_text(SAID[lang]["over"])
            expect(page.locator("[data-step=award]")).to_have_attribute("data-how", "done")
            numbers = page.locator("[data-rows=line] li").evaluate_all("all => all.map(one => Number(one.dataset.n))")
            assert numbers == list(range(1, len(numbers) + 1))
            windows_judged(page, lang)
            followed = {name: rows(page, name) for name in ("line", "bidder", "offer", "given", "drawn", "result")}
            text = whole(page)
            page.reload()
            expect(page.locator("[data-line]")).to_contain_text(SAID[lang]["live"])
            windows_judged(page, lang)
            assert {name: rows(page, name) for name in followed} == followed
            assert whole(page) == text


def test_a_page_whose_line_is_cut_goes_on_by_itself(stage: Stage, pages: dict[str, Page]) -> None:
    page = pages["zh"]
    with served_of(stage.made, port=stage.port):
        page.goto(stage.address("zh"))
        expect(page.locator("#hall")).to_have_attribute("data-connection", "live")
    expect(page.locator("#hall")).to_have_attribute("data-connection", "lost")
    stage.made.until(stage.deadline)
    with served_of(stage.made, port=stage.port):
        expect(page.locator("[data-fill=bids]")).to_have_text("4")
        expect(page.locator("#hall")).to_have_attribute("data-connection", "live")
        expect(page.locator("[data-rows=offer] tr")).to_have_count(4)
        numbers = page.locator("[data-rows=line] li").evaluate_all("all => all.map(one => Number(one.dataset.n))")
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("lang", LANGS)
def test_without_a_script_the_page_is_whole(stage: Stage, browser: Browser, lang: str) -> None:
    stage.made.until(stage.deadline)
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(stage.address(lang))
        assert len(rows(page, "offer")) == 4
        assert page.locator("[data-fill=bids]").inner_text() == "4"
        assert page.locator("noscript").count() == 1
        text = page.locator("main").inner_text()
        assert re.search(r"\{[a-z_]+\}", text) is None
        assert "None" not in text


@pytest.mark.parametrize("width", [1280, 390])
def test_the_hall_fits_its_screen_and_the_wall_has_no_controls(stage: Stage, browser: Browser, width: int) -> None:
    stage.made.until(stage.deadline)
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        for more in ("", "&screen=wall"):
            page.goto(stage.address("zh", more))
            assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")
        assert not page.locator(".hall-tools").is_visible()
        assert not page.locator(".site, .foot").first.is_visible()


@pytest.mark.parametrize("stage", [2], indirect=True)
def test_with_two_bids_nothing_opens_and_the_hall_says_why(stage: Stage, pages: dict[str, Page]) -> None:
    with served_of(stage.made, port=stage.port):
        for lang, page in pages.items():
            page.goto(stage.address(lang))
            expect(page.locator("#hall")).to_have_attribute("data-connection", "live")
        stage.made.until(stage.deadline)
        for lang, page in pages.items():
            said = {"zh": "不予开标，全部投标保持密封", "en": "nothing opens and every bid stays sealed"}[lang]
            expect(page.locator("[data-rows=line]")).to_contain_text(said)
            expect(page.locator("[aria-current=step]")).to_have_attribute("data-how", "stopped")
            expect(page.locator("[data-rows=result]")).to_contain_text({"zh": "流标", "en": "failed"}[lang])
            assert rows(page, "offer") == rows(page, "bidder") == []
            before = whole(page)
            page.reload()
            assert whole(page) == before

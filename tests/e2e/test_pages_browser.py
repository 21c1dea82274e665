"""The public's pages in a browser: wide and narrow, Chinese and English, in every state a tender can be met in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import axe
from tests.support.browser import WIDTHS, of_width
from tests.support.town import START, Town, town

LANGS: Final = {"zh": "zh-Hans", "en": "en"}
LONG: Final = "华北地区城市基础设施建设与维护工程总承包集团股份有限公司第三分公司"
MINUTE: Final = timedelta(minutes=1)
# What every page says, in words and not in keys: a text that is missing stands as the last part of its key.
PAGES: Final = {
    "front": ("/", {"zh": "即将截止", "en": "Closing next"}),
    "list": ("/tenders", {"zh": "共 3 个项目", "en": "Tenders found: 3"}),
    "no result": ("/tenders?q=nothing-like-it&region=CN-44", {"zh": "没有符合条件的项目", "en": "No tender fits"}),
    "wrong query": ("/tenders?page=x&amount_from=y", {"zh": "没有这一页", "en": "There is no such page"}),
    "wrong feed": ("/tenders.atom?page=x", {"zh": "无法完成", "en": "This did not work"}),
    "design": ("/design", {"zh": "镜印", "en": "The mirror"}),
    "unknown": ("/tenders/nobody", {"zh": "返回项目列表", "en": "Back to the list"}),
    "open": ("/tenders/{open}", {"zh": "谁也看不到有几份投标", "en": "nobody, the platform included"}),
    "failed": ("/tenders/{failed}", {"zh": "流标", "en": "Failed"}),
    "awarded": ("/tenders/{awarded}", {"zh": "中标价", "en": "Price of the award"}),
}
CONTROLS: Final = "a[href], input:not([type=hidden]), select, textarea, button, summary, [tabindex='0']"
TABBED: Final = """() => document.addEventListener("focusin", ({ target }) => {
  target.tabbed ||= getComputedStyle(target).outlineStyle !== "none";
})"""
UNSEEN: Final = """(controls) => [...document.querySelectorAll(controls)]
  .filter((one) => one.checkVisibility() && !one.disabled && !(one.type === "radio" && !one.checked))
  .filter((one) => !one.tabbed && !(one.type === "radio" && document.querySelector(`[name=${one.name}]`).tabbed))
  .map((one) => one.outerHTML)"""
BROKEN: Final = {"unknown": 404, "wrong feed": 400}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, dict[str, str]]]:
    folder: Path = tmp_path_factory.mktemp("pages")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        named = {}
        for name, prices in (("awarded", ("900000.50", "800000", "1000000")), ("failed", ()), ("open", ())):
            deadline = made.clock.at + timedelta(minutes=10)
            made.tickets_open = False
            made.publish(deadline)
            made.open_tickets()
            made.bidder("ann", LONG)
            for bidder, price in zip(("ann", "bob", "cid"), prices, strict=False):
                made.bid(bidder, price)
            if name != "open":
                made.until(deadline)
                for _ in range(3):
                    made.wait(MINUTE)
            named[name] = made.tender
        yield made, named


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda width: f"{width}px")
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with of_width(browser, request.param) as opened:
        yield opened


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_in_its_language_and_fits(
    place: tuple[Town, dict[str, str]], page: Page, name: str, lang: str
) -> None:
    made, named = place
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    path, words = PAGES[name]
    path = path.format(**named)
    answer = page.goto(f"{made.url}{path}{'&' if '?' in path else '?'}lang={lang}")
    assert answer is not None
    assert answer.status == BROKEN.get(name, 200)
    # A browser notes the status of a page that is refused; nothing else may be noted.
    assert [text for text in said if not (name in BROKEN and "Failed to load resource" in text)] == []
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert page.locator("html").get_attribute("lang") == LANGS[lang]
    text = page.locator("main").inner_text()
    assert words[lang] in text
    assert "None" not in text
    assert re.search(r"\{[a-z_]+\}", text) is None
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")
    assert page.locator("h1").count() == 1
    assert page.locator("script:not([src]), [style], [onclick]").count() == 0
    axe.check(page)


@pytest.mark.parametrize("name", ["front", "list", "awarded", "design"])
def test_every_control_is_reached_by_keyboard_and_shows_it(
    place: tuple[Town, dict[str, str]], page: Page, name: str
) -> None:
    made, named = place
    page.goto(f"{made.url}{PAGES[name][0].format(**named)}")
    # What stands in a part that is folded is reached when it is unfolded.
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    page.evaluate(TABBED)
    # A date has four stops of its own, a group of radio buttons has one.
    stops = page.locator(CONTROLS).count() + 3 * page.locator("[type=date]").count()
    for _ in range(stops):
        page.keyboard.press("Tab")
    assert page.evaluate(UNSEEN, CONTROLS) == []


def test_a_platform_without_tenders_says_so(tmp_path: Path, page: Page) -> None:
    with town(tmp_path, f"sqlite:///{tmp_path / 'town.db'}") as made:
        page.goto(made.url)
        page.get_by_role("link", name="查找项目").click()
        expect(page.locator("main")).to_contain_text("还没有公布的招标项目")
        page.get_by_role("link", name="English").click()
        expect(page.locator("main")).to_contain_text("No tender has been published yet")
        assert made.clock.at == START

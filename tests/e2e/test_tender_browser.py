"""The pages of a tender in a browser: in both languages, wide and narrow, by keyboard, with nothing for axe to find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.basics import clock
from tests.support import axe
from tests.support.browser import WIDTHS, of_width
from tests.support.town import LOT, Town, town

MINUTE: Final = timedelta(minutes=1)
LONG: Final = "华北地区城市基础设施建设与维护工程总承包集团股份有限公司第三分公司"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, dict[str, str]]]:
    """A finished tender, and one that is open and was amended twice."""
    folder: Path = tmp_path_factory.mktemp("tender-pages")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        deadline = made.clock.at + 10 * MINUTE
        made.publish(deadline)
        made.open_tickets()
        made.bidder("ann", LONG)
        for name, price in (("ann", "900000.50"), ("bob", "800000"), ("cid", "1000000"), ("dan", "1300000")):
            made.bid(name, price)
        made.until(deadline)
        for _ in range(3):
            made.wait(MINUTE)
        named = {"awarded": made.tender}
        made.tickets_open = False
        deadline = made.clock.at + 10 * MINUTE
        made.publish(deadline)
        made.open_tickets()
        for number, text in ((1, "工期三百天\n第二行\n"), (2, "工期两百天\n第二行\n第三行\n")):
            token = made.people["tenderee"].token
            put = made.ask("PUT", f"/office/tenders/{made.tender}/documents", token=token, data=text.encode())
            addendum = {
                "number": number,
                "text": {"zh": f"第{number}次澄清", "en": f"Clarification {number}"},
                "affects_bids": False,
                "deadline": clock.text(deadline + (number - 1) * 5 * MINUTE),
                "documents": [{"name": "works.txt", **put.get_json()}],
            }
            done = made.act("tenderee", "addendum.issued", f"tender/{made.tender}", addendum)
            assert done.status_code == 201, done.text
        made.settle()
        yield made, {**named, "open": made.tender}


def paths(made: Town, named: dict[str, str]) -> list[str]:
    """Every page that this is about, in the states that the town has."""
    done = f"/tenders/{named['awarded']}"
    keys = [one["bid_key"] for one in made.whole(f"lot/{named['awarded']}/{LOT}", "lot.announced")["bids"]]
    bids = [f"{done}/lots/{LOT}/bids/{key}" for key in keys]
    both = [
        f"/tenders/{one}{path}"
        for one in named.values()
        for path in ("", "/notice", "/documents", "/timeline", "/verify")
    ]
    results = [f"/tenders/{one}/lots/{LOT}/result" for one in named.values()]
    return [
        *both,
        *results,
        *bids,
        f"{done}/lots/{LOT}/draw",
        "/verify",
        "/log",
        "/log?at=3",
        "/log?old=x",
        "/log?old=3&new=9",
        "/api",
    ]


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda width: f"{width}px")
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with of_width(browser, request.param) as opened:
        yield opened


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_whole_and_nothing_complains(place: tuple[Town, dict[str, str]], page: Page, lang: str) -> None:
    made, named = place
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in paths(made, named):
        answer = page.goto(f"{made.url}{path}{'&' if '?' in path else '?'}lang={lang}")
        assert answer is not None
        assert answer.status == (400 if "old=x" in path else 200), path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        text = page.locator("main").inner_text()
        assert "None" not in text
        assert re.search(r"\{[a-z_]+\}", text.replace("{error", "")) is None or path == "/api"
    assert [text for text in said if "400" not in text] == []


def test_a_reader_finds_out_why_by_keyboard_alone(place: tuple[Town, dict[str, str]], page: Page) -> None:
    """From the tender's page to the price mark of the second bid, and back to the verification."""
    made, named = place
    page.goto(f"{made.url}/tenders/{named['awarded']}?lang=en")
    follow(page, "Opening sheet and marks")
    page.wait_for_url("**/result?lang=en")
    second = page.locator("tbody tr").nth(1)
    mark = second.locator("a[href$='#c-price']")
    shown = mark.inner_text()
    mark.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bids/*#c-price")
    reason = page.locator("#c-price")
    assert reason.locator(".why__result").inner_text().startswith(shown)
    assert "÷ benchmark" in reason.inner_text()
    summary = reason.locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(reason.locator("ol li")).to_have_count(6)
    follow(page, "Verify", within=".tabs")
    page.wait_for_url("**/verify?lang=en")
    page.get_by_role("button", name="Verify now").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Every claim holds").wait_for()
    axe.check(page)


def test_the_winner_its_price_and_its_marks_stand_on_the_pages(place: tuple[Town, dict[str, str]], page: Page) -> None:
    made, named = place
    page.goto(f"{made.url}/tenders/{named['awarded']}?lang=en")
    assert page.locator(".winner").inner_text() == LONG
    assert "900,000.50" in page.locator(".lot").inner_text()
    page.goto(f"{made.url}/tenders/{named['awarded']}/lots/{LOT}/result?lang=en")
    assert page.locator("tr.marked").count() == 1
    assert LONG in page.locator("tr.marked").inner_text()


def follow(page: Page, words: str, within: str = "main") -> None:
    """Tabs to the link with these words, and presses Enter."""
    for _ in range(80):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "within => document.activeElement.closest(within) ? document.activeElement.textContent : ''", within
        )
        if found.strip().startswith(words):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"no link says {words!r}")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_files_are_verified_and_refused_beside_the_field(
    place: tuple[Town, dict[str, str]], page: Page, lang: str, tmp_path: Path
) -> None:
    made, named = place
    words = {
        "zh": ("全部成立", "检查点有效", "认不出这个文件", "还没有选择文件"),
        "en": ("Every claim holds", "The checkpoint holds", "none that can be verified", "No file was chosen"),
    }[lang]
    bundle, note, other = tmp_path / "evidence.zip", tmp_path / "checkpoint.txt", tmp_path / "letter.txt"
    bundle.write_bytes(made.ask("GET", f"/api/tenders/{named['awarded']}/bundle.zip").data)
    note.write_bytes(made.ask("GET", "/log/checkpoint").data)
    other.write_text("hello", encoding="utf-8")
    for file, said in ((bundle, words[0]), (note, words[1]), (other, words[2]), (None, words[3])):
        page.goto(f"{made.url}/verify?lang={lang}")
        if file is not None:
            page.locator("input[type=file]").set_input_files(file)
        page.locator("main form button").click()
        page.get_by_text(said).first.wait_for()
        axe.check(page)
        if file in (other, None):
            assert page.locator("#file").get_attribute("aria-invalid") == "true"
            assert "file-error" in (page.locator("#file").get_attribute("aria-describedby") or "")


def test_pages_can_be_read_without_scripts(place: tuple[Town, dict[str, str]], browser: Browser) -> None:
    made, named = place
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{made.url}/tenders/{named['awarded']}/lots/{LOT}/result?lang=en")
    page.locator("tbody tr a").first.click()
    page.wait_for_url("**/bids/*")
    assert page.locator(".why").count() >= 7
    page.goto(f"{made.url}/tenders/{named['open']}/documents?lang=en")
    assert page.locator("del, ins").count() >= 4
    context.close()

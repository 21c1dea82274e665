"""The room counts down on the server's clock, says what happens at the end, and leads to hall, result and marks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.basics import clock
from tests.support.bid_room import Rooms, SignedIn, rooms
from tests.support.bid_work import at_desk, enter, fill, lie, ready, restore, send, sign_and_seal
from tests.support.town import LOT

MINUTE: Final = timedelta(minutes=1)
DEADLINE: Final = timedelta(hours=2)
WAYS: Final = ("#to-hall", "#to-result", "#to-why")
MARKS: Final = (60, 10, 5, 1)  # minutes before the deadline
# Seconds from now to the deadline, for as long as the page stays; it came a moment ago.
LEFT: Final = """() => {
  const {countdown, now} = document.querySelector("#countdown [data-countdown]").dataset;
  const began = performance.now();
  window.left = () => (Date.parse(countdown) - Date.parse(now) - (performance.now() - began)) / 1000;
}"""
# Seven years wrong.
MACHINE: Final = "2019-06-01T00:00:00Z"
SAID: Final[dict[str, dict[str, Any]]] = {
    "zh": {"marks": ("59 分", "9 分", "4 分", "0 分"), "past": "投标已截止", "next": "不再接收", "alarm": "警报"},
    "en": {
        "marks": ("59 min", "9 min", "4 min", "0 min"),
        "past": "The deadline has passed",
        "next": "takes no bid",
        "alarm": "Alarm",
    },
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with rooms(tmp_path_factory.mktemp("rooms"), DEADLINE) as made:
        yield made


def shown(page: Page) -> list[str]:
    """The ways that are open."""
    return [one for one in WAYS if page.locator(one).is_visible()]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_room_counts_down_and_says_what_comes_then(place: Rooms, browser: Browser, lang: str) -> None:
    context, say = browser.new_context(), SAID[lang]
    page = at_desk(context, place, place.firm(f"ant-{lang}"), lang, clock=MACHINE)
    told = page.locator("#countdown [role=status]")
    assert shown(page) == []
    assert told.inner_text() == ""
    page.evaluate(LEFT)
    for mark, words in zip(MARKS, say["marks"], strict=True):
        # To twenty seconds after the mark, and a little more for what goes by while this runs.
        page.clock.fast_forward(round(1000 * (page.evaluate("window.left()") - 60 * mark + 20)))
        expect(told).to_contain_text(words)
        assert shown(page) == ["#to-hall"]
    assert page.locator("#past").is_hidden()
    page.clock.fast_forward(60_000)
    expect(told).to_have_text(say["past"])
    expect(page.locator("#past")).to_contain_text(say["next"])
    assert str(page.locator("#to-hall a").get_attribute("href")).startswith(
        f"/tenders/{place.town.tender}/lots/{LOT}/hall"
    )
    context.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_deadline_that_counts_is_the_proved_one(place: Rooms, browser: Browser, lang: str) -> None:
    context, firm = browser.new_context(), place.firm(f"told-{lang}")
    SignedIn(context, place, firm)
    (published,) = [
        one for one in place.town.events(f"tender/{place.town.tender}") if one["type"] == "tender.published"
    ]
    proved: str = published["public"]["notice"]["published_for"]["deadline"]
    lie(context, place, firm, deadline=clock.text(parsed(proved) + timedelta(days=1)))
    page = context.new_page()
    restore(page, place, firm, lang)
    enter(page, place, lang)
    alarm = page.locator("#alerts .alert", has_text=SAID[lang]["alarm"])
    expect(alarm).to_have_count(1)
    for at in (parsed(proved), parsed(proved) + timedelta(days=1)):
        expect(alarm).to_contain_text((at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S"))
    assert parsed(str(page.locator("#countdown [data-countdown]").get_attribute("data-countdown"))) == parsed(proved)
    assert page.locator("#unproved").is_hidden()
    context.close()


def test_a_deadline_without_proof_is_said_to_be_the_office_s_word(place: Rooms, browser: Browser) -> None:
    context, firm = browser.new_context(), place.firm("unproved")
    SignedIn(context, place, firm)
    lie(context, place, firm, events=[])
    page = context.new_page()
    restore(page, place, firm)
    enter(page, place)
    expect(page.locator("#unproved")).to_contain_text("平台的说法")
    context.close()


def parsed(at: str) -> datetime:
    """A time as the platform writes it."""
    return clock.parse_time(at)


def test_after_the_opening_the_room_leads_to_result_and_marks(place: Rooms, browser: Browser) -> None:
    made = place.town
    context, firm = browser.new_context(), place.firm("bidder")
    SignedIn(context, place, firm)
    page = context.new_page()
    restore(page, place, firm, "zh")
    enter(page, place)
    fill(page)
    sign_and_seal(page)
    send(page)
    for name, price in (("bob", "900000"), ("cid", "1000000")):
        made.bid(name, price)
    made.until(made.clock.at + DEADLINE)
    for _ in range(3):
        made.wait(MINUTE)
    page.goto(f"{place.office}/bid?lang=zh")
    ready(page)
    page.locator(f"[data-lot='{LOT}'] a").click()
    page.wait_for_selector("#lot #form")
    ready(page)
    assert shown(page) == list(WAYS)
    assert page.locator("#past").is_hidden(), "there is a result: that is what comes now"
    page.locator("#to-why a").click()
    expect(page.locator("main")).to_contain_text("800,000")
    page.go_back()
    page.wait_for_selector("#lot #form")
    ready(page)
    page.locator("#to-result a").click()
    expect(page.locator("h1")).to_be_visible()
    assert page.url.split("?")[0].endswith(f"/lots/{LOT}/result")
    context.close()

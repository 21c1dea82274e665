"""Objections on the spot in a browser: who may, what is said of who reads them, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import axe
from tests.support.bid_work import BidHands
from tests.support.hall import Hall, Visitor, Visits, hall
from tests.support.office import PASSWORD
from tests.support.town import LOT

LANGS: Final = ("zh", "en")
TEXT: Final = "开标记录第 2 行的工期与我方投标文件不一致，请更正。"
SAID: Final = {
    "zh": {
        "readers": "任何人都能看到",
        "empty": "请写明异议事项和理由",
        "listed": "已写入日志",
        "answered": "已获答复",
        "own": "贵单位",
    },
    "en": {
        "readers": "Everybody will see",
        "empty": "Write what you object to",
        "listed": "stands in the log",
        "answered": "is answered",
        "own": "yours",
    },
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Hall]:
    with hall(tmp_path) as made:
        yield made


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visits]:
    made = Visits(browser)
    yield made
    for one in made.made:
        one.close()


def listed(page: Page) -> list[str]:
    """What the list of objections says."""
    return [" ".join(text.split()) for text in page.locator("[data-rows=objection] > *").all_inner_texts()]


@pytest.mark.parametrize("lang", LANGS)
def test_a_bidder_objects_by_keyboard_and_is_answered(place: Hall, visitor: Visits, lang: str) -> None:
    made, bob = place.made, place.made.bidders["bob"]
    one, plain = visitor(place, lang), visitor(place, lang)
    one.holds(bob)
    page, other = one.enter(), plain.enter()
    expect(page.locator("[data-section=objections]")).to_be_hidden()
    made.until(made.clock.at + timedelta(minutes=10))
    expect(page.locator(one.part("form"))).to_be_visible()
    expect(page.locator(one.part("form"))).to_contain_text(SAID[lang]["readers"])
    expect(other.locator(one.part("form"))).to_be_hidden()
    expect(other.locator(one.part("away"))).to_be_visible()
    row = page.locator(f"[data-rows=offer] [data-bid-key='{place.key(bob)}']")
    expect(row.locator("[data-slot=own]")).to_be_visible()
    expect(row.locator("[data-slot=own]")).to_have_text(SAID[lang]["own"])
    assert page.locator("[data-rows] [data-slot=own]:visible").count() == 2, "in both lists, on nobody else's row"
    assert other.locator("[data-rows] [data-slot=own]:visible").count() == 0
    axe.check(page)
    keys = BidHands(page)
    keys.press(".hall-object button")
    expect(page.locator("#object-error")).to_contain_text(SAID[lang]["empty"])
    assert page.evaluate("document.activeElement.id") == "object-text"
    axe.check(page)
    keys.type("#object-text", TEXT)
    page.reload()
    expect(page.locator("#object-text")).to_have_value(TEXT)
    expect(page.locator(one.part("form"))).to_be_visible()
    keys.press(".hall-object button")
    expect(page.locator("[data-object-sent] li")).to_have_count(1)
    expect(page.locator("#object-text")).to_have_value("")
    assert listed(page) == []
    made.settle()
    expect(page.locator("[data-object-sent]")).to_contain_text(SAID[lang]["listed"])
    mine = page.locator("[data-rows=objection] > li")
    expect(mine).to_contain_text(TEXT)
    expect(mine.locator("[data-slot=own]")).to_be_visible()
    expect(other.locator("[data-rows=objection] > li")).to_contain_text(TEXT)
    (event,) = [one for one in made.events(f"tender/{made.tender}") if one["type"] == "objection.made"]
    assert event["public"]["bid_key"] == place.key(bob)
    assert page.locator("[data-object-sent] a").get_attribute("href") == f"#objection-{event['public']['objection']}"
    place.answer(event["public"]["objection"], "已核对，开标记录无误。")
    expect(page.locator("[data-object-sent]")).to_contain_text(SAID[lang]["answered"])
    expect(mine).to_contain_text("已核对，开标记录无误。")
    axe.check(page)


def test_what_was_typed_is_kept_when_the_box_refuses_or_is_away(place: Hall, visitor: Visits) -> None:
    one = visitor(place)
    one.holds(place.made.bidders["ann"])
    place.made.until(place.made.clock.at + timedelta(minutes=10))
    page = one.enter()
    one.context.route(f"{place.rooms.box}/**", lambda route: route.abort())
    page.locator("#object-text").fill(TEXT)
    page.locator(".hall-object button").click()
    expect(page.locator("#object-error")).to_contain_text("无法")
    expect(page.locator("#object-text")).to_have_value(TEXT)
    expect(page.locator("#object-text")).to_have_attribute("aria-invalid", "true")
    one.context.unroute(f"{place.rooms.box}/**")
    page.locator("#object-text").fill("长" * 4001)
    expect(page.locator("[data-object-left]")).to_contain_text("超出 1 字")
    page.locator(".hall-object button").click()
    expect(page.locator("#object-error")).to_contain_text("超出 1 字")
    page.locator("#object-text").fill("长" * 4000)
    page.locator(".hall-object button").click()
    expect(page.locator("[data-object-sent] li")).to_have_count(1)
    expect(page.locator("#object-error")).to_be_hidden()


def signs_up(place: Hall, one: Visitor, name: str) -> None:
    """Somebody signs up, and goes to the hall."""
    one.page.goto(f"{place.rooms.office}/account/sign-up?lang=zh")
    one.page.locator("[name=name]").fill(name)
    one.page.locator("[name=password]").fill(PASSWORD)
    one.page.locator("form:has([name=password]) button[type=submit]").click()
    expect(one.page.locator("[data-login]")).to_be_visible()
    one.enter()


def test_what_the_log_has_and_what_somebody_else_typed_is_not_kept(place: Hall, visitor: Visits) -> None:
    made, one = place.made, visitor(place)
    one.holds(made.bidders["ann"])
    made.until(made.clock.at + timedelta(minutes=10))
    page, typed = one.page, one.page.locator("#object-text")
    signs_up(place, one, "first-here")
    typed.fill(TEXT)
    page.locator(".hall-object button").click()
    expect(page.locator("[data-object-sent] li")).to_have_count(1)
    page.reload()
    expect(page.locator("[data-object-sent] li")).to_have_count(1)
    made.settle()
    expect(page.locator("[data-object-sent]")).to_contain_text(SAID["zh"]["listed"])
    page.reload()
    expect(page.locator("[data-rows=objection] [data-slot=own]")).to_be_visible()
    expect(page.locator("[data-object-sent] li")).to_have_count(0)
    typed.fill(TEXT)
    # Her session runs out, which changes nothing; then somebody else signs in.
    one.context.clear_cookies()
    one.enter()
    expect(typed).to_have_value(TEXT)
    signs_up(place, one, "second-here")
    expect(page.locator(one.part("form"))).to_be_visible()
    expect(typed).to_have_value("")
    typed.fill(TEXT)
    page.reload()
    expect(typed).to_have_value(TEXT)
    page.locator("form[action^='/account/sign-out'] button").click()
    page.wait_for_url(f"{place.rooms.office}/")
    one.enter()
    expect(page.locator(one.part("form"))).to_be_visible()
    expect(typed).to_have_value("")


def test_the_window_ends_and_the_page_says_what_is_left(place: Hall, visitor: Visits) -> None:
    made = place.made
    one = visitor(place)
    one.holds(made.bidders["ann"])
    made.until(made.clock.at + timedelta(minutes=10))
    page = one.enter()
    page.locator("#object-text").fill(TEXT)
    one.page.clock.set_fixed_time(made.clock.at + timedelta(seconds=2))
    expect(page.locator(one.part("between"))).to_be_visible()
    expect(page.locator(one.part("form"))).to_be_visible()
    page.locator(".hall-object button").click()
    expect(page.locator("#object-error")).to_contain_text("时间已结束")
    expect(page.locator("#object-text")).to_have_value(TEXT)
    page.locator("#object-text").fill("")
    expect(page.locator(one.part("form"))).to_be_hidden()
    made.clock.at += timedelta(seconds=2)
    made.settle()
    one.moved()
    # The candidates are published now, and the result may be objected to in the same place.
    expect(page.locator(one.part("form"))).to_be_visible()
    expect(page.locator("[data-object-kind=result]")).to_be_visible()
    page.locator("#object-text").fill(TEXT)
    page.locator(".hall-object button").click()
    expect(page.locator("[data-object-sent] li")).to_have_count(1)
    made.settle()
    expect(page.locator("[data-rows=objection] > li")).to_contain_text("对评标结果的异议")
    made.clock.at += timedelta(minutes=1)
    place.answer(made.events(f"tender/{made.tender}")[-1]["public"]["objection"], "不成立")
    one.moved()
    expect(page.locator(one.part("after"))).to_be_visible()
    expect(page.locator(one.part("form"))).to_be_hidden()
    page.reload()
    expect(page.locator(one.part("after"))).to_be_visible()
    expect(page.locator(one.part("after"))).to_contain_text("投诉")


def test_an_objection_that_came_too_late_is_told(place: Hall, visitor: Visits) -> None:
    made = place.made
    one = visitor(place)
    one.holds(made.bidders["ann"])
    made.until(made.clock.at + timedelta(minutes=10))
    page = one.enter()
    page.locator("#object-text").fill(TEXT)
    page.locator(".hall-object button").click()
    expect(page.locator("[data-object-sent]")).to_contain_text("写入日志后列入下方")
    made.clock.at += timedelta(minutes=3)
    made.settle()
    one.moved()
    expect(page.locator("[data-object-sent]")).to_contain_text("未被受理")
    assert listed(page) == []


def test_who_has_no_bid_on_the_roll_is_told_so_and_nobody_else_what_became_of_it(place: Hall, visitor: Visits) -> None:
    """Whoever comes to a machine that others use learns nothing of a bid there that nobody else ever learns."""
    made = place.made
    gone = made.bid("eve", "700000")
    assert made.withdraw(gone, 2).status_code == 201
    receipt = {"kind": "withdrawal", "seq": 2, "sha256": "", "receipt": {}}
    cases: dict[str, dict[str, object] | None] = {
        "eve": {"receipts": [receipt], "sealed": None},
        "fay": {"receipts": [], "sealed": {"seq": 1}},
        "gil": None,
    }
    guests = [visitor(place) for _ in cases]
    for guest, (who, draft) in zip(guests, cases.items(), strict=True):
        guest.holds(made.bidder(who), draft)
    made.until(made.clock.at + timedelta(minutes=10))
    said = set()
    for guest in guests:
        page = guest.enter()
        expect(page.locator(guest.part("none"))).to_be_visible()
        expect(page.locator(guest.part("form"))).to_be_hidden()
        assert page.locator("[data-slot=own]:visible").count() == 0
        said.add(page.locator("[data-bidder-form]").inner_text())
    assert len(said) == 1


def test_a_browser_without_a_secret_is_led_to_sign_in_and_back(place: Hall, visitor: Visits) -> None:
    place.made.until(place.made.clock.at + timedelta(minutes=10))
    one = visitor(place)
    page = one.enter()
    away = page.locator(one.part("away"))
    expect(away).to_be_visible()
    assert away.locator("a").nth(1).get_attribute("href") == f"/bid/lot?lang=zh#{place.made.tender}/{LOT}"
    away.locator("a").first.click()
    page.wait_for_url("**/account/sign-in**")
    assert page.locator("input[name=next]").first.get_attribute("value") == f"{place.path}?lang=zh"


@pytest.mark.parametrize("lang", LANGS)
def test_with_two_bids_there_is_nothing_to_object_to(tmp_path: Path, visitor: Visits, lang: str) -> None:
    with hall(tmp_path, 2) as place:
        one = visitor(place, lang)
        one.holds(place.made.bidders["ann"])
        page = one.enter()
        place.made.until(place.made.clock.at + timedelta(minutes=10))
        expect(page.locator(one.part("unopened"))).to_be_visible()
        expect(page.locator(one.part("form"))).to_be_hidden()
        page.reload()
        expect(page.locator(one.part("unopened"))).to_be_visible()
        one.context.close()


def test_the_office_cannot_tell_a_bidder_in_the_hall_from_a_visitor(place: Hall, visitor: Visits) -> None:
    """Each asks the office for the same things, in the same order, with the same headers, as the opening goes on."""
    made = place.made
    bidder, plain = visitor(place), visitor(place)
    bidder.holds(made.bidders["ann"])
    plain.page.goto(place.address("zh"))
    for one in (bidder, plain):
        one.page.wait_for_load_state("networkidle")
        one.asked.clear()
        one.enter()
        one.page.wait_for_load_state("networkidle")
    made.until(made.clock.at + timedelta(minutes=10))
    expect(bidder.page.locator(bidder.part("form"))).to_be_visible()
    expect(plain.page.locator(plain.part("away"))).to_be_visible()
    bidder.page.locator("#object-text").fill(TEXT)
    for one in (bidder, plain):
        assert [ask for ask in one.asked if ask.url.startswith(place.rooms.box)] == []
    bidder.page.locator(".hall-object button").click()
    expect(bidder.page.locator("[data-object-sent] li")).to_have_count(1)
    made.settle()
    for one in (bidder, plain):
        expect(one.page.locator("[data-rows=objection] > li")).to_contain_text(TEXT)
        one.page.reload()
        expect(one.page.locator("#hall")).to_have_attribute("data-connection", "live")
        one.page.wait_for_load_state("networkidle")
    seen = [office(one, place) for one in (bidder, plain)]
    assert seen[0] == seen[1]
    sent = [ask for ask in bidder.asked if ask.url.startswith(place.rooms.box)]
    assert {ask.url.removeprefix(place.rooms.box) for ask in sent} == {"/box/time", "/box/objections"}
    for ask in sent:
        headers = ask.all_headers()
        assert "cookie" not in headers
        assert "referer" not in headers


def office(one: Visitor, place: Hall) -> Counter[tuple[str, str, str, str]]:
    """What a browser has asked the office for: method, address, header names, body."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for ask in one.asked:
        if ask.url.startswith(place.rooms.office):
            found[ask.method, ask.url, " ".join(sorted(ask.headers)), ask.post_data or ""] += 1
    assert len(found) > 10
    return found

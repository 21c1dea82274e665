"""Two tabs with one bid: neither undoes the other, each shows what the other did, one at a time signs, seals, sends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.bid_room import Firm, Gate, Rooms, SignedIn, rooms
from tests.support.bid_work import ANSWERS, enter, fill, kept, ready, restore, send, sign_and_seal, stepped
from tests.support.waiting import wait_until

MIB: Final = 1 << 20
LANGS: Final = ("zh", "en")
WORDS: Final = {
    "zh": {"other_tab": "另一个标签页", "other": "与表单现在的内容不同", "same": "与表单现在的内容一致"},
    "en": {"other_tab": "Another tab", "other": "differs from what stands", "same": "is what stands in the form"},
}
# Types into a field, a letter after the other, without waiting for any of them to be kept.
TYPE: Final = """([selector, text]) => {
  const field = document.querySelector(selector);
  field.value = "";
  for (const letter of text) {
    field.value += letter;
    field.dispatchEvent(new InputEvent("input", {bubbles: true}));
  }
}"""

# How many tabs sign, seal or send just now.
AT_WORK: Final = """async () => {
  const { held } = await navigator.locks.query();
  return held.filter(({ name }) => name.startsWith("bid ")).length;
}"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with rooms(tmp_path_factory.mktemp("rooms"), timedelta(hours=2)) as made:
        yield made


@pytest.fixture
def tabs(browser: Browser, place: Rooms, request: pytest.FixtureRequest) -> Iterator[tuple[Page, Page, str]]:
    """Two tabs of one browser in a lot's room, in the language that a test asks for."""
    lang = str(request.param)
    context, firm = browser.new_context(), place.firm(f"firm-{len(place.town.bidders)}")
    yield *two(context, place, firm, lang), lang
    context.close()


def two(context: BrowserContext, place: Rooms, firm: Firm, lang: str) -> tuple[Page, Page]:
    """Two tabs."""
    SignedIn(context, place, firm)
    one, other = context.new_page(), context.new_page()
    restore(one, place, firm, lang)
    for page in (one, other):
        enter(page, place, lang)
    return one, other


def price(page: Page) -> str:
    """What stands in the field of the price."""
    return page.locator("#f-offer-price").input_value()


@pytest.mark.parametrize("tabs", LANGS, indirect=True)
def test_what_is_typed_in_two_tabs_is_all_kept_and_shown_in_both(tabs: tuple[Page, Page, str]) -> None:
    one, other, _ = tabs
    fill(one)
    for name, value in ANSWERS.items():
        expect(other.locator(f"#f-offer-{name}")).to_have_value(value)
    expect(other.locator("#q-offer-grade input[value=first]")).to_be_checked()
    expect(other.locator("#m-offer-price")).to_contain_text("800,000")
    # Both at once: neither waits until what the other typed has come.
    for turn in range(5):
        one.evaluate(TYPE, ["#f-offer-price", f"81000{turn}.5{turn}"])
        other.evaluate(TYPE, ["#f-offer-duration", f"28{turn}"])
    other.locator("#letter-text").fill("请澄清")
    for page in (one, other):
        expect(page.locator("#f-offer-price")).to_have_value("810004.54")
        expect(page.locator("#f-offer-duration")).to_have_value("284")
        expect(page.locator("#letter-text")).to_have_value("请澄清")
    (draft,) = kept(one)
    assert draft["answers"]["offer"] == {
        **ANSWERS,
        "price": "810004.54",
        "duration": "284",
        "grade": "first",
        "safety-licence": "yes",
    }
    other.locator("[data-choose=offer]").set_input_files({"name": "a.txt", "mimeType": "", "buffer": b"ten months"})
    expect(one.locator("[data-files=offer] li")).to_contain_text("a.txt")
    one.locator("[data-files=offer] [data-remove]").click()
    expect(other.locator("[data-files=offer] li")).to_have_count(0)
    other.locator("#party-add").click()
    expect(one.locator("#party-list li")).to_have_count(2)
    one.locator("#party-list [data-uscc]").nth(1).fill("91350100M000100Y43")
    expect(other.locator("#party-list [data-uscc]").nth(1)).to_have_value("91350100M000100Y43")
    other.locator("#party-list [data-remove]").nth(1).click()
    expect(one.locator("#party-list li")).to_have_count(0)


@pytest.mark.parametrize("tabs", LANGS, indirect=True)
def test_typing_in_one_tab_undoes_no_seal_and_no_receipt_of_the_other(
    place: Rooms, tabs: tuple[Page, Page, str]
) -> None:
    one, other, lang = tabs
    say = WORDS[lang]
    fill(one)
    data = b"0123456789abcdef" * (MIB // 16)
    one.locator("[data-choose=offer]").set_input_files({"name": "a.bin", "mimeType": "", "buffer": data})
    one.wait_for_selector("[data-files=offer] li")
    one.locator("#check-yes").check()
    one.locator("#sign-now").click()
    stepped(one, "sign")
    expect(other.locator("[data-task=sign]")).to_have_class("done")
    # While one tab seals, the other types.
    one.locator("#seal-now").click()
    other.evaluate(TYPE, ["#f-offer-price", "790000"])
    one.wait_for_selector("#seal-now:not([disabled])")
    for page in (one, other):
        expect(page.locator("#send-what")).to_contain_text(say["other"])
        expect(page.locator("[data-task=seal]")).not_to_have_class("done")
    other.evaluate(TYPE, ["#f-offer-price", "800000"])
    for page in (one, other):
        expect(page.locator("#send-what")).to_contain_text(say["same"])
        for task in ("check", "sign", "seal"):
            expect(page.locator(f"[data-task={task}]")).to_have_class("done")
    # While one sends, the other types, and may not send.
    gate = Gate(0)
    place.between.append(gate)
    one.locator("#send-now").click()
    wait_until(gate.reached.is_set, "the first piece", 60)
    other.evaluate(TYPE, ["#f-offer-price", "780000"])
    other.locator("#send-sealed").click()
    expect(other.locator("#send-error")).to_contain_text(say["other_tab"])
    gate.opened.set()
    place.between.remove(gate)
    for page in (one, other):
        expect(page.locator("#receipts > li")).to_have_count(1)
    other.evaluate(TYPE, ["#f-offer-price", "770000"])
    for page in (one, other):
        expect(page.locator("#f-offer-price")).to_have_value("770000")
        page.reload()
        ready(page)
        assert page.locator("#receipts > li").count() == 1
        assert price(page) == "770000"
    (draft,) = kept(one)
    assert [receipt["sha256"] for receipt in draft["receipts"]] == [draft["sealed"]["sha256"]]


def test_a_tab_that_is_closed_while_it_sends_leaves_the_rest_to_the_other(place: Rooms, browser: Browser) -> None:
    context = browser.new_context()
    one, other = two(context, place, place.firm("closing"), "zh")
    fill(one)
    sign_and_seal(one)
    before = kept(other)[0]["sealed"]
    gate = Gate(0)
    place.between.append(gate)
    one.locator("#send-now").click()
    wait_until(gate.reached.is_set, "the first piece", 60)
    other.locator("#send-now").click()
    assert "另一个标签页" in stepped(other, "send", refused=True)
    one.close(run_before_unload=False)
    gate.opened.set()
    place.between.remove(gate)
    # A closed tab's lock is given back when the browser has ended the tab, a moment later.
    wait_until(lambda: other.evaluate(AT_WORK) == 0, "the closed tab's lock")
    send(other)
    assert other.locator("#receipts > li").count() == 1
    assert kept(other)[0]["sealed"] == before, "what the closed tab had sealed is sent"
    context.close()


def test_the_list_of_lots_follows_a_tab_that_bids(place: Rooms, browser: Browser) -> None:
    context = browser.new_context()
    page, other = two(context, place, place.firm("listing"), "en")
    other.goto(f"{place.office}/bid?lang=en")
    ready(other)
    for act, stand in ((fill, "draft"), (sign_and_seal, "sealed"), (send, "accepted")):
        act(page)
        other.wait_for_selector(f"[data-stand={stand}]")
    context.close()

"""The components at work in a browser: what a script adds, and that axe finds nothing while they are open or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support import axe
from tests.support.browser import Fence
from tests.support.town import Town, town


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("components")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        made.publish(made.clock.at + timedelta(hours=1))
        yield made


@pytest.fixture(params=["zh", "en"])
def design(place: Town, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 800}, permissions=["clipboard-read"])
    fence = Fence(context)
    page = context.new_page()
    page.goto(f"{place.url}/design?lang={request.param}")
    yield page
    context.close()
    assert fence.refused == []


def test_a_dialog_takes_the_focus_and_gives_it_back(design: Page) -> None:
    opener = design.locator("[data-opens=sample]")
    opener.click()
    dialog = design.locator("dialog#sample")
    assert dialog.is_visible()
    axe.check(design)
    assert dialog.evaluate("box => box.contains(document.activeElement)")
    design.keyboard.press("Escape")
    assert dialog.is_hidden()
    assert opener.evaluate("button => button === document.activeElement")
    opener.click()
    dialog.locator("[data-closes]").last.click()
    assert dialog.is_hidden()


def test_what_is_copied_is_the_whole_hash(design: Page) -> None:
    design.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = design.locator(".hash [data-copy]").first
    words = button.inner_text()
    button.click()
    design.wait_for_function("([one, words]) => one.innerText !== words", arg=[button.element_handle(), words])
    copied = design.evaluate("navigator.clipboard.readText()")
    assert len(copied) == 64
    assert copied == design.locator(".hash code").first.inner_text().replace(" ", "")
    axe.check(design)


def test_a_countdown_goes_by_the_servers_clock_and_says_when_it_is_over(design: Page) -> None:
    timers = design.locator("[role=timer]")
    assert "26" not in timers.first.inner_text()
    assert "1" in timers.first.inner_text()
    over = design.locator("[data-countdown]").nth(1)
    assert over.locator("[role=timer]").inner_text() == over.get_attribute("data-passed")
    # A reader's own clock is a year off, and what is left stays the same.
    left = timers.first.inner_text()
    design.clock.install(time="2030-01-01T00:00:00Z")
    design.reload()
    assert design.locator("[role=timer]").first.inner_text() == left


def test_a_page_with_mistakes_begins_with_them_and_leads_to_each(place: Town, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{place.url}/tenders?lang=en&deadline_from=soon&amount_to=much&q=road")
    assert page.title().startswith("Error")
    assert page.evaluate("document.activeElement.className") == "errors"
    axe.check(page)
    page.get_by_role("link", name="Estimate").click()
    assert page.evaluate("document.activeElement.id") == "amount_to"
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("120万")
    page.keyboard.press("Enter")
    page.wait_for_url("**amount_to=120**")
    assert page.locator(".errors li").count() == 1
    assert page.locator("#deadline_from").input_value() == "soon"
    assert page.locator("#q").input_value() == "road"
    context.close()


def test_nothing_is_lost_without_scripts(place: Town, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{place.url}/tenders?lang=en")
    page.get_by_label("Works").check()
    page.get_by_role("button", name="Apply").click()
    assert page.url.endswith("/tenders?category=works&lang=en")
    assert "Tenders found: 1" in page.locator("main").inner_text()
    page.get_by_role("link", name="中文").click()
    assert page.url.endswith("/tenders?category=works&lang=zh")
    page.locator(".chip").click()
    assert page.url.endswith("/tenders?lang=zh")
    page.goto(f"{place.url}/design?lang=en")
    assert page.locator("[data-copy]:visible, [data-opens]:visible, [role=timer]:visible").count() == 0
    context.close()


@pytest.mark.parametrize("path", ["/", "/tenders", "/design"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_at_400_per_cent_nothing_scrolls_sideways(place: Town, browser: Browser, path: str, lang: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 256})
    page = context.new_page()
    page.goto(f"{place.url}{path}?lang={lang}")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()

"""The components at work in a browser: what a script adds, and that axe finds nothing while they are open or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

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
    expect(dialog).to_be_visible()
    axe.check(design)
    assert dialog.evaluate("box => box.contains(document.activeElement)")
    design.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert opener.evaluate("button => button === document.activeElement")
    opener.click()
    dialog.locator("[data-closes]").last.click()
    expect(dialog).to_be_hidden()


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
    expect(design.locator("[role=timer]").first).to_have_text(left)


def test_a_page_with_mistakes_begins_with_them_and_leads_to_each(place: Town, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{place.url}/tenders?lang=en&deadline_from=soon&amount_to=much&q=road")
    assert page.title().startswith("Error")
    expect(page.locator(".errors")).to_be_focused()
    axe.check(page)
    page.get_by_role("link", name="Estimate").click()
    expect(page.locator("#amount_to")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("120万")
    page.keyboard.press("Enter")
    page.wait_for_url("**amount_to=120**")
    expect(page.locator(".errors li")).to_have_count(1)
    expect(page.locator("#deadline_from")).to_have_value("soon")
    expect(page.locator("#q")).to_have_value("road")
    context.close()


def test_nothing_is_lost_without_scripts(place: Town, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{place.url}/tenders?lang=en")
    page.get_by_label("Works").check()
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(f"{place.url}/tenders?category=works&lang=en")
    expect(page.locator("main")).to_contain_text("Tenders found: 1")
    page.get_by_role("link", name="中文").click()
    expect(page).to_have_url(f"{place.url}/tenders?category=works&lang=zh")
    page.locator(".chip").click()
    expect(page).to_have_url(f"{place.url}/tenders?lang=zh")
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

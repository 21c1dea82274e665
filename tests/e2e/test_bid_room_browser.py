"""A bid in the browser alone: secret, ticket, form, seal, box, receipt; against a real office and a real box."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.bid_room import Firm, Rooms, SignedIn, enter, fill, restore, rooms, send, sign_and_seal
from tests.support.town import INTERVAL, LOT

DEADLINE = timedelta(hours=2)
LANGS = ("zh", "en")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with rooms(tmp_path_factory.mktemp("rooms"), DEADLINE) as made:
        yield made


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context()
    yield opened
    opened.close()


def at_desk(context: BrowserContext, place: Rooms, firm: Firm) -> Page:
    """A page that is signed in; what it says on its console fails the test that looks."""
    SignedIn(context, place, firm)
    page = context.new_page()
    page.on("pageerror", lambda error: print("page error", error))
    page.on(
        "response",
        lambda answer: (
            print(
                answer.status,
                answer.url,
                answer.all_headers().get("date"),
                answer.request.headers.get("mingjing-request", "")[:400],
            )
            if place.box in answer.url
            else None
        ),
    )
    page.on("console", lambda message: print("console", message.text))
    return page


@pytest.mark.parametrize("lang", LANGS)
def test_a_bid_goes_from_words_to_a_receipt(place: Rooms, context: BrowserContext, lang: str) -> None:
    firm = place.firm(f"ant-{lang}")
    page = at_desk(context, place, firm)
    restore(page, place, firm, lang)
    enter(page, place, lang)
    fill(page, price="812345.60")
    page.locator("[data-choose=offer]").set_input_files(
        [{"name": "schedule.txt", "mimeType": "text/plain", "buffer": b"ten months\n" * 100}]
    )
    page.wait_for_selector("[data-files=offer] li")
    sign_and_seal(page)
    send(page)
    assert page.locator("#receipts > li").count() == 1
    place.town.wait(INTERVAL)
    accepted = place.town.services.engine
    assert accepted is not None
    assert LOT in page.url

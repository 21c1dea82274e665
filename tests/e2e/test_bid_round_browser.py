"""The round of everybody: every lot's page in one order, whichever is looked at, each shown as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.support.bid_room import Firm, Rooms, SignedIn, rooms
from tests.support.bid_work import ready
from tests.support.town import LOT


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rooms, list[str], Firm]]:
    """A town with two tenders, by their deadlines, and an organisation."""
    with rooms(tmp_path_factory.mktemp("rooms"), timedelta(hours=2)) as made:
        later = made.town.tender
        made.town.tickets_open = False
        made.town.publish(made.town.clock.at + timedelta(hours=1))
        made.town.open_tickets()
        made.town.settle()
        yield made, [made.town.tender, later], made.firm("ant")


@pytest.fixture
def context(browser: Browser, place: tuple[Rooms, list[str], Firm]) -> Iterator[BrowserContext]:
    """A browser that was never here."""
    made = browser.new_context()
    SignedIn(made, place[0], place[2])
    yield made
    made.close()


def visit(context: BrowserContext, at: Rooms, tender: str) -> tuple[Page, list[str]]:
    """A page that looks at a lot, and the tenders whose pages it asks for."""
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto(f"{at.office}/bid/lot?lang=en#{tender}/{LOT}")
    return page, asked


@pytest.mark.parametrize("wanted", [0, 1])
def test_pages_are_fetched_in_one_order_whichever_is_looked_at(
    place: tuple[Rooms, list[str], Firm], context: BrowserContext, wanted: int
) -> None:
    at, tenders, _ = place
    page, asked = visit(context, at, tenders[wanted])
    ready(page)
    assert page.locator("#lot #form").is_visible()
    assert [path for path in asked if path.endswith(f"/{LOT}")] == [f"/bid/{tender}/{LOT}" for tender in tenders]


def test_a_lot_is_shown_while_the_others_are_still_on_their_way(
    place: tuple[Rooms, list[str], Firm], context: BrowserContext
) -> None:
    at, (sooner, later), _ = place
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    context.route(f"**/bid/{later}/{LOT}?*", hold)
    page, _ = visit(context, at, sooner)
    page.wait_for_selector("#lot #form")
    assert page.locator("#room[data-ready]").count() == 0
    page.wait_for_function("() => document.getElementById('fate-seen').textContent !== ''")
    assert len(held) == 1
    held[0].fallback()
    ready(page)

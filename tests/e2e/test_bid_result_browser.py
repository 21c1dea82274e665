"""The room after the deadline: what the log proves is said, what is forged or dropped is an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, Route

from bidding.store.box import tables as box
from tests.support.bid_room import Firm, Rooms, rooms
from tests.support.bid_work import at_desk, enter, fill, ready, send, sign_and_seal, with_a_disk
from tests.support.town import INTERVAL, LOT

OPEN = timedelta(minutes=20)


@pytest.fixture
def context(browser: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser with a disk."""
    with with_a_disk(browser, tmp_path / "profile") as found:
        yield found


def bids(context: BrowserContext, place: Rooms, firm: Firm) -> Page:
    """A bid that the box has accepted, and two others."""
    page = at_desk(context, place, firm)
    fill(page, price="800000")
    sign_and_seal(page)
    send(page)
    for name, price in (("bob", "900000"), ("cid", "1000000")):
        place.town.bid(name, price)
    return page


def again(page: Page) -> str:
    """Comes back to the room; how the bid stands."""
    page.reload()
    page.wait_for_selector("#receipts > li")
    ready(page)
    return page.locator("#fate").inner_text()


def test_the_outcome_is_proved_and_a_forged_one_is_not_believed(tmp_path: Path, context: BrowserContext) -> None:
    with rooms(tmp_path / "town", OPEN) as place:
        firm = place.firm("ant")
        end = place.town.clock.at + OPEN
        page = bids(context, place, firm)
        for lang in ("en", "zh"):
            enter(page, place, lang)
        forged = []

        def forge(route: Route) -> None:
            answer = route.fetch(headers={**route.request.headers, "authorization": f"Bearer {firm.token}"})
            forged.append(answer.text().count('"state": "counted"'))
            route.fulfill(response=answer, body=answer.text().replace('"state": "counted"', '"state": "void"'))

        address = f"**/bid/{place.town.tender}/{LOT}?*"
        page.route(address, forge)
        place.town.until(end + INTERVAL)
        said = again(page)
        assert forged[-1] == 3
        assert "无效" not in said
        assert "警报" in page.locator("#alerts").inner_text()
        # What was forged lies on the browser's shelf until the next round; the alarm about it stays on that page.
        page.unroute(address)
        place.town.wait(INTERVAL)
        place.town.wait(INTERVAL)
        assert place.town.types(f"lot/{place.town.tender}/{LOT}")[-1] == "lot.awarded"
        again(page)
        said = again(page)
        for words in ("在投标名册上", "宣布为有效投标", "报价已打开", "排名第", "已列为中标候选人"):
            assert words in said
        assert "没有另一份名册" not in page.locator("#fate-told").inner_text(), "the log around the closing proves that"
        assert page.locator("#fate-alarms").is_hidden()
        assert "警报" not in page.locator("#alerts").inner_text()
        assert "平台的表述" in page.locator("#fate-told").inner_text()
        # The English page still lies on the shelf as it was before the closing: it is older, and keeps nothing back.
        page.goto(f"{place.office}/bid/lot?lang=en#{place.town.tender}/{LOT}")
        ready(page)
        alerts = page.locator("#alerts").inner_text()
        assert "something new about this lot" in alerts
        assert "ALARM" not in alerts.upper()


def test_a_bid_that_the_box_drops_is_an_alarm_that_says_what_to_do(tmp_path: Path, context: BrowserContext) -> None:
    with rooms(tmp_path / "town", OPEN) as place:
        firm = place.firm("ant")
        end = place.town.clock.at + OPEN
        page = bids(context, place, firm)
        with place.town.box_services.engine.begin() as conn:
            table = box.submissions
            own = page.locator("#receipts [data-hash]").inner_text()
            assert conn.execute(sa.delete(table).where(table.c.sha256 == own)).rowcount == 1
        place.town.until(end + INTERVAL)
        said = again(page)
        assert "在投标名册上" not in said
        alarm = page.locator("#fate-alarms").inner_text()
        assert "各分钟的收标清单里也没有" in alarm
        assert "mingjing status" in alarm
        assert page.locator("#receipts [data-json]").is_visible()

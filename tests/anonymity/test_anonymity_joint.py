"""A joint bid in browsers: lead and partner ask a server nothing that who bids alone, or only looks, does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Request

from tests.support.authority import root
from tests.support.bid_room import Firm, Rooms, rooms
from tests.support.bid_work import enter, ready, stepped
from tests.support.joint_bid import Desk, dongles, pem

AUTHORITY = root()
Said = Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with rooms(tmp_path_factory.mktemp("rooms"), timedelta(hours=2), cas=[pem(AUTHORITY)]) as made:
        yield made


def visit(browser: Browser, place: Rooms, firm: Firm, what: Callable[[Desk], object]) -> list[Request]:
    """What a browser asks for while its people do something in the room."""
    desk = Desk(browser, place, firm)
    what(desk)
    desk.page.reload()
    ready(desk.page)
    desk.close()
    return desk.signed_in.asked


def to_office(place: Rooms, asked: list[Request]) -> tuple[Said, set[str]]:
    """What the office was asked and how often, and which files that never change."""
    found = [one for one in asked if one.url.startswith(f"{place.office}/")]
    said = Counter((one.method, urlsplit(one.url)._replace(fragment="").geturl()) for one in found)
    static = {url for _, url in said if urlsplit(url).path.startswith("/static/")}
    assert [one for one in found if "#" in one.headers.get("referer", "")] == []
    return Counter({one: count for one, count in said.items() if one[1] not in static}), static


def kinds(place: Rooms, asked: list[Request]) -> list[tuple[str, str]]:
    """What the box was asked, without names of what was sent."""
    found = [one for one in asked if one.url.startswith(f"{place.box}/")]
    return [(one.method, "/".join(urlsplit(one.url).path.split("/")[:3])) for one in found]


def test_lead_and_partner_ask_for_what_everybody_asks(place: Rooms, browser: Browser, tmp_path: Path) -> None:
    ant, lead, partner, dog = (place.firm(one) for one in ("ant", "bee", "cat", "dog"))
    heard: dict[str, list[Request]] = {}

    def alone(desk: Desk) -> None:
        desk.lead()
        desk.page.locator("#check-yes").check()
        desk.page.locator("#sign-now").click()
        stepped(desk.page, "sign")
        desk.seal_and_send()

    def leads(desk: Desk) -> None:
        desk.lead((partner.uscc, "40"))
        desk.sign()
        data = desk.saved_by_certificate()
        seal, person = dongles(AUTHORITY, lead, "head-of-bee")
        desk.certify(seal.openssl(tmp_path, data), person.openssl(tmp_path, data))
        paper, entries = desk.saved("#statement-file"), []

        def signs(other: Desk) -> None:
            other.countersign_page()
            entries.append(other.countersign(paper))

        heard["partner"] = visit(browser, place, partner, signs)
        desk.give("#entry-file", entries[0])
        desk.page.wait_for_selector("#signed [data-state].tag--wait", state="detached")
        desk.seal_and_send()

    heard["alone"] = visit(browser, place, ant, alone)
    heard["lead"] = visit(browser, place, lead, leads)
    heard["looks"] = visit(browser, place, dog, lambda desk: enter(desk.page, place))
    said = {who: to_office(place, asked) for who, asked in heard.items()}
    assert said["lead"] == said["alone"]
    assert said["partner"] == said["looks"]
    assert kinds(place, heard["lead"]) == kinds(place, heard["alone"])
    assert kinds(place, heard["partner"]) == [], "who only signs has nothing to do with the box"
    for one in heard["lead"]:
        for word in (partner.uscc, partner.party):
            assert word not in one.url
            assert word.encode() not in (one.post_data_buffer or b"")

"""The bidder's room in two browsers: what the office gets does not tell who bids, what the box gets not who it is."""

from __future__ import annotations

import base64
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Request
from werkzeug.datastructures import EnvironHeaders

from tests.support.bid_room import Firm, Rooms, SignedIn, Wsgi, rooms
from tests.support.bid_work import enter, fill, ready, restore, send, sign_and_seal
from tests.support.tree import ROOT

PRICE: Final = "817263.54"
ALLOWED: Final = {"accept", "content-type", "mingjing-request", "mingjing-ticket", "origin", "tus-resumable"}
ALLOWED_TUS: Final = {"upload-length", "upload-metadata", "upload-offset"}
# What every browser sends by itself with everything: its own doing and the same for all of a version.
BROWSERS: Final = {
    *("user-agent", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "accept-encoding", "accept-language"),
    *("host", "connection", "content-length", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-dest"),
    *("cache-control", "pragma"),  # of every request that is not to be answered from a cache
}
PREFLIGHT: Final = {"access-control-request-method", "access-control-request-headers"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with rooms(tmp_path_factory.mktemp("rooms"), timedelta(hours=2)) as made:
        yield made


def visit(browser: Browser, place: Rooms, firm: Firm, *, bids: bool) -> list[Request]:
    """What a browser asks for while its bidder looks at a lot, and `bids` or does not."""
    context = browser.new_context(service_workers="block")
    desk = SignedIn(context, place, firm)
    page = context.new_page()
    restore(page, place, firm)
    enter(page, place)
    if bids:
        fill(page, price=PRICE)
        page.locator("[data-choose=offer]").set_input_files(
            {"name": "a.txt", "mimeType": "", "buffer": b"secret words"}
        )
        page.wait_for_selector("[data-files=offer] li")
        sign_and_seal(page)
        send(page)
        page.locator("#receipts [data-pdf]").click()
        page.locator("#letter-text").fill("请澄清图纸")
        page.locator("#letter button").click()
        page.wait_for_selector("#letter-state:not(:empty)")
    page.reload()
    ready(page)
    context.close()
    assert desk.refused == []
    return desk.asked


def of(asked: list[Request], origin: str) -> list[Request]:
    """The requests to an origin."""
    return [one for one in asked if one.url.startswith(f"{origin}/")]


def told(asked: list[Request]) -> tuple[Counter[tuple[str, str]], set[str]]:
    """What was asked, how often; and which files that never change, which a browser asks for once and then has."""
    found = Counter((one.method, urlsplit(one.url)._replace(fragment="").geturl()) for one in asked)
    static = {url for _, url in found if urlsplit(url).path.startswith("/static/")}
    return Counter({one: count for one, count in found.items() if one[1] not in static}), static


def test_whoever_bids_asks_the_office_for_what_everybody_asks(place: Rooms, browser: Browser) -> None:
    bids = visit(browser, place, place.firm("ant"), bids=True)
    looks = visit(browser, place, place.firm("bee"), bids=False)
    said, static = zip(*(told(of(found, place.office)) for found in (bids, looks)), strict=True)
    assert said[0] == said[1]
    assert static[0] == static[1]
    assert of(looks, place.box) == [], "who does not bid has nothing to do with the box"
    sent = [one for one in of(bids, place.office) if one.post_data]
    assert {urlsplit(one.url).path for one in sent} == {"/office/tickets"}
    for one in of(bids, place.office):
        assert "#" not in one.headers.get("referer", "")


@dataclass
class Heard:
    """What the box gets of requests, over the line: a browser's tools tell less of them, and sometimes more."""

    said: list[tuple[dict[str, str], str, bytes]] = field(default_factory=list)  # headers, address, body

    def __call__(self, app: Wsgi) -> Wsgi:
        """The app behind who listens."""

        def wrapped(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            headers = {name.lower(): value for name, value in EnvironHeaders(environ).items() if value}
            body = environ["wsgi.input"].read(int(headers.get("content-length", "0")))
            environ["wsgi.input"] = io.BytesIO(body)
            self.said.append((headers, f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}", body))
            return app(environ, start)

        return wrapped


def test_the_box_gets_what_its_format_says_and_no_account(place: Rooms, browser: Browser) -> None:
    firm, heard = place.firm("cat"), Heard()
    place.between.append(heard)
    visit(browser, place, firm, bids=True)
    place.between.remove(heard)
    assert len(heard.said) > 16
    hidden = [
        firm.party,
        firm.uscc,
        firm.token,
        firm.secret.hex(),
        PRICE,
        "secret words",
        base64.b64encode(b"secret words").decode(),
    ]
    for headers, address, body in heard.said:
        assert headers.keys() - BROWSERS <= ALLOWED | ALLOWED_TUS | PREFLIGHT, headers
        for word in hidden:
            assert word.encode() not in body
            assert word not in address
            assert word not in json.dumps(headers)


def verifying(browser: Browser, place: Rooms, firm: Firm, carried: str) -> list[tuple[str, str]]:
    """What a browser in which somebody is signed in asks for, in order, when it opens the verify page."""
    context = browser.new_context(service_workers="block")
    desk = SignedIn(context, place, firm)
    page = context.new_page()
    with page.expect_response("**/api/trust"):
        page.goto(f"{place.office}/verify{carried}")
    if carried:
        page.wait_for_selector("#carried[data-found=forged]")
    page.wait_for_load_state("networkidle")
    context.close()
    return [(one.method, urlsplit(one.url)._replace(fragment="").geturl()) for one in desk.asked]


def test_opening_a_receipt_s_link_asks_for_what_every_visit_of_the_verify_page_asks(
    place: Rooms, browser: Browser
) -> None:
    link = re.search(r"https://\S+/verify(#receipt=\S+)", (ROOT / "docs/formats/box.md").read_text("utf-8"))
    assert link is not None
    firm = place.firm("eel")
    opens, looks = (verifying(browser, place, firm, carried) for carried in (link[1], ""))
    pages = [[one for one in asked if "/static/" not in one[1]] for asked in (opens, looks)]
    assert pages[0] == pages[1]
    assert sorted(opens) == sorted(looks)


def test_nothing_of_a_draft_lies_on_the_platform(tmp_path: Path, browser: Browser) -> None:
    with rooms(tmp_path / "town", timedelta(hours=2)) as made:
        visit(browser, made, made.firm("dog"), bids=True)
        made.town.settle()
        stored = b"".join(path.read_bytes() for path in made.town.root.rglob("*") if path.is_file())
        for word in (PRICE, "secret words"):
            for spelled in (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()):
                assert spelled not in stored

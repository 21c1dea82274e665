"""What a first visit to each page loads: its bytes on the line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Request

from tests.support.bid_work import ready
from tests.support.office import Visitor
from tests.support.scenes import Set
from tests.support.scenes_public import addresses
from tests.support.scenes_room import SIGNED_UP
from tests.support.town import LOT
from tests.support.waiting import wait_until
from web import assets

# A page without these came out of a cache.
ALWAYS: Final = ("/css/base.css", "/js/page.js")


def weights(at: Set) -> Iterator[tuple[str, dict[str, int]]]:
    """(address, bytes of each file) of every kind of page: anybody's, an account's, and the room's when it is ready."""
    halls = {"hall": f"/tenders/{at.named['awarded']}/lots/{LOT}/hall"}
    for path in {**addresses(at), **halls}.values():
        with _browser(at) as context:
            yield path, _loaded(context.new_page(), f"{at.made.url}{path}")
    for path in ("/account/sign-in", "/account/sign-up"):
        with _browser(at) as context:
            yield path, _loaded(context.new_page(), f"{at.account}{path}")
    for path in ("/account", "/account/password", "/account/code", "/account/organisation", "/account/applications"):
        with _browser(at) as context:
            at.session(context, at.clerk, at.account)
            yield path, _loaded(context.new_page(), f"{at.account}{path}")
    firm = at.rooms.firm("fox")
    bidder = Visitor(at.made.office_app)
    link = at.made.ask("POST", "/account/link", {}, firm.token).get_json()["path"].split("link=")[1]
    assert bidder.sign_up("fox", link=link).status_code == 303
    lots = [f"{at.named[name]}/{LOT}" for name in ("room", "amended", "awarded")]
    for path in ("/bid", "/bid/secret", *(f"/bid/lot#{lot}" for lot in lots), *(f"/bid/{lot}" for lot in lots)):
        with _browser(at) as context:
            page = at.session(context, bidder, at.rooms.office).new_page()
            # An address that loads nothing, to leave a secret at: with one the room does all that it does.
            page.goto(f"{at.rooms.office}/api/time")
            page.evaluate(SIGNED_UP, list(firm.secret))
            yield path, _loaded(page, f"{at.rooms.office}{path}", room=path)


@contextmanager
def _browser(at: Set) -> Iterator[BrowserContext]:
    """A browser with nothing in its cache; not fenced in, since a fence would have it load everything twice."""
    context = at.browser.new_context()
    yield context
    context.close()


def _loaded(page: Page, address: str, room: str = "") -> dict[str, int]:
    """Bytes of each answer's body. Of the room's quiet round other lots are left out: they are data, not the page."""
    loaded: dict[str, int] = {}

    def finished(request: Request) -> None:
        path = urlsplit(request.url).path
        if not (room and _another(path, room)):
            # Less than nothing from a cache; nothing of what a worker begins with, though it came over the line.
            size = max(0, request.sizes()["responseBodySize"]) or (0 if path in loaded else _packed(path))
            loaded[path] = loaded.get(path, 0) + size

    page.on("requestfinished", finished)
    page.goto(address, wait_until="networkidle")
    if room:
        ready(page)
    # The browser tells of an answer after it has it; asking it anything lets what it told come in.
    wait_until(lambda: page.evaluate("1") and _everything(loaded), f"all that {address} loads: {sorted(loaded)}")
    page.remove_listener("requestfinished", finished)
    return loaded


def _packed(path: str) -> int:
    return len(assets.packed(path.split("/", 3)[3], "br")) if path.startswith("/static/") else 0


def _everything(loaded: dict[str, int]) -> bool:
    return all(any(path.endswith(one) for path in loaded) for one in ALWAYS)


def _another(path: str, room: str) -> bool:
    """Whether a path is that of a lot's page, and another than the one that is shown."""
    parts = path.split("/")
    return len(parts) == 4 and parts[1] == "bid" and parts[2] != "words" and parts[2] not in room

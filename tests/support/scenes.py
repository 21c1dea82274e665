"""What the scenes of `tests/e2e/test_states_*_browser.py` share: a town with tenders in many states, and browsers.

A scene is a function of the set; `play` plays it and asserts that axe and a reader found nothing, and that it showed
what `scenes_pages.SHOWN` says it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from ledger.basics import clock
from ledger.basics.canonical import canonical
from tests.support.account import linked
from tests.support.bid_room import Rooms
from tests.support.bid_room import served as served_rooms
from tests.support.browser import Fence
from tests.support.live import free_port, served_of
from tests.support.office import Visitor, office, served
from tests.support.scenes_pages import SHOWN
from tests.support.states import States
from tests.support.town import LOT, Sealed, Town, town
from tests.support.tree import assert_none
from web.account import tables

MINUTE: Final = timedelta(minutes=1)
TITLE: Final = {"zh": "城东新区道路工程及附属设施施工", "en": "Roads of the new eastern district"}
LONG: Final = "华北地区城市基础设施建设与维护工程总承包集团股份有限公司第三分公司"


@dataclass
class Set:
    """Where the scenes play. `account`: an office that is no demonstration, at an address with passkeys."""

    made: Town
    browser: Browser
    states: States
    rooms: Rooms
    account: str
    account_app: Flask
    clerk: Visitor
    named: dict[str, str]
    stack: ExitStack
    kept: dict[str, Page] = field(default_factory=dict)

    def context(self) -> BrowserContext:
        """A browser of its own, fenced in, until the set is struck."""
        context = self.browser.new_context(reduced_motion="reduce")
        fence = Fence(context)

        def close() -> None:
            context.close()
            assert fence.refused == []

        self.stack.callback(close)
        return context

    def session(self, context: BrowserContext, who: Visitor, address: str) -> BrowserContext:
        """The same browser, signed in as `who` at an address."""
        cookie = who.client.get_cookie("mingjing")
        assert cookie is not None
        context.add_cookies([{"name": "mingjing", "value": cookie.value, "url": address}])
        return context

    def page(self) -> Page:
        """A page in a browser of its own."""
        return self.context().new_page()

    def look(self, page: Page, name: str, lang: str) -> None:
        """Looks at the page as it is now."""
        self.states.look(page, name, lang)

    def open(self, page: Page, name: str, lang: str, path: str, base: str = "") -> None:
        """Opens an address (from `/`) in a language, and looks."""
        before, _, fragment = path.partition("#")
        joint = "&" if "?" in before else "?"
        page.goto(f"{base or self.made.url}{before}{joint}lang={lang}{'#' if fragment else ''}{fragment}")
        self.look(page, name, lang)


@contextmanager
def stage(folder: Path, browser: Browser, tenders: Collection[str]) -> Iterator[Set]:
    """The set, with `tenders` (of `TENDERS`) played as far as each is to go; one more takes bids for a day."""
    states, port = States(), free_port()
    public = {"live": f"http://127.0.0.1:{port}"}
    with (
        states.listening(),
        town(folder, f"sqlite:///{folder / 'town.db'}", public=public) as made,
        ExitStack() as stack,
    ):
        made.enrol()
        named = {name: _played(made, act) for name, act in TENDERS.items() if name in tenders}
        made.asleep = set()
        named["room"] = publish(made, timedelta(days=1))
        made.wait(MINUTE)
        address = stack.enter_context(served(made, demonstration=False))
        stack.enter_context(served_of(made, port=port))
        app = office(made, demonstration=False)
        clerk = linked(made, app, "centre", "clerk")
        _free(made)
        found = Set(made, browser, states, served_rooms(made), address, app, clerk, named, stack)
        yield found


def play(at: Set, name: str, scene: Callable[[Set], None]) -> None:
    """Plays the scene of this name. Raises AssertionError with all that was found, or that it did not show."""
    at.states.anew()
    scene(at)
    found, at.states.found = at.states.found, []
    assert_none(dict.fromkeys(found))
    assert_none(f"{name} does not show {page}" for page in sorted(SHOWN[name] - at.states.pages))
    assert len(at.states.seen) == len(set(at.states.seen)), "two states have one name"


def publish(made: Town, until: timedelta) -> str:
    """A tender that opens after so long, its tickets open."""
    made.tickets_open = False
    made.publish(made.clock.at + until, title=TITLE)
    made.open_tickets()
    return made.tender


def end(made: Town, rounds: int) -> None:
    """Goes on to the deadline of the newest tender, and some minutes more."""
    made.until(clock.parse_time(made.get(f"/api/tenders/{made.tender}")["deadline"]))
    for _ in range(rounds):
        made.wait(MINUTE)


def addendum(made: Town, number: int, text: bytes, later: timedelta) -> None:
    """An addendum with a document that moves the deadline."""
    put = made.ask("PUT", f"/office/tenders/{made.tender}/documents", token=made.people["tenderee"].token, data=text)
    deadline = clock.parse_time(made.get(f"/api/tenders/{made.tender}")["deadline"]) + later
    body = {
        "number": number,
        "text": {"zh": f"第{number}次澄清", "en": f"Clarification {number}"},
        "affects_bids": False,
        "deadline": clock.text(deadline),
        "documents": [{"name": "works.txt", **put.get_json()}],
    }
    done = made.act("tenderee", "addendum.issued", f"tender/{made.tender}", body)
    assert done.status_code == 201, done.text
    made.settle()


def two_keys(made: Town, type_: str) -> None:
    """The tenderee and a second person sign that the tender stops."""
    for person, status in (("tenderee", 202), ("second", 201)):
        done = made.act(person, type_, f"tender/{made.tender}", {"reason": "洪水冲毁了现场便道 / a flood"})
        assert done.status_code == status, done.text
    made.settle()


def bids(made: Town) -> dict[str, Sealed]:
    """Three good bids, one above the ceiling, one that somebody else has signed."""
    made.bidder("ann", LONG)
    prices = {"ann": "900000.50", "bob": "800000", "cid": "1000000", "dan": "1300000"}
    for name in (*prices, "eve"):
        made.bidder(name).tickets.clear()  # those of the tender before
    sent = {name: made.bid(name, price) for name, price in prices.items()}
    eve = made.bidder("eve")
    foreign = made.seal(replace(eve, person=made.dice.key()))
    assert made.submit(foreign).status_code == 201
    return sent


def object_to(made: Town, sealed: Sealed, text: str) -> None:
    """An objection to an opening, by the key of a bid."""
    said = {"tender": made.tender, "lot": LOT, "kind": "opening", "text": text}
    made.clock.at -= MINUTE  # the demonstration's window is a second long
    done = made.call_box(sealed, "POST", "/box/objections", canonical(said))
    assert done.status_code in (201, 202), done.text
    made.settle()
    made.clock.at += MINUTE


def _played(made: Town, act: Callable[[Town], None]) -> str:
    publish(made, 10 * MINUTE)
    act(made)
    return made.tender


def _awarded(made: Town) -> None:
    bids(made)
    end(made, 3)


def _failed(made: Town) -> None:
    end(made, 1)


def _suspended(made: Town) -> None:
    two_keys(made, "tender.suspended")


def _terminated(made: Town) -> None:
    two_keys(made, "tender.terminated")


def _amended(made: Town) -> None:
    addendum(made, 1, "工期三百天\n第二行\n".encode(), timedelta(0))
    made.asleep = {"custodian-3"}
    addendum(made, 2, "工期两百天\n第二行\n第三行\n".encode(), timedelta(days=2))


TENDERS: Final[dict[str, Callable[[Town], None]]] = {
    "awarded": _awarded,
    "failed": _failed,
    "suspended": _suspended,
    "terminated": _terminated,
    "amended": _amended,
}


def _free(made: Town) -> None:
    """Nobody has used the attempts of this address yet."""
    with made.services.engine.begin() as conn:
        conn.execute(sa.delete(tables.attempts))

"""A hall in a browser for tests: a town with its bids and its live process, and visitors whose clock is the town's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from ledger.basics import signing
from ledger.sealed import tickets
from tests.support.bid_room import Rooms, served
from tests.support.browser import Fence
from tests.support.live import free_port, served_of
from tests.support.town import LOT, Bidder, Town, town

PRICES: Final = {"ann": "900000.50", "bob": "800000", "cid": "1300000", "dan": "850000"}
# Puts a secret where signing up and restoring put it.
KEEP: Final = """async ([party, bytes, draft]) => {
  const base = new URL(document.querySelector("script[src*='js/hall/main.js']").src).href.replace("hall/main.js", "");
  const [{ imported }, { Store }, { put }] = await Promise.all(
    ["sealed/secret.js", "sealed/store.js", "bid/keep.js"].map((name) => import(base + name)));
  const store = await Store.open();
  await store.addSecret(party, await imported(Uint8Array.from(bytes)));
  store.close();
  if (draft) await put("drafts", [party, ...draft.about], draft.state);
}"""


@dataclass
class Hall:
    """A hall before its opening: the town, the addresses that browsers use, and who has bid."""

    made: Town
    rooms: Rooms
    port: int

    @property
    def path(self) -> str:
        return f"/tenders/{self.made.tender}/lots/{LOT}/hall"

    def address(self, lang: str, more: str = "") -> str:
        return f"{self.rooms.office}{self.path}?lang={lang}{more}"

    def key(self, bidder: Bidder) -> str:
        """The bid key of somebody, as rows have it."""
        return signing.public_bytes(tickets.bid_key(bidder.secret, self.made.tender, LOT)).hex()

    def answer(self, objection: str, text: str) -> None:
        """The tenderee answers."""
        body = {"objection": objection, "text": text, "upheld": False}
        done = self.made.act("tenderee", "objection.answered", f"tender/{self.made.tender}", body)
        assert done.status_code == 201, done.text
        self.made.settle()


@contextmanager
def hall(folder: Path, bids: int = 4, screen: str = "") -> Iterator[Hall]:
    """With this many of the bids of `PRICES`; the live process runs.

    `screen`: under how many per cent of the ceiling a price is to be explained, if anybody asks.
    """
    port = free_port()
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        if screen:
            rules, form = made.papers
            made.papers = {**rules, "abnormally_low": {"clause": "2.9", "minutes": 30, "ceiling": screen}}, form
        made.publish(made.clock.at + timedelta(minutes=10))
        made.open_tickets()
        for name in list(PRICES)[:bids]:
            made.bid(name, PRICES[name])
        rooms = served(made, live=f"http://127.0.0.1:{port}")
        with served_of(made, port=port, origins=(rooms.office,)):
            yield Hall(made, rooms, port)


class Visitor:
    """A browser in the hall whose clock is the town's: it stands still unless the town moves it."""

    def __init__(self, browser: Browser, at: Hall, lang: str = "zh") -> None:
        self.at, self.lang = at, lang
        self.context: BrowserContext = browser.new_context(reduced_motion="reduce", service_workers="block")
        self.fence = Fence(self.context)
        self.asked: list[Request] = []
        self.said: list[str] = []
        self.context.on("request", self._note)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.clock.set_fixed_time(at.made.clock.at)

    def _note(self, request: Request) -> None:
        self.asked.append(request)

    def enter(self, more: str = "") -> Page:
        """Goes to the hall and waits for its line."""
        self.page.goto(self.at.address(self.lang, more))
        expect(self.page.locator("#hall")).to_have_attribute("data-connection", "live")
        return self.page

    def holds(self, bidder: Bidder, draft: dict[str, object] | None = None) -> None:
        """Gives this browser somebody's bidding secret."""
        self.page.goto(self.at.address(self.lang))
        kept = {"about": [self.at.made.tender, LOT], "state": draft} if draft else None
        self.page.evaluate(KEEP, [bidder.party, list(bidder.secret), kept])

    def moved(self) -> None:
        """The town's clock was moved: the browser's goes with it."""
        self.page.clock.set_fixed_time(self.at.made.clock.at)

    def part(self, name: str) -> str:
        """A selector of a part of the page about objecting."""
        return f"[data-object={name}]"

    def close(self) -> None:
        self.context.close()
        assert self.fence.refused == []
        assert self.said == []


class Visits:
    """Browsers of one test, each with nothing of the others."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.made: list[Visitor] = []

    def __call__(self, at: Hall, lang: str = "zh") -> Visitor:
        self.made.append(Visitor(self._browser, at, lang))
        return self.made[-1]

"""The stage for one bidder's whole way: a platform that is no demonstration, its box and halls, and the centre's clerk.

Browsers find the office under a name, as passkeys want; the box and the halls have origins of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, CDPSession, Locator, Page, ViewportSize, expect

from bidding.parties import uscc_check_character
from tests.support.account import linked
from tests.support.bid_room import Rooms, served
from tests.support.browser import Fence
from tests.support.hands import Hands
from tests.support.live import free_port, served_of
from tests.support.office import Visitor, office
from tests.support.town import INTERVAL, Town, town
from tests.support.tree import ROOT
from tests.support.waiting import wait_until
from web.texts import text
from web.words import Lang

OTHERS: Final = {"ann": "900000.50", "bob": "1300000", "cid": "850000"}  # of them one is over the ceiling
LASTS: Final = timedelta(hours=1)
WINDOW: Final = ViewportSize(width=1280, height=900)
BODY: Final = "91350100MA9000001"


@dataclass
class Stage:
    """The platform, and who works there."""

    rooms: Rooms
    clerk: Visitor
    deadline: datetime

    @property
    def town(self) -> Town:
        return self.rooms.town

    def confirm(self) -> None:
        """The centre's clerk has compared the application with the papers, and confirms it."""
        (path,) = re.findall(r'href="(/account/applications/[a-z2-7]+)\?', self.clerk.get("/account/applications").text)
        done = self.clerk.post(f"{path}/confirm")
        assert done.status_code == 303, done.text
        self.town.settle()

    def until(self, there: Locator) -> None:
        """Rounds of everybody in town until something stands on a page."""

        def look() -> bool:
            self.town.tick()
            return there.count() > 0 and there.first.is_visible()

        wait_until(look, str(there), 60)

    def answer(self, words: str) -> None:
        """The tenderee answers the one objection there is."""
        stream = f"tender/{self.town.tender}"
        (one,) = [one for one in self.town.events(stream) if one["type"] == "objection.made"]
        body = {"objection": one["public"]["objection"], "text": words, "upheld": False}
        done = self.town.act("tenderee", "objection.answered", stream, body)
        assert done.status_code == 201, done.text


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A tender that takes bids and has those of `OTHERS`."""
    port = free_port()
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        deadline = made.clock.at + LASTS
        made.publish(deadline)
        made.open_tickets()
        made.wait(INTERVAL)
        for name, price in OTHERS.items():
            made.bid(name, price)
        made.wait(INTERVAL)
        rooms = served(made, host="localhost", live=f"http://127.0.0.1:{port}", demonstration=False)
        clerk = linked(made, office(made, rooms.office, demonstration=False), "centre", "clerk")
        with served_of(made, port=port, origins=(rooms.office,)):
            yield Stage(rooms, clerk, deadline)


@dataclass
class Machine:
    """A browser of the bidder's, with a fingerprint reader; takes a picture at each station."""

    context: BrowserContext
    lang: Lang
    folder: Path
    page: Page = field(init=False)
    hands: Hands = field(init=False)
    cdp: CDPSession = field(init=False)
    said: list[str] = field(default_factory=list)
    pictures: int = 0

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.hands = Hands(self.page)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.cdp = self.context.new_cdp_session(self.page)
        self.cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made: dict[str, Any] = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.reader = str(made["authenticatorId"])

    def passkeys(self) -> list[dict[str, Any]]:
        """What its authenticator holds."""
        found: dict[str, Any] = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.reader})
        return list(found["credentials"])

    def synced(self, passkeys: list[dict[str, Any]]) -> None:
        """Gets passkeys of another machine, as the maker of both hands them on."""
        for one in passkeys:
            self.cdp.send("WebAuthn.addCredential", {"authenticatorId": self.reader, "credential": one})

    def touched(self, yes: bool) -> None:  # noqa: FBT001 - touched or not
        """Whether somebody touches the reader whenever it asks."""
        self.cdp.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": self.reader, "enabled": yes})

    # --- what it says -------------------------------------------------------------------------------------------------

    def say(self, key: str, **values: object) -> str:
        """A text of the pages, in this machine's language."""
        return text(key, self.lang, **values)

    def named(self, role: Any, key: str, within: str = "body", **values: object) -> Locator:
        """The control with this name, which is a text of the pages."""
        return self.page.locator(within).get_by_role(role, name=self.say(key, **values), exact=True)

    def titled(self, key: str) -> None:
        """Waits for the page with this title."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.say(key))

    def ready(self) -> None:
        """Waits until a page of the room has done all that it does by itself."""
        self.page.wait_for_selector("#room[data-ready]")

    def shot(self, name: str, *, whole: bool = False) -> None:
        """The next picture: what the window shows, or the `whole` page."""
        self.pictures += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.folder / f"{self.pictures:02}-{name}.png", full_page=whole)


@contextmanager
def machine(browser: Browser, lang: Lang, pictures: int = 0) -> Iterator[Machine]:
    """A browser profile of its own; a page that asks anybody but loopback, or complains, fails its test."""
    context = browser.new_context(viewport=WINDOW, accept_downloads=True, reduced_motion="reduce")
    fence = Fence(context)
    made = Machine(context, lang, ROOT / "build" / "whole-way" / lang, pictures=pictures)
    yield made
    context.close()
    assert fence.refused == []
    assert made.said == []


def organisation(lang: Lang) -> dict[str, str]:
    """What an organisation fills into its application, by the names of its fields."""
    return {
        "uscc": BODY + uscc_check_character(BODY),
        "name_zh": "闽江路桥建设有限公司",
        "name_en": "Minjiang Roads and Bridges",
        "person_ref": f"engineer-{lang}",
    }

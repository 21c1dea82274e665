"""Scene: the opening hall in each of its phases, followed live, on the wall, and with its sound on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from playwright.sync_api import Page, expect

from ledger.basics import clock
from tests.support.scenes import MINUTE, Set, bids, object_to, publish
from tests.support.states import LANGS
from tests.support.town import LOT

CUSTODIANS: Final = frozenset({"custodian-1", "custodian-2", "custodian-3"})
ENDED: Final = ("failed", "suspended", "terminated", "amended")


def hall(at: Set) -> None:
    """One opening from before its deadline to the award, and the halls of those that ended otherwise."""
    made, page = at.made, at.page()
    for name in ENDED:
        _look(at, page, f"hall, {name}", at.named[name])
    tender = publish(made, timedelta(minutes=10))
    sent = bids(made)
    _look(at, page, "hall, waiting", tender)
    made.clock.at = clock.parse_time(made.get(f"/api/tenders/{tender}")["deadline"])
    _look(at, page, "hall, closing", tender)
    made.asleep = set(CUSTODIANS)
    made.settle()
    _look(at, page, "hall, drawn, nobody answers", tender)
    for _ in range(3):
        made.wait(MINUTE)
    _look(at, page, "hall, blocked", tender)
    made.asleep = {"custodian-3"}
    made.settle()
    object_to(made, sent["bob"], "第 2 份投标的报价唱读有误，请核对。")
    _look(at, page, "hall, opened, one objects", tender)
    made.asleep = set()
    for _ in range(3):
        made.wait(MINUTE)
    _look(at, page, "hall, awarded", tender, _with_sound)
    _look(at, page, "hall, awarded, on the wall", tender, more="&screen=wall")


def _with_sound(page: Page) -> None:
    page.locator("[data-sound]").click()
    expect(page.locator("[data-sound]")).to_have_attribute("aria-pressed", "true")


def _look(
    at: Set, page: Page, name: str, tender: str, before: Callable[[Page], None] = lambda _: None, more: str = ""
) -> None:
    for lang in LANGS:
        page.goto(f"{at.made.url}/tenders/{tender}/lots/{LOT}/hall?lang={lang}{more}")
        expect(page.locator("#hall")).to_have_attribute("data-connection", "live")
        before(page)
        at.look(page, name, lang)

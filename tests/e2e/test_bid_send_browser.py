"""A large bid leaves the browser over a line that is cut and through a reload; and what the box refuses is told."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from ledger.basics.hashing import H
from tests.support.bid_room import (
    Firm,
    Rooms,
    SignedIn,
    Wsgi,
    enter,
    fill,
    ready,
    restore,
    rooms,
    send,
    sign_and_seal,
    stepped,
)
from tests.support.browser import ARGUMENTS, executable
from tests.support.cutting import Cutting
from tests.support.sampling import sample
from tests.support.waiting import wait_until

MIB: Final = 1 << 20
# Short of the padding's step, so that the ciphertext is little longer.
SIZE: Final = sample(1024 * MIB, 12 * MIB) - 8
CUTS: Final = 5
MAX_PIECE: Final = 8 * MIB
SEALED: Final = """() => new Promise((done) => {
  const asked = indexedDB.open("mingjing-room");
  asked.onsuccess = () => {
    const all = asked.result.transaction("drafts").objectStore("drafts").getAll();
    all.onsuccess = () => { asked.result.close(); done(all.result[0].sealed); };
  };
})"""


class Gate:
    """Holds the first piece that goes beyond an offset until somebody opens the gate."""

    def __init__(self, offset: int) -> None:
        self._offset, self.reached, self.opened = offset, threading.Event(), threading.Event()

    def __call__(self, app: Wsgi) -> Wsgi:
        def held(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] == "PATCH" and int(environ.get("HTTP_UPLOAD_OFFSET", "0")) >= self._offset:
                self.reached.set()
                assert self.opened.wait(60)
            return app(environ, start)

        return held


@pytest.fixture
def context(browser: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser with a disk: what one without keeps, it keeps in memory."""
    folder = str(tmp_path / "profile")
    kept = browser.browser_type.launch_persistent_context(folder, executable_path=executable(), args=list(ARGUMENTS))
    yield kept
    kept.close()


def at_desk(context: BrowserContext, place: Rooms, firm: Firm) -> Page:
    """A page that is signed in, in the lot's room."""
    SignedIn(context, place, firm)
    page = context.new_page()
    restore(page, place, firm)
    enter(page, place)
    return page


def test_a_large_bid_over_cuts_and_a_reload_is_sealed_once(tmp_path: Path, context: BrowserContext) -> None:
    file = tmp_path / "drawings.bin"
    with file.open("wb") as sink:
        for number in range(SIZE // MIB + 1):
            sink.write(H(number.to_bytes(4)) * (min(MIB, SIZE - number * MIB) // 32))
        sink.write(b"x" * (SIZE - sink.tell()))
    with ExitStack() as stack:
        lines: list[Cutting] = []

        def line(url: str) -> str:
            target = urlsplit(url)
            # Spread over the upload, each in the middle of a piece.
            cuts = [SIZE * number // CUTS + SIZE // (2 * CUTS) + 123_456 for number in range(CUTS)]
            lines.append(stack.enter_context(Cutting((str(target.hostname), int(target.port or 0)), cuts)))
            return lines[0].url

        place = stack.enter_context(rooms(tmp_path / "town", timedelta(hours=2), max_bytes=2 * SIZE, line=line))
        gate = Gate(SIZE // 2)
        place.between.append(gate)
        page = at_desk(context, place, place.firm("ant"))
        fill(page)
        page.locator("[data-choose=offer]").set_input_files(file)
        page.wait_for_selector("[data-files=offer] li", timeout=300_000)
        page.set_default_timeout(sample(900_000, 60_000))
        sign_and_seal(page)
        before = page.evaluate(SEALED)
        page.locator("#send-now").click()
        wait_until(gate.reached.is_set, "half of it", sample(600, 60))
        page.reload()
        gate.opened.set()
        ready(page)
        page.locator("#send-now").click()
        page.wait_for_selector("#receipts > li")
        after = page.evaluate(SEALED)
        assert {**after, "current": True} == {**before, "current": True}, "what was sealed is sent, and never again"
        assert lines[0].made == CUTS
        total = sum(int(one["size"]) for one in before["contents"])
        assert lines[0].up - total < (CUTS + 1) * MAX_PIECE + MIB, "a cut costs the piece it fell into, no more"
        for one in before["contents"]:
            assert place.town.blobs.holds(one["sha256"])


def test_an_addendum_comes_with_the_round_of_everybody(tmp_path: Path, context: BrowserContext) -> None:
    with rooms(tmp_path / "town", timedelta(hours=2)) as place:
        context.clock.install()
        page = at_desk(context, place, place.firm("ant"))
        fill(page)
        sign_and_seal(page)
        addendum(place)
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        assert "例行更新" in refused(page, "send")
        assert [url for url in asked if url.startswith(place.office)] == [], "who sends asks the office for nothing"
        page.clock.fast_forward("10:01")
        page.wait_for_selector("#alerts .alert")
        assert any(url.endswith("/bid/lots") for url in asked)
        assert page.locator("#f-offer-price").input_value() == "800000"
        sign_and_seal(page)
        send(page)
        assert page.locator("#receipts > li").count() == 1


def test_a_version_that_was_signed_before_an_addendum_is_not_sealed(tmp_path: Path, context: BrowserContext) -> None:
    with rooms(tmp_path / "town", timedelta(hours=2)) as place:
        page = at_desk(context, place, place.firm("ant"))
        fill(page)
        page.locator("#check-yes").check()
        page.locator("#sign-now").click()
        stepped(page, "sign")
        addendum(place)
        page.reload()
        ready(page)
        assert "早于第 1 号补遗" in refused(page, "seal")


def test_after_the_deadline_the_box_takes_nothing_and_nothing_is_lost(tmp_path: Path, context: BrowserContext) -> None:
    with rooms(tmp_path / "town", timedelta(hours=2)) as place:
        page = at_desk(context, place, place.firm("ant"))
        fill(page)
        sign_and_seal(page)
        place.town.until(place.town.clock.at + timedelta(hours=3))
        assert "不再接收" in refused(page, "send")
        page.reload()
        ready(page)
        assert page.locator("#f-offer-price").input_value() == "800000"
        assert "没有本标段的投标记录" not in page.locator("#fate").inner_text()


def test_what_was_changed_since_it_was_sealed_is_not_sent(tmp_path: Path, context: BrowserContext) -> None:
    with rooms(tmp_path / "town", timedelta(hours=2)) as place:
        page = at_desk(context, place, place.firm("ant"))
        fill(page)
        sign_and_seal(page)
        page.locator("#f-offer-price").fill("790000")
        assert "又有修改" in refused(page, "send")


def refused(page: Page, step: str) -> str:
    """Presses the button of a step; the words of its refusal."""
    page.locator(f"#{step}-now").click()
    return stepped(page, step, refused=True)


def addendum(place: Rooms) -> None:
    """The tenderee explains something, and everybody comes to know it."""
    made = place.town
    (published,) = [one for one in made.events(f"tender/{made.tender}") if one["type"] == "tender.published"]
    deadline = published["public"]["notice"]["published_for"]["deadline"]
    body = {
        "number": 1,
        "text": {"zh": "图纸补充说明", "en": "A note on the drawings"},
        "affects_bids": False,
        "deadline": deadline,
        "documents": [],
    }
    done = made.act("tenderee", "addendum.issued", f"tender/{made.tender}", body)
    assert done.status_code == 201, done.text
    made.settle()

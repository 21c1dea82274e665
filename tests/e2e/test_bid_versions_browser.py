"""What was checked, signed and sealed counts by its content, also when typed back; and a full disk loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, FilePayload, Page, Route, expect

from tests.support.bid_room import Rooms, SignedIn, rooms
from tests.support.bid_work import at_desk, enter, fill, kept, ready, restore, send, sign_and_seal, stepped, with_a_disk
from tests.support.town import LOT
from tests.support.waiting import wait_until

MIB: Final = 1 << 20
FILE: Final[FilePayload] = {"name": "a.txt", "mimeType": "", "buffer": b"ten months"}
VOID: Final = {
    "zh": {"signed": "第 2 版已签署", "sealed": "第 2 版已封好", "dead": "已不能递交"},
    "en": {"signed": "version 2 is signed", "sealed": "version 2 is sealed", "dead": "can't be sent any more"},
}
CONFIRMED: Final = ("check", "sign", "seal")
# How many files lie in the browser's own file system, and how many bytes they have.
STORED: Final = """async () => {
  let [count, bytes] = [0, 0];
  const walk = async (place) => {
    for await (const one of place.values()) {
      if (one.kind === "directory") await walk(one);
      else [count, bytes] = [count + 1, bytes + (await one.getFile()).size];
    }
  };
  await walk(await navigator.storage.getDirectory());
  return [count, bytes];
}"""
# What becomes of something that is put into a database of the page's own.
PROBE: Final = """() => new Promise((done) => {
  const asked = indexedDB.open("probe", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("all");
  asked.onerror = () => done(asked.error.name);
  asked.onsuccess = () => {
    const transaction = asked.result.transaction("all", "readwrite");
    transaction.objectStore("all").put("x".repeat(4096), 1);
    const end = (name) => { asked.result.close(); done(name); };
    transaction.oncomplete = () => end("");
    transaction.onabort = () => end(transaction.error.name);
  };
})"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with rooms(tmp_path_factory.mktemp("rooms"), timedelta(hours=2), max_bytes=1 << 26) as made:
        yield made


@pytest.fixture
def context(browser: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser with a disk."""
    with with_a_disk(browser, tmp_path / "profile") as found:
        yield found


def filled(context: BrowserContext, place: Rooms, name: str, lang: str = "zh") -> Page:
    """A page in the lot's room, filled in."""
    page = at_desk(context, place, place.firm(name), lang)
    fill(page)
    return page


def done(page: Page, *tasks: str) -> None:
    """Waits until these tasks are done."""
    for task in tasks:
        expect(page.locator(f"[data-task={task}]")).to_have_class("done")


def not_done(page: Page, *tasks: str) -> None:
    """Waits until none of these tasks is done."""
    for task in tasks:
        expect(page.locator(f"[data-task={task}]")).not_to_have_class("done")


def test_what_is_changed_back_is_checked_signed_and_sealed_again(place: Rooms, context: BrowserContext) -> None:
    page = filled(context, place, "back")
    page.locator("[data-choose=offer]").set_input_files(FILE)
    page.wait_for_selector("[data-files=offer] li")
    sign_and_seal(page)
    for selector, changed in (("#f-offer-price", "790000"), ("#f-offer-duration", "")):
        before = page.locator(selector).input_value()
        page.locator(selector).fill(changed)
        not_done(page, *CONFIRMED)
        expect(page.locator("#send-what")).to_contain_text("与表单现在的内容不同")
        page.locator(selector).fill(before)
        done(page, *CONFIRMED)
    page.locator("[data-files=offer] [data-remove]").click()
    not_done(page, *CONFIRMED)
    page.locator("[data-choose=offer]").set_input_files({**FILE, "buffer": b"nine months"})
    page.wait_for_selector("[data-files=offer] li")
    not_done(page, *CONFIRMED)
    page.locator("[data-choose=offer]").set_input_files(FILE)
    done(page, *CONFIRMED)
    page.locator("#party-add").click()
    not_done(page, *CONFIRMED)
    page.locator("#party-list [data-remove]").nth(1).click()
    done(page, *CONFIRMED)
    page.reload()
    ready(page)
    done(page, *CONFIRMED)
    before_sending = kept(page)[0]["sealed"]
    send(page)
    assert kept(page)[0]["receipts"][0]["sha256"] == before_sending["sha256"]
    # What the box took counts in the same way.
    page.locator("#f-offer-price").fill("790000")
    not_done(page, *CONFIRMED, "send")
    page.locator("#send-now").click()
    assert "又有修改" in stepped(page, "send", refused=True)
    assert page.locator("#send-sealed").is_hidden(), "it was sent already"
    page.locator("#f-offer-price").fill("800000")
    done(page, *CONFIRMED, "send")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_sealed_version_can_be_sent_as_it_is(place: Rooms, context: BrowserContext, lang: str) -> None:
    page = filled(context, place, f"as-is-{lang}", lang)
    sign_and_seal(page)
    sealed = kept(page)[0]["sealed"]
    page.locator("#f-offer-price").fill("790000")
    expect(page.locator("#send-sealed")).to_be_visible()
    page.locator("#send-sealed").click()
    # Shown first, kept a moment later.
    wait_until(lambda: kept(page)[0]["receipts"], "the receipt is kept")
    (draft,) = kept(page)
    assert [one["sha256"] for one in draft["receipts"]] == [sealed["sha256"]]
    assert draft["answers"]["offer"]["price"] == "790000", "what was typed since stays"
    not_done(page, *CONFIRMED, "send")
    sign_and_seal(page)
    send(page)
    assert [one["seq"] for one in kept(page)[0]["receipts"]] == [1, 2]


def test_what_is_sealed_is_not_sealed_again_under_its_number(place: Rooms, context: BrowserContext) -> None:
    page = filled(context, place, "twice")
    sign_and_seal(page)
    before = kept(page)[0]["sealed"]
    page.locator("#seal-now").click()
    stepped(page, "seal")
    assert kept(page)[0]["sealed"] == before
    send(page)


LOCKED: Final = """(name) => new Promise((held) => {
  navigator.locks.request(name, () => new Promise((done) => { window.unlock = done; held(); }));
})"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_withdrawal_says_what_it_makes_void_and_that_is_not_uploaded(
    place: Rooms, context: BrowserContext, lang: str
) -> None:
    page, say = filled(context, place, f"void-{lang}", lang), VOID[lang]
    sign_and_seal(page)
    send(page)
    page.locator("#withdrawal summary").click()
    expect(page.locator("#withdraw-loses")).to_be_hidden()
    page.locator("#f-offer-price").fill("790000")
    page.locator("#check-yes").check()
    page.locator("#sign-now").click()
    stepped(page, "sign")
    expect(page.locator("#withdraw-loses")).to_contain_text(say["signed"])
    page.locator("#seal-now").click()
    stepped(page, "seal")
    expect(page.locator("#withdraw-loses")).to_contain_text(say["sealed"])
    word = page.locator("#withdraw-word")
    word.fill(str(word.get_attribute("data-word")))
    page.locator("#withdraw-now").click()
    page.wait_for_selector("#receipts > li:nth-child(2)")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#send-now").click()
    assert say["dead"] in stepped(page, "send", refused=True)
    assert [url for url in asked if url.startswith(place.box)] == []
    sign_and_seal(page)
    send(page)
    assert [one["kind"] for one in kept(page)[0]["receipts"]] == ["submission", "withdrawal", "submission"]


def test_nothing_is_withdrawn_while_another_tab_sends(place: Rooms, context: BrowserContext) -> None:
    firm = place.firm("locked")
    SignedIn(context, place, firm)
    page = context.new_page()
    restore(page, place, firm)
    enter(page, place)
    fill(page)
    sign_and_seal(page)
    send(page)
    other = context.new_page()
    other.goto(page.url.split("#")[0])
    other.evaluate(LOCKED, f"bid {firm.party} {place.town.tender} {LOT}")
    page.locator("#withdrawal summary").click()
    word = page.locator("#withdraw-word")
    word.fill(str(word.get_attribute("data-word")))
    page.locator("#withdraw-now").click()
    expect(page.locator("#withdraw-error")).to_contain_text("另一个")
    other.evaluate("window.unlock()")
    page.locator("#withdraw-now").click()
    page.wait_for_selector("#receipts > li:nth-child(2)")


def test_what_is_typed_while_a_letter_is_sent_stays(place: Rooms, context: BrowserContext) -> None:
    page = filled(context, place, "letters")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    context.route("**/box/enquiries", hold)
    letter = page.locator("#letter-text")
    letter.fill("第一封")
    page.locator("#letter button").click()
    wait_until(lambda: page.evaluate("1") and held, "the letter is on its way")
    letter.fill("第一封，还有一句")
    held.pop().continue_()
    expect(page.locator("#letter-state")).not_to_be_empty()
    expect(letter).to_have_value("第一封，还有一句")
    assert kept(page)[0]["letter"] == "第一封，还有一句"
    page.locator("#letter button").click()
    wait_until(lambda: page.evaluate("1") and held, "the next one is on its way")
    held.pop().continue_()
    expect(letter).to_have_value("")
    wait_until(lambda: kept(page)[0]["letter"] == "", "nothing is left to be sent")


class Disk:
    """The room that the browser has for a platform's data."""

    def __init__(self, context: BrowserContext, page: Page, origin: str) -> None:
        self._session: CDPSession = context.new_cdp_session(page)
        self._page, self._origin = page, origin

    def leave(self, more: int) -> None:
        """Leaves room for so many bytes more than there are."""
        usage = self._page.evaluate("async () => (await navigator.storage.estimate()).usage")
        quota = {"origin": self._origin, "quotaSize": max(1, usage + more)}
        self._session.send("Storage.overrideQuotaForOrigin", quota)

    def fill(self) -> None:
        """Leaves none at all, and waits until its databases know: they ask for room in advance."""
        self.leave(-64 * MIB)
        wait_until(lambda: self._page.evaluate(PROBE) == "QuotaExceededError", "a database that is full", 90)

    def free(self) -> None:
        """Frees it all."""
        self._session.send("Storage.overrideQuotaForOrigin", {"origin": self._origin})


def test_a_disk_that_is_full_while_files_are_chosen_or_sealed_loses_nothing(
    place: Rooms, context: BrowserContext
) -> None:
    page = filled(context, place, "full")
    disk = Disk(context, page, place.office)
    big: FilePayload = {"name": "big.bin", "mimeType": "", "buffer": b"0123456789abcdef" * (8 * MIB // 16)}
    disk.leave(2 * MIB)
    page.locator("[data-choose=offer]").set_input_files(big)
    expect(page.locator("[data-error=offer]")).to_contain_text("磁盘空间不足")
    assert page.locator("[data-files=offer] li").count() == 0
    wait_until(lambda: page.evaluate(STORED)[0] == 0, "the half that was copied is thrown away")
    disk.free()
    page.locator("[data-choose=offer]").set_input_files(big)
    page.wait_for_selector("[data-files=offer] li")
    page.locator("#check-yes").check()
    page.locator("#sign-now").click()
    stepped(page, "sign")
    disk.leave(2 * MIB)
    page.locator("#seal-now").click()
    assert "磁盘空间不足" in stepped(page, "seal", refused=True)
    assert page.locator("#f-offer-price").input_value() == "800000"
    assert page.evaluate(STORED) == [1, 8 * MIB], "the file that was chosen, and nothing of the half that was sealed"
    done(page, "check", "sign")
    disk.free()
    page.locator("#seal-now").click()
    stepped(page, "seal")
    send(page)


def test_what_is_typed_while_the_disk_is_full_is_kept_as_soon_as_there_is_room(
    place: Rooms, context: BrowserContext
) -> None:
    page = filled(context, place, "typing")
    disk = Disk(context, page, place.office)
    page.locator("#letter-text").fill("信")
    wait_until(lambda: kept(page)[0]["letter"] == "信", "the letter is kept")
    disk.fill()
    page.locator("#letter-text").fill("长" * 3000)
    expect(page.locator("#saved")).to_contain_text("磁盘空间不足")
    page.locator("#f-offer-price").fill("790000")
    expect(page.locator("#f-offer-price")).to_have_value("790000")
    assert kept(page)[0]["letter"] == "信"
    disk.free()
    # By itself, without another letter typed.
    expect(page.locator("#saved")).to_contain_text("已保存")
    (draft,) = kept(page)
    assert draft["letter"] == "长" * 3000
    assert draft["answers"]["offer"]["price"] == "790000"

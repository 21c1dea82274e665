"""A bid in the browser alone, by keyboard alone: secret, ticket, form, rehearsal, seal, receipt, replace, withdraw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ledger.basics import signing
from ledger.sealed import backup
from tests.support.bid_room import Firm, Rooms, SignedIn, derived, rooms
from tests.support.bid_work import BidHands, enter, fill, ready, send, sign_and_seal, sign_up
from tests.support.town import INTERVAL, LOT

DEADLINE = timedelta(hours=2)
LANGS = ("zh", "en")
WORDS = {
    "zh": {
        "sent": "投标箱已于",
        "withdrawn": "撤回，不会被打开",
        "amount": "812,345.60 元　大写：捌拾壹万贰仟叁佰肆拾伍元陆角整",
        "worked": "演练成功",
        "witnessed": "并经见证",
        "withdraw": "撤回",
    },
    "en": {
        "sent": "accepted version",
        "withdrawn": "withdrawn at",
        "amount": "812,345.60 yuan",
        "worked": "worked",
        "witnessed": "and witnessed",
        "withdraw": "withdraw",
    },
}
# What signing up leaves in the browser: the bytes of the secret, under the login.
SIGNED_UP = """(bytes) => new Promise((done) => {
  const asked = indexedDB.open("mingjing", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("secrets");
  asked.onsuccess = () => {
    const transaction = asked.result.transaction("secrets", "readwrite");
    transaction.objectStore("secrets").put(new Uint8Array(bytes), "somebody");
    transaction.oncomplete = () => { asked.result.close(); done(); };
  };
})"""
KINDS = """() => new Promise((done) => {
  const asked = indexedDB.open("mingjing");
  asked.onsuccess = () => {
    const all = asked.result.transaction("secrets").objectStore("secrets").getAll();
    all.onsuccess = () => { asked.result.close(); done(all.result.map((one) => one.constructor.name)); };
  };
})"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with rooms(tmp_path_factory.mktemp("rooms"), DEADLINE) as made:
        yield made


class Desk:
    """A browser of an organisation, and what went wrong on its pages."""

    def __init__(self, browser: Browser, place: Rooms, firm: Firm) -> None:
        self.context: BrowserContext = browser.new_context(accept_downloads=True)
        self.signed_in = SignedIn(self.context, place, firm)
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("console", lambda message: self.said.append(message.text))

    def close(self) -> None:
        self.context.close()
        assert self.signed_in.refused == []
        assert self.said == []


@pytest.mark.parametrize("lang", LANGS)
def test_a_whole_bid_by_keyboard_alone(place: Rooms, browser: Browser, lang: str, tmp_path: Path) -> None:
    firm, say = place.firm(f"ant-{lang}"), WORDS[lang]
    desk = Desk(browser, place, firm)
    page, keys = desk.page, BidHands(desk.page)
    page.goto(f"{place.office}/bid/secret?lang={lang}")
    ready(page)
    keys.restore(firm)
    page.goto(f"{place.office}/bid?lang={lang}")
    ready(page)
    assert "1 / 1" in page.locator("#quiet").inner_text() or "1 of 1" in page.locator("#quiet").inner_text()
    keys.press(f"[data-lot='{LOT}'] a")
    page.wait_for_selector("#lot #form")
    ready(page)
    keys.fill(price="812345.60")
    expect(page.locator("#m-offer-price")).to_contain_text(say["amount"])
    keys.add("offer", {"schedule.txt": b"ten months\n" * 100, "明细.csv": b"1,2\n"})
    keys.press("#rehearse-now")
    assert say["worked"] in place.until_said(page, "#rehearse-state", say["worked"])
    keys.step("check")
    for name in ("sign", "seal", "send"):
        keys.step(name)
    expect(page.locator("#fate")).to_contain_text(say["sent"])
    # The page was read again from this browser's shelf: all of it is still there.
    place.town.wait(INTERVAL)
    page.reload()
    page.wait_for_selector("#receipts > li")
    ready(page)
    assert page.locator("#f-offer-price").input_value() == "812345.60"
    assert say["witnessed"] in page.locator("#receipts > li").inner_text()
    check_receipt_files(place, keys, page, tmp_path)
    keys.press("#replace-now")
    keys.type("#f-offer-price", "799000")
    for name in ("check", "sign", "seal", "send"):
        keys.step(name)
    expect(page.locator("#receipts > li")).to_have_count(2)
    desk.close()
    another_browser(place, browser, firm, lang)


def check_receipt_files(place: Rooms, keys: BidHands, page: Page, tmp_path: Path) -> None:
    """The JSON is the box's own envelope; the PDF holds the very same bytes."""
    saved = {}
    for kind in ("json", "pdf"):
        with page.expect_download() as found:
            keys.press(f"#receipts [data-{kind}]")
        found.value.save_as(tmp_path / f"receipt.{kind}")
        saved[kind] = (tmp_path / f"receipt.{kind}").read_bytes()
    envelope = json.loads(saved["json"])
    trust = json.loads(place.town.trust)
    said = signing.verify("receipt", envelope, trust["box_key"])
    assert said["lot"] == LOT
    assert saved["pdf"].startswith(b"%PDF-1.7")
    assert saved["json"].strip() in saved["pdf"]


def another_browser(place: Rooms, browser: Browser, firm: Firm, lang: str) -> None:
    """From the words alone: what the box accepted is found again, and withdrawn."""
    say = WORDS[lang]
    desk = Desk(browser, place, firm)
    page, keys = desk.page, BidHands(desk.page)
    page.goto(f"{place.office}/bid/secret?lang={lang}")
    ready(page)
    keys.restore(firm)
    page.goto(f"{place.office}/bid?lang={lang}")
    ready(page)
    keys.press("#ask-all")
    page.wait_for_selector(f"[data-lot='{LOT}'][data-stand=accepted]")
    keys.press(f"[data-lot='{LOT}'] a")
    page.wait_for_selector("#receipts > li")
    ready(page)
    assert page.locator("#receipts > li").count() == 2
    keys.press("#withdrawal summary")
    keys.press("#withdraw-now")
    expect(page.locator("#withdraw-error")).not_to_be_empty()
    assert page.locator("#receipts > li").count() == 2, "nothing is withdrawn before it is confirmed in words"
    keys.type("#withdraw-word", say["withdraw"])
    keys.press("#withdraw-now")
    page.wait_for_selector("#receipts > li:nth-child(3)")
    expect(page.locator("#fate")).to_contain_text(say["withdrawn"])
    desk.close()


def test_a_new_secret_is_kept_only_once_its_words_are_written_down(place: Rooms, browser: Browser) -> None:
    desk = Desk(browser, place, place.firm("bee"))
    page, keys = desk.page, BidHands(desk.page)
    page.goto(f"{place.office}/bid/secret?lang=en")
    ready(page)
    keys.press("#make-now")
    page.wait_for_selector("#words li:nth-child(24)")
    words = page.locator("#words li").all_inner_texts()
    keys.press("#confirm button[type=submit]")
    # Every word that is missing is named beside its field.
    expect(page.locator("#asked .error:not(:empty)")).to_have_count(3)
    for number in (int(str(one.get_attribute("data-place"))) for one in page.locator("#asked input").all()):
        keys.type(f"#asked-{number + 1}", words[number].upper())
    keys.press("#confirm button[type=submit]")
    page.wait_for_selector("#seal-key:not(:empty)")
    ready(page)
    expect(page.locator("#secret-state")).to_contain_text("not those the centre has registered")
    shown = page.locator("#seal-key").inner_text()
    secret = backup.from_words(" ".join(words))
    assert shown == signing.public_bytes(derived(secret, "seal-key")).hex()
    assert page.locator("#words li").count() == 0
    desk.close()


def test_a_secret_of_signing_up_is_taken_over_when_its_words_are_written_down(place: Rooms, browser: Browser) -> None:
    firm = place.firm("cat")
    desk = Desk(browser, place, firm)
    page, keys = desk.page, BidHands(desk.page)
    page.goto(f"{place.office}/?lang=en")
    page.evaluate(SIGNED_UP, list(firm.secret))
    page.goto(f"{place.office}/bid/secret?lang=en")
    ready(page)
    assert "not written down yet" in page.locator("#secret-state").inner_text()
    assert "1 of 1" in page.locator("#quiet").inner_text(), "it serves meanwhile"
    keys.press("#make-now")
    page.wait_for_selector("#words li:nth-child(24)")
    words = page.locator("#words li").all_inner_texts()
    assert words == firm.words.split()
    for number in (int(str(one.get_attribute("data-place"))) for one in page.locator("#asked input").all()):
        keys.type(f"#asked-{number + 1}", words[number])
    keys.press("#confirm button[type=submit]")
    # The page is loaded anew: what it says then is waited for, as the old one was ready, too.
    page.locator("#secret-state", has_text="registered ones").wait_for()
    ready(page)
    assert page.evaluate(KINDS) == ["CryptoKey"], "no bytes of it are left"
    desk.close()


def test_wrong_backup_words_are_named_beside_their_fields(place: Rooms, browser: Browser) -> None:
    firm = place.firm("dog")
    desk = Desk(browser, place, firm)
    page, keys = desk.page, BidHands(desk.page)
    page.goto(f"{place.office}/bid/secret?lang=en")
    ready(page)
    words = firm.words.split()
    for number, word in enumerate(words, 1):
        if number != 5:
            keys.type(f"#word-{number}", "nonsense" if number == 7 else word)
    keys.press("#restoring button[type=submit]")
    expect(page.locator("#word-5-error")).to_have_text("Fill this in.")
    keys.type("#word-5", words[4])
    keys.press("#restoring button[type=submit]")
    page.wait_for_selector("#word-7-error:not(:empty)")
    assert page.locator("#word-7").get_attribute("aria-invalid") == "true"
    assert page.locator("#word-8").input_value() == words[7], "what was typed stays"
    keys.type("#word-7", words[7])
    keys.press("#restoring button[type=submit]")
    page.wait_for_selector("#restore-summary:not([hidden])")
    keys.type("#word-7", words[6])
    keys.press("#restoring button[type=submit]")
    page.wait_for_selector("#seal-key:not(:empty)")
    desk.close()


def test_an_organisation_signs_up_registers_and_bids_in_one_browser(place: Rooms, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    sign_up(page, place, "somebody-new", "MA9990001")
    page.goto(f"{place.office}/bid?lang=en")
    ready(page)
    assert "not written down yet" in page.locator("#secret-state").inner_text()
    assert "1 of 1" in page.locator("#quiet").inner_text()
    enter(page, place, "en")
    fill(page)
    sign_and_seal(page)
    send(page)
    assert page.locator("#receipts > li").count() == 1
    context.close()

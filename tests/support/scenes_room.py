"""Scenes: the bidder's room, its secret, a bid from the empty form to the receipt, what is refused, and the end."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, Final

from playwright.sync_api import Page

from tests.support.bid_room import Firm, SignedIn, Wsgi
from tests.support.bid_work import fill, ready, restore, send, sign_and_seal
from tests.support.scenes import Set, end
from tests.support.states import LANGS
from tests.support.town import LOT
from tests.support.waiting import wait_until

WRONG: Final = {"price": "八十万", "duration": "300天", "warranty": "2,5", "similar-works": "-1"}
HELD: Final = "/held"
# Keeps a worker busy until the box answers: what it was told meanwhile waits.
HOLD: Final = """(url) => { setTimeout(() => {
  const asked = new XMLHttpRequest();
  asked.open("GET", url, false);
  asked.send();
}, 0); }"""
# What signing up leaves in the browser: the bytes of the secret, under the login.
SIGNED_UP: Final = """(bytes) => new Promise((done) => {
  const asked = indexedDB.open("mingjing", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("secrets");
  asked.onsuccess = () => {
    const transaction = asked.result.transaction("secrets", "readwrite");
    transaction.objectStore("secrets").put(new Uint8Array(bytes), "somebody");
    transaction.oncomplete = () => { asked.result.close(); done(); };
  };
})"""


class Gate:
    """Holds requests to the box as long as it is shut: the pieces of a bid, and those of `HOLD`."""

    def __init__(self) -> None:
        """Open."""
        self._open = threading.Event()
        self._open.set()
        self.reached = threading.Event()

    def shut(self) -> None:
        """From now on they wait."""
        self.reached.clear()
        self._open.clear()

    def open(self) -> None:
        """Lets them through."""
        self._open.set()

    def __call__(self, app: Wsgi) -> Wsgi:
        def held(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] == "PATCH" or environ["PATH_INFO"] == HELD:
                self.reached.set()
                assert self._open.wait(120)
            if environ["PATH_INFO"] == HELD:
                start("204 No Content", [("Access-Control-Allow-Origin", "*")])
                return []
            return app(environ, start)

        return held


def _enter(at: Set, firm: Firm) -> Page:
    context = at.context()
    SignedIn(context, at.rooms, firm)
    return context.new_page()


def _open(at: Set, page: Page, name: str, lang: str, path: str) -> None:
    page.goto("about:blank")  # so that an address that differs in its fragment only is opened anew
    before, _, fragment = path.partition("#")
    page.goto(f"{at.rooms.office}{before}?lang={lang}{'#' if fragment else ''}{fragment}")
    ready(page)
    if name:
        at.look(page, name, lang)


def secret(at: Set) -> None:
    """None yet, written down wrongly, another than the registered one, not written down, and restored wrongly."""
    for lang in LANGS:
        firm = at.rooms.firm(f"bee-{lang}")
        page = _enter(at, firm)
        _open(at, page, "room without a secret", lang, "/bid")
        _open(at, page, "no secret", lang, "/bid/secret")
        page.locator("#restoring button[type=submit]").click()
        at.look(page, "secret, no words", lang)
        for number in range(1, 25):
            page.locator(f"#word-{number}").fill("nonsense" if number in (3, 17) else "abandon")
        page.locator("#restoring button[type=submit]").click()
        page.locator("[aria-invalid=true]").first.wait_for()
        at.look(page, "secret, wrong words", lang)
        page.locator("#make-now").click()
        page.locator("#words li:nth-child(24)").wait_for()
        at.look(page, "secret, words to be written down", lang)
        page.locator("#confirm button[type=submit]").click()
        at.look(page, "secret, words not written down", lang)
        words = page.locator("#words li").all_inner_texts()
        for asked in page.locator("#asked input").all():
            asked.fill(words[int(str(asked.get_attribute("data-place")))])
        page.locator("#confirm button[type=submit]").click()
        page.locator("#seal-key:not(:empty)").wait_for()
        ready(page)
        at.look(page, "secret, another than registered", lang)
        _open(at, page, "room with another secret", lang, "/bid")
        page = _enter(at, firm)
        page.goto(f"{at.rooms.office}/?lang={lang}")
        page.evaluate(SIGNED_UP, list(firm.secret))
        _open(at, page, "room, words not written down", lang, "/bid")
        _open(at, page, "secret, not written down", lang, "/bid/secret")


def room(at: Set) -> None:
    """A bid, from the empty form to its receipt, its replacement and its withdrawal, and its lot after the deadline."""
    gate = Gate()
    at.rooms.between.append(gate)
    where = f"/bid/lot#{at.named['room']}/{LOT}"
    for lang in LANGS:
        firm = at.rooms.firm(f"ant-{lang}")
        page = at.kept[lang] = _enter(at, firm)
        restore(page, at.rooms, firm, lang)
        at.look(page, "secret here", lang)
        _open(at, page, "room", lang, "/bid")
        _open(at, page, "no such lot", lang, "/bid/lot#nobody/lot-1")
        _open(at, page, "lot, empty", lang, where)
        _filled(at, page, lang)
        _handed_in(at, page, lang, gate)
        _open(at, page, "room with bids", lang, "/bid")
        _open(at, page, "lot of a tender that is over", lang, f"/bid/lot#{at.named['awarded']}/{LOT}")
        _open(at, page, "lot with an addendum", lang, f"/bid/lot#{at.named['amended']}/{LOT}")
        _open(at, page, "lot by its address", lang, f"/bid/{at.named['room']}/{LOT}")
    at.rooms.between.remove(gate)
    _late(at)


def _filled(at: Set, page: Page, lang: str) -> None:
    page.locator("#form button[type=submit]").click()
    page.locator("#summary:not([hidden])").wait_for()
    assert page.evaluate("document.activeElement.id") == "summary"
    at.look(page, "lot, nothing answered", lang)
    for name, value in WRONG.items():
        page.locator(f"#f-offer-{name}").fill(value)
    page.locator("#form button[type=submit]").click()
    at.look(page, "lot, everything answered wrongly", lang)
    choose = page.locator("[data-choose=offer]")
    choose.set_input_files({"name": "-a.txt", "mimeType": "", "buffer": b"x"})
    choose.set_input_files({"name": "big.bin", "mimeType": "", "buffer": bytes((1 << 24) + 1)})
    page.locator("[data-error=offer]:not(:empty)").wait_for()
    choose.set_input_files({"name": "施工组织设计.txt", "mimeType": "", "buffer": b"ten months\n" * 500})
    page.locator("[data-files=offer] li").first.wait_for()
    choose.set_input_files({"name": "big.bin", "mimeType": "", "buffer": bytes((1 << 24) + 1)})
    page.locator("[data-error=offer]:not(:empty)").wait_for()
    at.look(page, "lot, a file refused", lang)
    fill(page)
    page.locator("#party-add").click()
    page.locator("#party-list li").nth(1).wait_for()
    page.locator("#check-yes").check()
    page.locator("#sign-now").click()
    page.locator("#statement:not([hidden]), #sign-error:not(:empty)").first.wait_for()
    at.look(page, "lot, a joint bid that is not signed", lang)
    page.locator("#party-list [data-remove]").nth(1).click()
    page.locator("#rehearse-now").click()
    at.look(page, "lot, rehearsing", lang)
    at.rooms.until_said(page, "#rehearse-state", "演练成功", "worked")
    at.look(page, "lot, rehearsed", lang)


def _handed_in(at: Set, page: Page, lang: str, gate: Gate) -> None:
    page.locator("#check-yes").check()
    page.locator("#sign-now").click()
    page.wait_for_selector("[data-task=sign].done")
    gate.shut()
    page.workers[0].evaluate(HOLD, at.rooms.box + HELD)
    page.locator("#seal-now").click()
    page.locator("#seal-running:not([hidden])").wait_for()
    _reached(page, gate)
    at.look(page, "lot, sealing", lang)
    gate.open()
    page.wait_for_selector("[data-task=seal].done")
    gate.shut()
    page.locator("#send-now").click()
    _reached(page, gate)
    page.locator("#send-running:not([hidden])").wait_for()
    at.look(page, "lot, sending", lang)
    gate.open()
    page.wait_for_selector("#receipts > li")
    page.wait_for_selector("#send-now:not([disabled])")
    at.look(page, "lot, sent", lang)
    page.locator("#letter button").click()
    page.locator("#letter-error:not(:empty)").wait_for()
    page.locator("#withdrawal summary").click()
    page.locator("#withdraw-now").click()
    page.locator("#withdraw-error:not(:empty)").wait_for()
    at.look(page, "lot, an empty letter, withdrawal not confirmed", lang)
    page.locator("#letter-text").fill("图纸第 3 页标高有误，请说明。")
    page.locator("#letter button").click()
    page.locator("#letter-state:not(:empty)").wait_for()
    page.locator("#withdraw-word").fill(str(page.locator("#withdraw-word").get_attribute("data-word")))
    page.locator("#withdraw-now").click()
    page.wait_for_selector("#receipts > li:nth-child(2)")
    at.look(page, "lot, withdrawn", lang)
    page.locator("#replace-now").click()
    sign_and_seal(page)
    send(page)
    page.locator("#ask-box").click()
    page.wait_for_selector("#ask-box:not([disabled])")
    at.look(page, "lot, sent again, status asked", lang)


def _reached(page: Page, gate: Gate) -> None:
    """Waits until a request stands before the gate; the browser goes on meanwhile."""
    wait_until(lambda: bool(page.evaluate("true")) and gate.reached.is_set(), "a request before the gate", 60)


def _late(at: Set) -> None:
    at.made.tender = at.named["room"]
    end(at.made, 2)
    for lang, page in at.kept.items():
        _open(at, page, "room after the deadline", lang, "/bid")
        _open(at, page, "lot after the deadline", lang, f"/bid/lot#{at.named['room']}/{LOT}")

"""A receipt as a QR code: an independent reader finds the link in page and PDF, and the page it leads to checks it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, expect

from tests.support.bid_room import Rooms, SignedIn, rooms
from tests.support.bid_work import enter, fill, kept, restore, send, sign_and_seal
from tests.support.browser import Fence
from tests.support.tree import ROOT

LANGS: Final = ("zh", "en")
SAID: Final = {
    "zh": {"signed": "签名有效", "forged": "签名不符", "broken": "不完整或被改过"},
    "en": {"signed": "signature holds", "forged": "does not match", "broken": "cut off or was changed"},
}
# The grey values of a picture: the browser decodes it, so that the reader of codes needs no more than bytes.
GREY: Final = """async ([kind, data]) => {
  const blob = await (await fetch(`data:${kind};base64,${data}`)).blob();
  const picture = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const {data: rgba} = context.getImageData(0, 0, picture.width, picture.height);
  let grey = "";
  for (let at = 0; at < rgba.length; at += 4) grey += String.fromCharCode((rgba[at] + rgba[at + 1] + rgba[at + 2]) / 3);
  return [picture.width, picture.height, btoa(grey)];
}"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with rooms(tmp_path_factory.mktemp("rooms"), timedelta(hours=2)) as made:
        yield made


def codes(blank: Page, kind: str, picture: bytes) -> list[str]:
    """What QR codes in a picture say; `blank`: a page that no policy keeps from reading pictures."""
    width, height, grey = blank.evaluate(GREY, [kind, base64.b64encode(picture).decode()])
    view = memoryview(base64.b64decode(grey)).cast("B", shape=(height, width))
    return [one.text for one in zxingcpp.read_barcodes(view)]


def jpeg_of(pdf: bytes) -> bytes:
    """The one picture of a receipt's PDF."""
    found = re.search(rb"/DCTDecode/Length (\d+)>>stream\n", pdf)
    assert found is not None
    return pdf[found.end() : found.end() + int(found[1])]


@pytest.mark.parametrize("lang", LANGS)
def test_a_receipts_code_leads_to_its_check(place: Rooms, browser: Browser, lang: str, tmp_path: Path) -> None:
    context = browser.new_context(accept_downloads=True, device_scale_factor=2)
    firm = place.firm(f"ant-{lang}")
    SignedIn(context, place, firm)
    page = context.new_page()
    restore(page, place, firm, lang)
    enter(page, place, lang)
    fill(page)
    sign_and_seal(page)
    send(page)
    (draft,) = kept(page)
    envelope = draft["receipts"][0]["receipt"]
    page.locator("#receipts summary").click()
    seen = page.locator("#receipts svg.qr").screenshot()
    with page.expect_download() as download:
        page.locator("#receipts [data-pdf]").click()
    download.value.save_as(tmp_path / "receipt.pdf")
    blank = context.new_page()
    blank.goto("about:blank")
    (shown,) = codes(blank, "image/png", seen)
    (printed,) = codes(blank, "image/jpeg", jpeg_of((tmp_path / "receipt.pdf").read_bytes()))
    assert shown == printed == page.locator("#receipts [data-link]").get_attribute("href")
    assert shown.startswith(f"{place.office}/verify#receipt={envelope['object']['lot']}/")
    assert len(shown) < 320, "a code of more squares is hard to read from paper"
    context.close()
    on_another_machine(place, browser, shown, envelope, lang)


def on_another_machine(place: Rooms, browser: Browser, link: str, envelope: dict[str, object], lang: str) -> None:
    """A telephone reads the code: it checks the signature, and tells the platform nothing until a person says so."""
    context = browser.new_context(locale="zh-CN" if lang == "zh" else "en-US")
    fence, asked = Fence(context), []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url + (request.post_data or "")))
    page.goto(link.replace("/verify#", f"/verify?lang={lang}#"))
    expect(page.locator("#carried-said")).to_contain_text(SAID[lang]["signed"])
    body = envelope["object"]
    assert isinstance(body, dict)
    hash_ = str(body["submission_sha256"])
    expect(page.locator("[data-fact=submission_sha256]")).to_have_text(hash_)
    signature = link.rsplit("/", 1)[1]
    assert not [one for one in asked if hash_ in one or signature in one], (
        "opening the link tells nobody of the receipt"
    )
    # One letter of the signature, then a link that was cut off; only what stands behind the `#` changes.
    other = "A" if signature[-30] != "A" else "B"
    for changed, word in ((signature[:-30] + other + signature[-29:], "forged"), (signature[:-9], "broken")):
        page.evaluate("hash => { location.hash = hash; }", link.split("#")[1].replace(signature, changed))
        expect(page.locator("#carried")).to_have_attribute("data-found", word)
        expect(page.locator("#carried-said")).to_contain_text(SAID[lang][word])
    page.evaluate("hash => { location.hash = hash; }", link.split("#")[1])
    expect(page.locator("#carried")).to_have_attribute("data-found", "signed")
    page.locator("#carried-go").click()
    page.wait_for_selector(".claims")
    assert hash_ in re.sub(r"\s", "", page.locator("main").inner_text())
    assert fence.refused == []
    context.close()


def test_the_link_stands_in_the_format_as_the_browser_makes_it(place: Rooms, browser: Browser) -> None:
    found = re.search(r"```\n(\{.*\})\n(https://\S+)\n```", (ROOT / "docs/formats/box.md").read_text("utf-8"))
    assert found is not None
    envelope, link = json.loads(found[1]), found[2]
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{place.office}/verify")
    source = page.locator("script[src*='verify/receipt.js']").get_attribute("src")
    assert source is not None
    made, read = page.evaluate(
        """async ([path, envelope, link]) => {
            const {linkOf, receiptOf} = await import(path);
            return [linkOf(envelope, new URL(link).origin), receiptOf(new URL(link).hash)];
        }""",
        [source.replace("verify/receipt.js", "sealed/receiptlink.js"), envelope, link],
    )
    assert made == link
    assert read == envelope
    context.close()

"""Forgetting a machine: what is lost is said, and then nothing of the organisation is left in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.bid_room import Firm, Rooms, SignedIn, rooms
from tests.support.bid_work import enter, fill, kept, ready, restore, send, sign_and_seal, sign_up

LANGS: Final = ("zh", "en")
SAID: Final[dict[str, dict[str, Any]]] = {
    "zh": {
        "word": "清除",
        "lost": ["投标密语：", "1 份投标草稿", "1 个文件", "1 张回执", "1 个存在本机"],
        "type": "请输入",
        "none": "没有投标密语",
        "unwritten": "还没有抄写",
    },
    "en": {
        "word": "Forget",
        "lost": ["The bidding secret:", "1 drafts", "1 files", "1 receipts", "1 pages"],
        "type": "Type",
        "none": "no bidding secret",
        "unwritten": "not written down",
    },
}
# What signing up leaves in the browser: the bytes of the secret, under the login.
SIGNED_UP: Final = """([login, bytes]) => new Promise((done) => {
  const asked = indexedDB.open("mingjing", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("secrets");
  asked.onsuccess = () => {
    const transaction = asked.result.transaction("secrets", "readwrite");
    transaction.objectStore("secrets").put(new Uint8Array(bytes), login);
    transaction.oncomplete = () => { asked.result.close(); done(); };
  };
})"""
SECRETS: Final = """() => new Promise((done) => {
  const asked = indexedDB.open("mingjing");
  asked.onsuccess = () => {
    const place = asked.result.transaction("secrets").objectStore("secrets");
    const [keys, values] = [place.getAllKeys(), place.getAll()];
    values.onsuccess = () => {
      asked.result.close();
      done(keys.result.map((key, at) => [key, values.result[at].constructor.name]));
    };
  };
})"""
FILES: Final = """async () => {
  const found = [];
  const walk = async (place, path) => {
    for await (const [name, one] of place.entries()) {
      if (one.kind === "directory") await walk(one, `${path}/${name}`);
      else found.push(`${path}/${name}`);
    }
  };
  await walk(await navigator.storage.getDirectory(), "");
  return found;
}"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with rooms(tmp_path_factory.mktemp("rooms"), timedelta(hours=2)) as made:
        yield made


def secret_page(page: Page, place: Rooms, lang: str) -> None:
    """Goes to the page of the secret."""
    page.goto(f"{place.office}/bid/secret?lang={lang}")
    ready(page)


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_is_left_of_who_has_the_machine_forget(place: Rooms, browser: Browser, lang: str) -> None:
    say, firm, neighbour = SAID[lang], place.firm(f"ant-{lang}"), place.firm(f"bee-{lang}")
    context = browser.new_context()
    SignedIn(context, place, firm)
    page, other = context.new_page(), context.new_page()
    restore(page, place, firm, lang)
    page.evaluate(SIGNED_UP, ["neighbour", list(neighbour.secret)])
    for tab in (page, other):
        enter(tab, place, lang)
    fill(page)
    page.locator("[data-choose=offer]").set_input_files({"name": "a.txt", "mimeType": "", "buffer": b"ten months"})
    page.wait_for_selector("[data-files=offer] li")
    sign_and_seal(page)
    send(page)
    assert page.evaluate(FILES) != []
    secret_page(page, place, lang)
    lost = page.locator("#forget-losses li").all_inner_texts()
    for one in say["lost"]:
        assert any(one in line for line in lost), lost
    page.locator("#forget-now").click()
    expect(page.locator("#forget-error")).to_contain_text(say["type"])
    assert len(kept(page)) == 1, "nothing is forgotten before it is confirmed in words"
    page.locator("#forget-word").fill(say["word"])
    page.locator("#forget-now").click()
    page.wait_for_selector("#forgotten:not([hidden])")
    ready(page)
    assert page.evaluate(FILES) == []
    assert page.evaluate(SECRETS) == [["neighbour", "Uint8Array"]], "whose machine it is, too, keeps what is theirs"
    assert [kept(page, store) for store in ("drafts", "tickets")] == [[], []]
    # The other tab shows it, and brings nothing back: it has no more than any browser that comes for the first time.
    other.wait_for_selector("#f-offer-price")
    ready(other)
    expect(other.locator("#f-offer-price")).to_have_value("")
    other.locator("#f-offer-price").fill("1")
    expect(other.locator("#receipts > li")).to_have_count(0)
    secret_page(page, place, lang)
    expect(page.locator("#secret-state")).to_contain_text(say["none"])
    # From the words everything comes back that the box has.
    restore(page, place, firm, lang)
    enter(page, place, lang)
    page.locator("#ask-box").click()
    page.wait_for_selector("#receipts > li")
    context.close()


@pytest.mark.parametrize("lang", LANGS)
def test_a_secret_whose_words_nobody_wrote_down_is_not_forgotten_and_its_bytes_go_with_the_words(
    place: Rooms, browser: Browser, lang: str
) -> None:
    firm, context = place.firm(f"cat-{lang}"), browser.new_context()
    SignedIn(context, place, firm)
    page = context.new_page()
    page.goto(f"{place.office}/?lang={lang}")
    page.evaluate(SIGNED_UP, ["somebody", list(firm.secret)])
    secret_page(page, place, lang)
    expect(page.locator("#forget-unwritten")).to_contain_text(SAID[lang]["unwritten"])
    expect(page.locator("#forgetting")).to_be_hidden()
    # Who types the words in, has them: no bytes are kept any more.
    restore(page, place, firm, lang)
    expect(page.locator("#forgetting")).to_be_visible()
    assert page.evaluate(SECRETS) == [[firm.party, "CryptoKey"]]
    context.close()


@pytest.mark.parametrize("path", ["bid/secret", "bid/lot#countersign", "bid"])
def test_a_tab_on_any_page_of_the_room_forgets_with_the_one_that_forgets(
    place: Rooms, browser: Browser, path: str
) -> None:
    firm, context = place.firm(f"fox-{len(place.town.bidders)}"), browser.new_context()
    SignedIn(context, place, firm)
    page, other = context.new_page(), context.new_page()
    restore(page, place, firm, "en")
    address, _, section = path.partition("#")
    other.goto(f"{place.office}/{address}?lang=en#{section}")
    ready(other)
    other.evaluate("() => { window.before = true; }")
    secret_page(page, place, "en")
    page.locator("#forget-word").fill("Forget")
    page.locator("#forget-now").click()
    page.wait_for_selector("#forgotten:not([hidden])")
    # A page that holds the secret in its memory would go on taking tickets with it.
    other.wait_for_function("() => window.before === undefined")
    ready(other)
    assert page.evaluate(SECRETS) == []
    assert kept(page, "tickets") == []
    context.close()


def test_another_secret_leaves_the_bytes_of_signing_up_alone(place: Rooms, browser: Browser) -> None:
    firm, context = place.firm("dog"), browser.new_context()
    SignedIn(context, place, firm)
    page = context.new_page()
    page.goto(f"{place.office}/?lang=en")
    page.evaluate(SIGNED_UP, ["somebody", list(firm.secret)])
    secret_page(page, place, "en")
    wrong = Firm(firm.party, firm.uscc, firm.token, place.town.dice(32))
    for number, word in enumerate(wrong.words.split(), 1):
        page.locator(f"#word-{number}").fill(word)
    page.locator("#restoring button[type=submit]").click()
    expect(page.locator("#secret-state")).to_contain_text("not those the centre has registered")
    ready(page)
    assert sorted(page.evaluate(SECRETS)) == sorted([[firm.party, "CryptoKey"], ["somebody", "Uint8Array"]])
    context.close()


def test_signing_out_of_the_room_offers_it(place: Rooms, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    sign_up(page, place, "somebody-leaving", "MA9990002")
    page.goto(f"{place.office}/bid?lang=en")
    ready(page)
    leave = page.locator("form[action^='/account/sign-out'] button")
    leave.click()
    expect(page.locator("#leaving")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#leaving")).to_be_hidden()
    leave.click()
    page.locator("#leaving a").click()
    expect(page.locator("#leaving")).to_be_hidden()
    page.wait_for_url("**/bid/secret*#forget")
    ready(page)
    page.locator("form[action^='/account/sign-out'] button").click()
    page.locator("#leave-all").click()
    page.wait_for_url(f"{place.office}/?*")
    expect(page.locator("form[action^='/account/sign-out']")).to_have_count(0)
    assert page.evaluate(SECRETS) != [], "signing out alone forgets nothing"
    context.close()

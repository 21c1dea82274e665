"""One bidder's whole way in real Chromium, by keyboard alone: from signing up to verifying what became of the bid.

A picture of each station stands under `build/whole-way/` afterwards.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.support.town import INTERVAL, LOT
from tests.support.tree import ROOT
from tests.support.whole_way import Machine, Stage, machine, organisation, stage
from web.words import Lang

LANGS: Final[tuple[Lang, ...]] = ("zh", "en")
EVIDENCE: Final = {"schedule.csv": b"month,km\n1,0.8\n2,1.1\n" * 50}
ANSWERS: Final = {"price": "812345.60", "duration": "300", "warranty": "2.5", "similar-works": "4"}
OBJECTION: Final = {
    "zh": "唱标时未宣读我单位的工期，请核对。",
    "en": "The duration we offered was not read out. Please look.",
}
ANSWER: Final = {
    "zh": "工期不在唱标内容之列，见招标文件；报价无误。",
    "en": "Durations are not read out, as the tender says.",
}
CHOICES: Final = {"safety-licence": "yes", "grade": "first"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


@pytest.mark.parametrize("lang", LANGS)
def test_the_whole_way_of_one_bidder_by_keyboard_alone(place: Stage, browser: Browser, lang: Lang) -> None:
    shutil.rmtree(ROOT / "build" / "whole-way" / lang, ignore_errors=True)
    with machine(browser, lang) as first:
        sign_up(first, place)
        register(first, place)
        words = write_words_down(first)
        enter_lot(first)
        fill(first)
        rehearse(first, place)
        check_sign_seal_send(first, "sent")
        save_receipt(first, place)
        replace(first, "805000.00", "replaced")
        with machine(browser, lang, first.pictures) as second:
            second.synced(first.passkeys())
            sign_in(second, place)
            restore(second, words)
            withdraw(second)
            first.pictures = second.pictures
        learn_of_it(first)
        replace(first, "798000.00", "again")
        receipt = save_receipt(first, place)
        go_to_hall(first, place)
        watch_the_opening(first, place)
        object_on_the_spot(first, place)
        bundle = read_the_result(first, place)
        verify(first, receipt, bundle)


# --- the stations -----------------------------------------------------------------------------------------------------


def sign_up(at: Machine, place: Stage) -> None:
    """A login with a passkey, from the front page."""
    at.page.goto(f"{place.rooms.office}/?lang={at.lang}")
    at.shot("front")
    at.hands.press(at.named("link", "main"))
    expect(at.page.locator("main")).to_be_focused()
    at.hands.press(at.named("link", "account.sign_in", "header"))
    at.titled("account.sign_in")
    at.shot("sign-in")
    at.hands.press(at.named("link", "account.sign_up", "main"))
    at.titled("account.sign_up")
    at.hands.type(at.page.get_by_label(at.say("account.name")), f"minjiang-{at.lang}")
    at.shot("sign-up")
    at.hands.press(at.named("button", "account.up_passkey.do"))
    at.titled("account.mine")
    at.shot("account")


def register(at: Machine, place: Stage) -> None:
    """The organisation applies, the centre confirms, and the page says so."""
    at.hands.press(at.named("link", "account.org.begin"))
    at.titled("account.organisation")
    expect(at.page.locator("#person_key")).not_to_have_value("")
    for name, value in organisation(at.lang).items():
        at.hands.type(at.page.locator(f"#{name}"), value)
    at.shot("organisation", whole=True)
    at.hands.press(at.named("button", "account.org.apply"))
    expect(at.page.get_by_text(at.say("account.organisation.waiting"), exact=True)).to_be_visible()
    at.shot("waiting")
    place.confirm()
    at.hands.press(at.named("link", "account.mine", "main"))
    at.titled("account.mine")
    at.hands.press(at.named("link", "account.organisation.page"))
    expect(at.page.get_by_text(at.say("account.organisation.confirmed"), exact=True)).to_be_visible()
    at.shot("registered")


def write_words_down(at: Machine) -> list[str]:
    """The backup words of the secret that signing up made; what the bidder has written on paper."""
    at.hands.press(at.named("link", "nav.bid", "header"))
    at.ready()
    expect(at.page.locator("#secret-state")).to_have_text(at.say("bid.secret_unwritten"))
    at.shot("my-bids")
    at.hands.press(at.named("link", "room.secret", "main"))
    at.ready()
    at.hands.press(at.named("button", "room.secret.new"))
    at.page.wait_for_selector("#words li:nth-child(24)")
    words = at.page.locator("#words li").all_inner_texts()
    at.shot("words", whole=True)
    for one in at.page.locator("#asked input").all():
        at.hands.type(one, words[int(str(one.get_attribute("data-place")))])
    at.hands.press(at.named("button", "room.secret.confirm.done"))
    expect(at.page.locator("#secret-state")).to_have_text(at.say("bid.secret_here"))
    expect(at.page.locator("#secret-state")).to_be_in_viewport()
    at.ready()
    expect(at.page.locator("#quiet")).to_have_text(at.say("bid.tickets", held=1, of=1))
    at.shot("ticket")
    return words


def enter_lot(at: Machine) -> None:
    """From the secret's page to the lot."""
    at.hands.press(at.named("link", "room.home", "main"))
    at.ready()
    at.hands.press(at.page.locator(f"[data-lot='{LOT}'] a"))
    at.page.wait_for_selector("#lot #form")
    at.ready()
    at.shot("lot")


def fill(at: Machine) -> None:
    """The form, with an evidence file; a slip is told beside its field."""
    for name, value in ANSWERS.items():
        at.hands.type(at.page.locator(f"#f-offer-{name}"), value)
    for name, value in CHOICES.items():
        at.hands.tick(at.page.locator(f"#q-offer-{name} input[value={value}]"))
    at.hands.type(at.page.locator("#f-offer-price"), "81 万")
    at.hands.press(at.named("button", "room.answers.done"))
    expect(at.page.locator("#summary")).to_be_focused()
    at.shot("slip")
    at.hands.press(at.page.locator("#summary a"))
    expect(at.page.locator("#f-offer-price")).to_be_focused()
    at.hands.type(at.page.locator("#f-offer-price"), ANSWERS["price"])
    at.hands.press(at.named("button", "room.answers.done"))
    expect(at.page.locator("#files-title")).to_be_focused()
    at.shot("form", whole=True)
    at.hands.choose(at.page.locator("[data-choose=offer]"), EVIDENCE)
    expect(at.page.locator("[data-files=offer] li")).to_have_count(1)
    at.shot("files")


def rehearse(at: Machine, place: Stage) -> None:
    """The rehearsal, which all custodians answer."""
    at.hands.press(at.page.locator("[data-task=rehearse] a"))
    expect(at.page.locator("#rehearse-title")).to_be_focused()
    at.hands.press(at.named("button", "room.rehearse.now"))
    place.until(at.page.locator("#rehearse-state", has_text=at.say("bid.rehearsal_done", found=3, wanted=2)))
    at.shot("rehearsed")


def check_sign_seal_send(at: Machine, name: str) -> None:
    """The four last steps of a version."""
    at.hands.tick(at.page.locator("#check-yes"))
    at.shot(f"{name}-checked")
    for step in ("sign", "seal", "send"):
        at.hands.press(at.named("button", f"room.{step}.now"))
        expect(at.page.locator(f"[data-task={step}].done")).to_have_count(1)
        expect(at.page.locator(f"#{step}-now")).to_be_enabled()
        at.shot(f"{name}-{step}")


def replace(at: Machine, price: str, name: str) -> None:
    """Another price, checked and sent as the next version."""
    at.hands.press(at.named("button", "room.replace"))
    at.hands.type(at.page.locator("#f-offer-price"), price)
    check_sign_seal_send(at, name)


def save_receipt(at: Machine, place: Stage) -> bytes:
    """The newest receipt, as the file that the box has signed."""
    place.town.wait(INTERVAL)
    saved = at.hands.download(at.page.locator("#receipts > li:first-child [data-json]"))
    assert json.loads(saved)["object"]["lot"] == LOT
    pdf = at.hands.download(at.page.locator("#receipts > li:first-child [data-pdf]"))
    assert pdf.startswith(b"%PDF-1.7")
    return saved


def sign_in(at: Machine, place: Stage) -> None:
    """On another machine, with the passkey that its maker has brought there."""
    at.touched(False)
    at.page.goto(f"{place.rooms.office}/?lang={at.lang}")
    at.hands.press(at.named("link", "nav.bid", "header"))
    at.titled("account.sign_in")
    at.hands.press(at.named("button", "account.by_passkey.do"))
    at.touched(True)
    at.ready()
    expect(at.page.locator("#secret-state")).to_have_text(at.say("bid.secret_none_home"))
    at.shot("second-signed-in")


def restore(at: Machine, words: list[str]) -> None:
    """The secret from the paper, and what the box has of it."""
    at.hands.press(at.named("link", "room.secret", "main"))
    at.ready()
    for number, word in enumerate(words, 1):
        at.hands.type(at.page.locator(f"#word-{number}"), word)
    at.shot("second-words", whole=True)
    at.hands.press(at.named("button", "room.secret.restore.done"))
    expect(at.page.locator("#secret-state")).to_have_text(at.say("bid.secret_here"))
    expect(at.page.locator("#secret-state")).to_be_in_viewport()
    at.ready()
    at.shot("second-restored")
    at.hands.press(at.named("link", "room.home", "main"))
    at.ready()
    at.hands.press(at.named("button", "room.ask_all"))
    at.page.wait_for_selector(f"[data-lot='{LOT}'][data-stand=accepted]")
    at.shot("second-asked")


def withdraw(at: Machine) -> None:
    """The bid that the other machine has sent; nothing happens before it is confirmed in words."""
    at.hands.press(at.page.locator(f"[data-lot='{LOT}'] a"))
    at.page.wait_for_selector("#receipts > li")
    at.ready()
    assert at.page.locator("#receipts > li").count() == 2
    at.hands.press(at.page.locator("#withdrawal summary"))
    at.hands.press(at.page.locator("#withdraw-now"))
    expect(at.page.locator("#withdraw-error")).not_to_be_empty()
    assert at.page.locator("#receipts > li").count() == 2
    at.hands.type(at.page.locator("#withdraw-word"), at.say("room.withdraw.word"))
    at.shot("second-withdraw")
    at.hands.press(at.page.locator("#withdraw-now"))
    expect(at.page.locator("#receipts > li")).to_have_count(3)
    at.hands.seen()
    at.shot("second-withdrawn")


def learn_of_it(at: Machine) -> None:
    """The first machine asks the box, and hears that the bid was withdrawn elsewhere."""
    at.hands.press(at.named("button", "room.status.ask"))
    expect(at.page.locator("#receipts > li")).to_have_count(3)
    expect(at.page.locator("#fate")).to_be_in_viewport()
    at.shot("withdrawn-elsewhere")


def go_to_hall(at: Machine, place: Stage) -> None:
    """From the room to the tender's page, and to the hall of the lot."""
    # From here on the browser's clock stands like the town's: the window for objections is a second long.
    at.page.clock.set_fixed_time(place.town.clock.at)
    at.hands.press(at.page.locator(".crumb a"))
    at.page.wait_for_selector(".lot")
    at.shot("tender", whole=True)
    at.hands.press(at.page.locator(".lot a[href*='/hall']"))
    expect(at.page.locator("#hall")).to_have_attribute("data-connection", "live")
    expect(at.page.locator("[aria-current=step]")).to_have_attribute("data-step", "waiting")
    at.shot("hall-waiting")


def watch_the_opening(at: Machine, place: Stage) -> None:
    """The page follows by itself: the roll, the draw, the bidders, the offers, the sheet."""
    town = place.town
    town.clock.at = place.deadline - INTERVAL
    town.tick()
    town.clock.at = place.deadline
    for name, there in (
        ("roll", "[data-step=roll]:is([data-how=current], [data-how=done])"),
        ("draw", "[data-rows=drawn] tr"),
        ("announced", "[data-rows=bidder] tr:nth-child(4)"),
        ("offers", "[data-rows=offer] tr:nth-child(4)"),
        ("sheet", "[data-step=sheet][data-how=current]"),
    ):
        place.until(at.page.locator(there))
        at.shot(f"hall-{name}")
    town.settle()
    assert at.page.locator("[data-rows=offer] tr", has_text="798,000.00").count() == 1
    at.shot("hall-opened", whole=True)


def object_on_the_spot(at: Machine, place: Stage) -> None:
    """The bidder objects, signed by its bid key; the tenderee answers, and the hall shows both."""
    at.hands.type(at.page.locator("#object-text"), OBJECTION[at.lang])
    at.shot("objection-typed")
    at.hands.press(at.named("button", "hall.object.send"))
    expect(at.page.locator("[data-object-sent] li")).to_have_count(1)
    said = at.page.locator("[data-rows=objection] li", has_text=OBJECTION[at.lang])
    place.until(said)
    at.shot("objection")
    place.answer(ANSWER[at.lang])
    place.until(said.get_by_text(ANSWER[at.lang]))
    at.shot("answer")


def read_the_result(at: Machine, place: Stage) -> bytes:
    """The award comes into the hall; from there to the result and to the reason of one's own mark for the price."""
    for _ in range(3):
        place.town.wait(INTERVAL)
    place.until(at.page.locator("[data-step=award][data-how=done]"))
    at.shot("hall-award", whole=True)
    at.hands.press(at.named("link", "hall.tender", "main"))
    at.page.wait_for_selector(".lot .winner")
    at.shot("awarded")
    at.hands.press(at.page.locator(".lot a[href*='/result']"))
    own = at.page.locator("tbody tr", has_text="798,000.00")
    own.wait_for()
    at.shot("result", whole=True)
    mark = own.locator("a[href$='#c-price']")
    shown = mark.inner_text()
    at.hands.press(mark)
    why = at.page.locator("#c-price")
    assert why.locator(".why__result").inner_text().startswith(shown)
    at.hands.press(why.locator("summary"))
    expect(why.locator("ol li").first).to_be_visible()
    at.shot("why")
    at.hands.press(at.named("link", "tab.verify", ".tabs"))
    at.page.wait_for_selector("#here")
    bundle = at.hands.download(at.named("link", "download", "main"))
    at.hands.press(at.named("button", "check.here.go"))
    expect(at.page.get_by_text(at.say("check.holds"), exact=True)).to_be_visible()
    at.shot("verified-here")
    return bundle


def verify(at: Machine, receipt: bytes, bundle: bytes) -> None:
    """The receipt and the bundle, each put on the page for files; the claims in words."""
    at.hands.press(at.named("link", "nav.verify", "header"))
    for name, data, said in (
        ("receipt.json", receipt, "paper.receipt.holds"),
        ("evidence.zip", bundle, "check.holds"),
    ):
        at.titled("check.title.page")
        at.hands.choose(at.page.locator("input[type=file]"), {name: data})
        at.shot(f"verify-{name.split('.')[0]}-chosen")
        at.hands.press(at.named("button", "check.go"))
        expect(at.page.get_by_text(at.say(said), exact=True)).to_be_visible()
        at.shot(f"verify-{name.split('.')[0]}", whole=True)
    expect(at.page.locator(".claims li").first).to_be_visible()

"""What a bidder does in the room: restores its secret, fills in, signs, seals and sends; some by keyboard alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from bidding.parties import uscc_check_character
from tests.support.bid_room import Firm, Rooms, SignedIn
from tests.support.browser import ARGUMENTS, executable
from tests.support.hands import Hands
from tests.support.office import PASSWORD
from tests.support.town import LOT

ANSWERS: Final = {
    "price": "800000",
    "duration": "300",
    "warranty": "2.5",
    "similar-works": "4",
}
CHOICES: Final = {"safety-licence": "yes", "grade": "first"}


def ready(page: Page) -> None:
    """Waits until a page of the room has done all that it does by itself."""
    page.wait_for_selector("#room[data-ready]")


class BidHands(Hands):
    """Somebody who bids without a mouse."""

    def fill(self, **changed: str) -> None:
        """The answers of a good bid, some of them changed."""
        for name, value in answers(**changed).items():
            self.type(f"#f-offer-{name}", value)
        for name, value in CHOICES.items():
            self.tick(f"#q-offer-{name} input[value={value}]")

    def add(self, part: str, files: Mapping[str, bytes]) -> None:
        """Chooses files of a part."""
        self.choose(f"[data-choose={part}]", files)
        self.page.wait_for_selector(f"[data-files={part}] li:nth-child({len(files)})")

    def step(self, name: str) -> None:
        """Takes a step of a bid; what it refuses fails the test with its words."""
        if name == "check":
            self.tick("#check-yes")
            return
        self.press(f"#{name}-now")
        stepped(self.page, name)

    def restore(self, firm: Firm) -> None:
        """Restores the secret from its words."""
        for number, word in enumerate(firm.words.split(), 1):
            self.type(f"#word-{number}", word)
        self.press("#restoring button[type=submit]")
        self.page.wait_for_selector("#seal-key:not(:empty)")
        ready(self.page)


@contextmanager
def with_a_disk(browser: Browser, folder: Path) -> Iterator[BrowserContext]:
    """A browser that keeps on its disk, in `folder`, what others keep in memory."""
    found = browser.browser_type.launch_persistent_context(folder, executable_path=executable(), args=list(ARGUMENTS))
    yield found
    found.close()


def at_desk(context: BrowserContext, at: Rooms, firm: Firm, lang: str = "zh", clock: str = "") -> Page:
    """A page that is signed in, in the lot's room; `clock`: the time that the machine takes it to be at first."""
    SignedIn(context, at, firm)
    page = context.new_page()
    if clock:
        page.clock.install(time=clock)
        page.clock.resume()
    restore(page, at, firm, lang)
    enter(page, at, lang)
    return page


def answers(**changed: str) -> dict[str, str]:
    """The answers of a good bid, some of them changed: `similar_works` for `similar-works`."""
    return {**ANSWERS, **{name.replace("_", "-"): value for name, value in changed.items()}}


def enter(page: Page, at: Rooms, lang: str = "zh") -> None:
    """Goes from the dashboard to the lot."""
    page.goto(f"{at.office}/bid?lang={lang}")
    ready(page)
    page.locator(f"[data-lot='{LOT}'] a").click()
    page.wait_for_selector("#lot #form")
    ready(page)


def fill(page: Page, **changed: str) -> None:
    """The answers of a good bid, some of them changed."""
    for name, value in answers(**changed).items():
        page.locator(f"#f-offer-{name}").fill(value)
    for name, value in CHOICES.items():
        page.locator(f"#q-offer-{name} input[value={value}]").check()


def stepped(page: Page, name: str, *, refused: bool = False) -> str:
    """Waits until a step is done, or until it is `refused`; the words it says."""
    # The button is off while it runs.
    page.wait_for_selector(f"#{name}-now:not([disabled])")
    said = page.locator(f"#{name}-error").inner_text()
    assert (said != "") == refused, said
    assert refused or page.locator(f"[data-task={name}].done").count() == 1
    return said


def sign_and_seal(page: Page) -> None:
    """Confirms, signs and seals what is filled in."""
    page.locator("#check-yes").check()
    for name in ("sign", "seal"):
        page.locator(f"#{name}-now").click()
        stepped(page, name)


def send(page: Page) -> None:
    """Sends what is sealed."""
    page.locator("#send-now").click()
    stepped(page, "send")


def restore(page: Page, at: Rooms, firm: Firm, lang: str = "zh") -> None:
    """Restores the secret from its words."""
    page.goto(f"{at.office}/bid/secret?lang={lang}")
    ready(page)
    for number, word in enumerate(firm.words.split(), 1):
        page.locator(f"#word-{number}").fill(word)
    page.locator("#restoring button[type=submit]").click()
    page.wait_for_selector("#seal-key:not(:empty)")
    ready(page)


def sign_up(page: Page, at: Rooms, name: str, code: str) -> None:
    """Signs up with a password and registers an organisation, all in the browser; `code`: the end of its code."""
    page.goto(f"{at.office}/account/sign-up?lang=en")
    page.locator("[name=name]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").click()
    page.goto(f"{at.office}/account/organisation?lang=en")
    page.wait_for_selector("[name=seal_key]:not([value=''])")
    body = f"91350100{code}"
    given = {
        "uscc": body + uscc_check_character(body),
        "name_zh": f"新建设公司{code}",
        "name_en": f"New Builders {code}",
        "person_ref": f"head-of-{name}",
    }
    for field_, value in given.items():
        page.locator(f"[name={field_}]").fill(value)
    expect(page.locator("[name=seal_key]")).to_have_value(re.compile("[0-9a-f]{64}"))
    page.locator("form:has([name=uscc]) button[type=submit]").click()
    page.wait_for_load_state()
    at.town.settle()


def lie(context: BrowserContext, at: Rooms, firm: Firm, **said: Any) -> None:
    """The office's scripts stay honest; what it tells this browser of its lot is changed."""
    data = re.compile(r'(<script type="application/json" id="data">)(.*?)(</script>)', re.DOTALL)

    def forge(route: Route) -> None:
        answer = route.fetch(headers={**route.request.headers, "authorization": f"Bearer {firm.token}"})
        begin, told, end = data.search(answer.text()).groups()  # type: ignore[union-attr]  # else the test fails
        forged = json.dumps({**json.loads(told), **said}).replace("<", "\\u003c")
        route.fulfill(response=answer, body=data.sub(lambda _: begin + forged + end, answer.text()))

    context.route(re.compile(rf"/bid/{at.town.tender}/{LOT}\?"), forge)


# --- what a browser keeps ---------------------------------------------------------------------------------------------

_KEPT: Final = """(store) => new Promise((done) => {
  const asked = indexedDB.open("mingjing-room");
  asked.onsuccess = () => {
    const all = asked.result.transaction(store).objectStore(store).getAll();
    all.onsuccess = () => { asked.result.close(); done(all.result); };
  };
})"""


def kept(page: Page, store: str = "drafts") -> list[Any]:
    """What the browser of a page keeps of the room in IndexedDB, of whoever uses it."""
    found: list[Any] = page.evaluate(_KEPT, store)
    return found

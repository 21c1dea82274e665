"""What people do for a joint bid in two browsers: a lead, a partner, and the files that go between them by hand."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from tests.support.authority import Holder, ec_key, name, rsa_key
from tests.support.bid_room import Firm, Rooms, SignedIn
from tests.support.bid_work import enter, fill, ready, restore, stepped


class Desk:
    """An organisation's browser with its secret, in a language; what its pages say goes wrong fails the test."""

    def __init__(self, browser: Browser, place: Rooms, firm: Firm, lang: str = "zh", *, restored: bool = True) -> None:
        self.place, self.firm, self.lang = place, firm, lang
        self.context: BrowserContext = browser.new_context(accept_downloads=True, service_workers="block")
        self.signed_in = SignedIn(self.context, place, firm)
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("console", lambda message: self.said.append(message.text))
        if restored:
            restore(self.page, place, firm, lang)

    def close(self) -> None:
        """Ends; nothing may have gone wrong."""
        self.context.close()
        assert (self.signed_in.refused, self.said) == ([], [])

    # --- the lead -----------------------------------------------------------------------------------------------------

    def lead(self, *partners: tuple[str, str], share: str = "60", agreement: bool = True) -> None:
        """Fills in a joint bid: its answers, its agreement, its parties as (code, share); without any, a bid alone."""
        enter(self.page, self.place, self.lang)
        fill(self.page)
        if agreement:
            choose = self.page.locator("[data-choose=identity]")
            choose.set_input_files({"name": "agreement.pdf", "mimeType": "", "buffer": b"%PDF together"})
            self.page.wait_for_selector("[data-files=identity] li")
        for number, (uscc, part) in enumerate(partners, 1):
            self.page.locator("#party-add").click()
            self.put(f"#party-{number}-uscc", uscc)
            self.put(f"#party-{number}-share", part)
        if partners:
            self.put("#party-0-share", share)

    def sign(self) -> None:
        """Checks and signs; partners may still be missing."""
        self.page.locator("#check-yes").check()
        self.page.locator("#sign-now").click()
        self.page.wait_for_selector("#signed li")
        self.page.wait_for_selector("#sign-now:not([disabled])")
        assert self.page.locator("#sign-error").inner_text() == ""

    def seal_and_send(self) -> None:
        """The two steps after the last signature."""
        for step in ("seal", "send"):
            self.page.locator(f"#{step}-now").click()
            stepped(self.page, step)

    # --- the partner --------------------------------------------------------------------------------------------------

    def countersign_page(self) -> None:
        """Opens the page where a partner signs, as people do: from the dashboard."""
        self.page.goto(f"{self.place.office}/bid?lang={self.lang}")
        ready(self.page)
        self.page.locator(".rooms a[href*='#countersign']").click()
        self.page.wait_for_selector("#paper-file")
        ready(self.page)

    def countersign(self, paper: bytes) -> bytes:
        """Reads the lead's file and signs it with the registered keys; the file to give back."""
        self.give("#paper-file", paper)
        self.read()
        self.page.locator("#paper-yes").check()
        self.page.locator("#countersign-now").click()
        self.page.wait_for_selector("#given:not([hidden])")
        return self.saved("#entry-save")

    def read(self) -> None:
        """Waits until the lead's file is shown; what refuses it fails the test with its words."""
        self.page.wait_for_selector("#paper:not([hidden]), #paper-file-error:not([hidden])")
        assert self.page.locator("#paper-file-error").inner_text() == ""

    # --- fields and files ---------------------------------------------------------------------------------------------

    def put(self, selector: str, value: str) -> None:
        """Types into a field and leaves it."""
        field = self.page.locator(selector)
        field.fill(value)
        field.blur()

    def give(self, selector: str, data: bytes, called: str = "file.json") -> None:
        """Chooses a file."""
        self.page.locator(selector).set_input_files({"name": called, "mimeType": "", "buffer": data})

    def saved(self, selector: str) -> bytes:
        """Presses a button that saves a file; its bytes."""
        with self.page.expect_download() as found:
            self.page.locator(selector).click()
        return found.value.path().read_bytes()

    def wrong(self, selector: str) -> str:
        """The words beside a field that is wrong, once they stand there."""
        self.page.wait_for_selector(f"{selector}-error:not([hidden])")
        assert self.page.locator(selector).get_attribute("aria-invalid") == "true"
        return self.page.locator(f"{selector}-error").inner_text()

    def state(self, uscc: str) -> Locator:
        """Whether a party has signed, in the lead's list."""
        return self.page.locator(f"#signed [data-uscc='{uscc}'] [data-state]")

    def saved_by_certificate(self) -> bytes:
        """The bytes that a dongle signs."""
        self.unfold()
        return self.saved("#to-sign-file")

    def unfold(self) -> None:
        """Unfolds the way by certificates."""
        folded = self.page.locator("#by-certificate:not([open]) > summary")
        if folded.count():
            folded.click()

    def certify(self, seal: bytes, person: bytes) -> None:
        """Gives two signatures by certificate."""
        self.unfold()
        self.give("#cms-seal", seal, "seal.p7s")
        self.give("#cms-person", person, "person.p7s")
        self.page.locator("#cms-take").click()


def dongles(authority: Holder, firm: Firm, ref: str) -> tuple[Holder, Holder]:
    """An organisation's two certificates of an authority: of its seal and of its person in charge."""
    seal = authority.issue(name("电子印章", firm.uscc), rsa_key(5))
    return seal, authority.issue(name("负责人", firm.uscc, ref), ec_key())


def pem(authority: Holder) -> str:
    """An authority as trust files have it."""
    return authority.certificate.public_bytes(Encoding.PEM).decode("ascii")

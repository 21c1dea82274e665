"""Signing up and in, in a real browser with a passkey of its own; and what a second browser must not do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from bidding.parties import uscc_check_character
from ledger.basics.hashing import hkdf
from ledger.basics.signing import public_bytes
from ledger.store.engine import transaction
from tests.support.browser import Fence
from tests.support.office import PASSWORD, Visitor, served
from tests.support.town import Town, town
from web.account import logins, tables

BODY: Final = "91350100MA9000001"
WORDS: Final = {
    "zh": {
        "make": "创建通行密钥并注册",
        "use": "使用通行密钥",
        "out": "退出",
        "mine": "我的账号",
        "add": "添加通行密钥",
        "in": "登录",
        "apply": "提交登记",
        "registered": "已登记，可以投标",
    },
    "en": {
        "make": "Make a passkey and sign up",
        "use": "Use a passkey",
        "out": "Sign out",
        "mine": "My account",
        "add": "Add a passkey",
        "in": "Sign in",
        "apply": "Apply",
        "registered": "Registered; it can bid",
    },
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, str]]:
    folder: Path = tmp_path_factory.mktemp("account")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        with served(made) as address:
            yield made, address


@dataclass
class Machine:
    """A browser with an authenticator, as a laptop with a fingerprint reader has one."""

    page: Page
    cdp: CDPSession
    said: list[str]
    reader: str = ""

    def authenticator(self, transport: str = "internal") -> str:
        """One more; its id."""
        options = {
            "protocol": "ctap2",
            "transport": transport,
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made: dict[str, Any] = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return str(made["authenticatorId"])

    def touched(self, yes: bool) -> None:  # noqa: FBT001 - touched or not
        """Whether somebody touches the reader whenever it asks."""
        self.cdp.send("WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": self.reader, "enabled": yes})

    def press(self, words: str) -> None:
        """Goes to a button or link by the Tab key alone, and presses it."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            named = self.page.evaluate("document.activeElement.textContent.trim()")
            if named == words:
                self.page.keyboard.press("Enter")
                return
        raise AssertionError(f"the Tab key does not come to {words}")

    def type_into(self, field: str, text: str) -> None:
        """Goes to a field by the Tab key alone, and types."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement.id") == field:
                self.page.keyboard.press("ControlOrMeta+A")
                self.page.keyboard.insert_text(text)
                return
        raise AssertionError(f"the Tab key does not come to {field}")


@pytest.fixture
def machine(browser: Browser) -> Iterator[Machine]:
    context = browser.new_context()
    fence = Fence(context)
    yield opened(context)
    context.close()
    assert fence.refused == []


def opened(context: BrowserContext) -> Machine:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    machine = Machine(page, cdp, said)
    machine.reader = machine.authenticator()
    return machine


def sign_up(machine: Machine, address: str, name: str, lang: str) -> None:
    machine.page.goto(f"{address}/account/sign-up?lang={lang}")
    expect(machine.page.get_by_role("button", name=WORDS[lang]["make"])).to_be_visible()
    machine.type_into("name", name)
    machine.press(WORDS[lang]["make"])
    expect(machine.page.get_by_role("heading", level=1)).to_have_text(WORDS[lang]["mine"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_by_keyboard_alone_one_signs_up_registers_and_signs_in_again(
    place: tuple[Town, str], machine: Machine, lang: str
) -> None:
    _, address = place
    words, page = WORDS[lang], machine.page
    sign_up(machine, address, f"keys-{lang}", lang)
    page.goto(f"{address}/account/organisation?lang={lang}")
    expect(page.locator("#person_key")).not_to_have_value("")
    body = f"{BODY[:-1]}{'12'[lang == 'en']}"
    machine.type_into("uscc", body + uscc_check_character(body))
    machine.type_into("name_zh", f"诚信建设{lang}")
    machine.type_into("name_en", f"Honest Builders {lang}")
    machine.type_into("person_ref", f"head-of-{lang}")
    machine.press(words["apply"])
    expect(page.get_by_text(words["registered"])).to_be_visible()
    header = page.locator("header")
    expect(header).to_contain_text(f"诚信建设{lang}" if lang == "zh" else "Honest Builders en")
    machine.press(words["out"])
    expect(header.get_by_role("link", name=words["in"], exact=True)).to_be_visible()
    expect(header).not_to_contain_text("诚信建设")
    machine.touched(False)
    page.goto(f"{address}/account/organisation?lang={lang}")
    assert "/account/sign-in" in page.url
    expect(page.get_by_role("button", name=words["use"])).to_be_visible()
    machine.press(words["use"])
    machine.touched(True)
    expect(page.get_by_text(words["registered"])).to_be_visible()
    assert page.url.startswith(f"{address}/account/organisation"), "it comes back to the page that was asked for"
    assert [one for one in machine.said if "Failed to load" not in one] == []


def test_the_two_keys_follow_from_the_secret_as_the_format_says(place: tuple[Town, str], machine: Machine) -> None:
    _, address = place
    machine.page.goto(f"{address}/account/sign-in")
    module = machine.page.locator("script[src*='sign-in.js']").get_attribute("src")
    assert module is not None
    path = module.replace("sign-in.js", "keys.js")
    got = machine.page.evaluate(
        """async (path) => {
            const keys = await import(path);
            const [one, two] = await Promise.all([keys.publicKeys("ann"), keys.publicKeys("ann")]);
            const other = await keys.publicKeys("bob");
            const secret = await keys.secret("ann");
            await keys.keep("cid", secret);
            return {one, two, other, restored: await keys.publicKeys("cid"), secret: [...secret]};
        }""",
        path,
    )
    secret = bytes(got["secret"])
    wanted = {}
    for name, label in (("sealKey", b"mingjing/seal-key/v1\0"), ("personKey", b"mingjing/person-key/v1\0")):
        key = Ed25519PrivateKey.from_private_bytes(hkdf(secret, b"", label, 32))
        wanted[name] = public_bytes(key).hex()
    assert got["one"] == got["two"] == got["restored"] == wanted
    assert got["other"] != got["one"]


def test_a_second_passkey_opens_the_account_and_a_removed_one_does_not(
    place: tuple[Town, str], machine: Machine
) -> None:
    _, address = place
    page = machine.page
    sign_up(machine, address, "two-keys", "en")
    first = machine.cdp.send("WebAuthn.getCredentials", {"authenticatorId": machine.authenticator("usb")})
    assert first["credentials"] == []
    # The first authenticator refuses to make a second one of the same account: the browser takes the other.
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("button", name="Remove “Passkey 2”")).to_be_visible()
    page.get_by_role("button", name="Remove “Passkey 1”").click()
    expect(page.get_by_role("button", name="Remove “Passkey 1”")).to_have_count(0)
    page.get_by_role("button", name="Remove “Passkey 2”").click()
    expect(page.get_by_role("alert").first).to_contain_text("It is the only way to sign in")
    assert page.get_by_role("button", name="Remove “Passkey 2”").count() == 1


def test_the_name_field_offers_the_passkey_by_itself(place: tuple[Town, str], machine: Machine) -> None:
    _, address = place
    sign_up(machine, address, "autofill", "en")
    page = machine.page
    page.locator("header").get_by_role("button", name="Sign out").click()
    expect(page.locator("header").get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(f"{address}/account/sign-in?lang=en")
    # The reader is touched as soon as it is asked: nobody presses a button, the autofill was waiting.
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")


def test_somebody_elses_wrong_passwords_keep_no_passkey_out(place: tuple[Town, str], machine: Machine) -> None:
    made, address = place
    sign_up(machine, address, "besieged", "en")
    page = machine.page
    stranger = Visitor(made.office_app)
    assert [stranger.sign_in("besieged", "wrong wrong wrong").status_code for _ in range(6)] == [400] * 5 + [429]
    page.locator("header").get_by_role("button", name="Sign out").click()
    expect(page.locator("header").get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(f"{address}/account/sign-in?lang=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")


def test_a_cancelled_ceremony_is_said_beside_the_button(place: tuple[Town, str], machine: Machine) -> None:
    made, address = place
    page = machine.page
    machine.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": machine.reader, "isUserVerified": False})
    page.goto(f"{address}/account/sign-up?lang=en")
    page.get_by_label("Login name").fill("not-me")
    page.get_by_role("button", name="Make a passkey and sign up").click()
    expect(page.get_by_text("Not done: it was cancelled")).to_be_visible()
    assert page.get_by_label("Login name").input_value() == "not-me"
    page.goto(f"{address}/account")
    assert "/account/sign-in" in page.url
    with made.services.engine.connect() as conn:
        assert logins.by_name(conn, "not-me") is None


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_fit_and_say_everything_in_their_language(
    place: tuple[Town, str], browser: Browser, lang: str, width: int
) -> None:
    made, address = place
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = opened(context).page
    centre = made.ask("POST", "/account/link", {}, made.people["centre"].token).get_json()["path"]
    with transaction(made.services.engine) as conn:
        conn.execute(sa.update(tables.logins).where(tables.logins.c.person != "").values(person="-"))
    page.goto(f"{address}{centre}&lang={lang}")
    page.locator("#name").fill(f"clerk-{lang}-{width}")
    page.locator("#password").fill(PASSWORD)
    page.locator("form[data-passkey-sign-up] > button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS[lang]["mine"])
    for path in ("", "/sign-in", "/sign-up", "/password", "/code", "/organisation", "/applications"):
        page.goto(f"{address}/account{path}?lang={lang}")
        assert page.locator("html").get_attribute("lang") == {"zh": "zh-Hans", "en": "en"}[lang]
        text = page.locator("main").inner_text()
        assert re.search(r"account\.[a-z]", text) is None, path
        assert re.search(r"\{[a-z_]+\}", text) is None, path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("h1").count() == 1, path
        assert page.locator("[style], [onclick]").count() == 0, path
        for control in page.locator("main input:visible:not(.hidden), main textarea:visible").all():
            assert control.get_attribute("autocomplete"), path
            name = control.get_attribute("id")
            assert page.locator(f"label[for='{name}']").count() == 1, (path, name)
        for control in page.locator("main button:visible, main input:visible:not(.hidden)").all():
            box = control.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 24, path
    context.close()


def test_a_name_that_is_taken_is_said_beside_the_button_and_stays(place: tuple[Town, str], machine: Machine) -> None:
    _, address = place
    sign_up(machine, address, "first-come", "en")
    page = machine.page
    page.goto(f"{address}/account/sign-up?lang=en")
    page.get_by_label("Login name").fill("first-come")
    page.get_by_role("button", name="Make a passkey and sign up").click()
    expect(page.get_by_text("This login name is taken. Choose another.")).to_be_visible()
    assert page.get_by_label("Login name").input_value() == "first-come"


def test_under_another_address_the_page_says_so_and_leads_to_the_right_one(
    place: tuple[Town, str], machine: Machine
) -> None:
    _, address = place
    page = machine.page
    page.goto(f"{address.replace('localhost', '127.0.0.1')}/account/sign-in?lang=en&next=/account/organisation")
    expect(page.get_by_text("Passkeys do not work at this address")).to_be_visible()
    assert page.get_by_role("button", name="Use a passkey").count() == 0
    page.get_by_role("link", name=f"{address}/account/sign-in").click()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    assert "next=/account/organisation" in page.url


def test_without_scripts_a_password_does_all_of_it(place: tuple[Town, str], browser: Browser) -> None:
    _, address = place
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/account/sign-up?lang=en")
    page.get_by_label("Login name").fill("Plain")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Sign up with a password").click()
    # The browser itself holds the length; a password that is easy to guess is for the server to refuse.
    page.get_by_label("Password").fill("password123456")
    page.get_by_role("button", name="Sign up with a password").click()
    expect(page.get_by_role("alert")).to_contain_text("among the first to be guessed")
    assert page.get_by_label("Login name").input_value() == "Plain"
    assert page.get_by_label("Password").input_value() == ""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up with a password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")
    context.close()

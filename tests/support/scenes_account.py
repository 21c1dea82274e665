"""Scenes: signing up and in, my account, and the centre's desk for applications."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from playwright.sync_api import CDPSession, Page

from tests.support.account import application
from tests.support.office import PASSWORD, Visitor
from tests.support.scenes import Set
from tests.support.states import LANGS
from web.account import totp

UNCHECKED: Final = "document.querySelectorAll('form').forEach(form => { form.noValidate = true; })"
LONGER: Final = timedelta(minutes=16)  # than a session is fresh


def account(at: Set) -> None:
    """Somebody signs up, sets everything up, applies for an organisation, and is refused all along the way."""
    for number, lang in enumerate(LANGS, 1):
        page = at.page()
        cdp = page.context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        reader = _authenticator(cdp)
        _arriving(at, page, cdp, reader, lang)
        _own(at, page, cdp, reader, lang)
        _organisation(at, page, lang, number)
        at.made.clock.at += LONGER
        at.open(page, "account, signed in long ago", lang, "/account", at.account)
        at.open(page, "sign in again for a password", lang, "/account/password", at.account)


def _authenticator(cdp: CDPSession) -> str:
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": False,
        "automaticPresenceSimulation": True,
    }
    return str(cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])


def _verified(cdp: CDPSession, reader: str, *, yes: bool) -> None:
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": reader, "isUserVerified": yes})


def _send(page: Page, action: str, **fields: str) -> None:
    """Fills the form of this action in, sends it whatever the browser thinks of it, and waits for what answers."""
    page.evaluate(UNCHECKED)
    form = page.locator(f"form[action^='{action}?']")
    for name, value in fields.items():
        form.locator(f"[name='{name}']").fill(value)
    with page.expect_navigation():
        form.locator("button[type=submit]").click()


def _arriving(at: Set, page: Page, cdp: CDPSession, reader: str, lang: str) -> None:
    stranger = Visitor(at.account_app)
    name = f"ann-{lang}"
    at.open(page, "sign in", lang, "/account/sign-in", at.account)
    at.open(page, "sign in elsewhere", lang, "/account/sign-in", at.account.replace("localhost", "127.0.0.1"))
    page.goto(f"{at.account}/account/sign-in?lang={lang}")
    _send(page, "/account/sign-in")
    at.look(page, "sign in, nothing filled in", lang)
    _send(page, "/account/sign-in", name=name, password="wrong wrong wrong")
    at.look(page, "sign in, wrong", lang)
    tried = [stranger.sign_in(f"not-{name}", "wrong wrong wrong").status_code for _ in range(6)]
    assert tried[-1] == 429
    _send(page, "/account/sign-in", name=f"not-{name}", password="wrong wrong wrong")
    at.look(page, "sign in, too often", lang)
    at.open(page, "sign up", lang, "/account/sign-up", at.account)
    at.open(page, "sign up by a link", lang, "/account/sign-up?link=x", at.account)
    page.goto(f"{at.account}/account/sign-up?lang={lang}")
    page.locator("[name=name]").fill(name)
    page.locator("[data-passkey-sign-up] [data-passkey-start]").click()
    page.locator("[data-passkey-error]:not([hidden])").wait_for()
    at.look(page, "sign up, passkey refused", lang)
    _send(page, "/account/sign-up", name="?", password="password123")
    at.look(page, "sign up, wrong", lang)
    _verified(cdp, reader, yes=True)
    _send(page, "/account/sign-up", name=name, password=PASSWORD)


def _own(at: Set, page: Page, cdp: CDPSession, reader: str, lang: str) -> None:
    at.open(page, "account, no second factor", lang, "/account", at.account)
    at.open(page, "code", lang, "/account/code", at.account)
    _send(page, "/account/code", code="000000")
    at.look(page, "code, wrong", lang)
    secret = page.locator("main ol code").inner_text().replace(" ", "")
    _send(page, "/account/code", code=totp.code(secret, totp.step_of(at.made.clock.at)))
    at.look(page, "recovery codes", lang)
    recovery = page.locator(".account-codes code").first.inner_text()
    assert Visitor(at.account_app).sign_in(f"ann-{lang}", PASSWORD, recovery).status_code == 303
    page.goto(f"{at.account}/account?lang={lang}")
    page.locator("[data-passkey-add] [data-passkey-start]").click()
    page.locator("form[action*='/passkeys/'] [name=name]").wait_for()
    at.look(page, "account, passkey and two sessions", lang)
    form = page.locator(f"form[action$='/name?lang={lang}']").get_attribute("action")
    assert form is not None
    _send(page, form.split("?")[0], name="")
    at.look(page, "account, passkey without a name", lang)
    _verified(cdp, reader, yes=False)
    page.goto(f"{at.account}/account?lang={lang}")
    page.locator("[data-passkey-add] [data-passkey-start]").click()
    page.locator("[data-passkey-error]:not([hidden])").wait_for()
    at.look(page, "account, second passkey refused", lang)
    page.goto(f"{at.account}/account?lang={lang}")
    _send(page, "/account/code/recovery")
    at.look(page, "recovery codes renewed", lang)
    at.open(page, "password", lang, "/account/password", at.account)
    _send(page, "/account/password", password="short")
    at.look(page, "password, wrong", lang)
    page.goto(f"{at.account}/account?lang={lang}")
    _send(page, "/account/password/remove")
    remove = page.locator("form[action*='/remove']").get_attribute("action")
    assert remove is not None
    _send(page, remove.split("?")[0])
    at.look(page, "account, the only passkey kept", lang)


def _organisation(at: Set, page: Page, lang: str, number: int) -> None:
    fields = application(number, holds="")
    at.open(page, "organisation", lang, "/account/organisation", at.account)
    _send(page, "/account/organisation", **{**dict.fromkeys(fields, ""), "person_ref": "350102199003074510"})
    at.look(page, "organisation, wrong", lang)
    _send(page, "/account/organisation", **fields)
    at.look(page, "organisation, waiting", lang)
    path = _applications(at)[-1]
    clerk = at.clerk
    assert clerk.post(f"{path}/refuse", reason="营业执照已过期，请换新版后再次提交").status_code == 303
    at.open(page, "account, organisation refused", lang, "/account", at.account)
    at.open(page, "organisation, refused", lang, "/account/organisation", at.account)
    _send(page, "/account/organisation", **fields)
    assert clerk.post(f"{_applications(at)[-1]}/confirm").status_code == 303
    at.open(page, "organisation, registered", lang, "/account/organisation", at.account)
    at.open(page, "account of a bidder", lang, "/account", at.account)
    at.open(page, "not allowed", lang, "/account/applications", at.account)


def _applications(at: Set) -> list[str]:
    """The addresses of applications that wait."""
    shown = at.clerk.get("/account/applications").text.split("<h2>")[1]
    return re.findall(r"/account/applications/[^\"/?]+", shown)


def centre(at: Set) -> None:
    """The desk where applications are decided: nothing there, one that waits, refused without a reason, refused."""
    page = at.session(at.context(), at.clerk, at.account).new_page()
    for number, lang in enumerate(LANGS, 7):
        at.open(page, "applications, none", lang, "/account/applications", at.account)
        fields = application(number)
        applicant = Visitor(at.account_app)
        _signed_up(at, applicant, f"cid-{lang}")
        assert applicant.post("/account/organisation", **fields).status_code == 303
        at.open(page, "applications", lang, "/account/applications", at.account)
        path = _applications(at)[-1]
        at.open(page, "application", lang, path, at.account)
        _send(page, f"{path}/refuse", reason="")
        at.look(page, "application, no reason", lang)
        # Meanwhile somebody registers it at the counter: confirming comes too late.
        body = {
            "uscc": fields["uscc"],
            "name": {"zh": fields["name_zh"], "en": fields["name_en"]},
            "seal_key": fields["seal_key"],
            "person": {"ref": fields["person_ref"], "key": fields["person_key"]},
            "holds": [],
        }
        made = at.made.ask("POST", "/office/parties", body, at.made.people["centre"].token)
        assert made.status_code == 201, made.text
        _send(page, f"{path}/confirm")
        at.look(page, "application, too late", lang)
        _send(page, f"{path}/refuse", reason="已在窗口登记")
        at.look(page, "applications, one decided", lang)
        at.open(page, "application, refused", lang, path, at.account)
        at.open(page, "account of the centre", lang, "/account", at.account)


def _signed_up(at: Set, applicant: Visitor, name: str) -> None:
    assert applicant.sign_up(name).status_code == 303
    shown = applicant.get("/account/code").text
    secret = re.search(r"<code>([A-Z2-7 ]{39})</code>", shown)
    assert secret is not None
    code = totp.code(secret[1].replace(" ", ""), totp.step_of(at.made.clock.at))
    assert applicant.post("/account/code", code=code).status_code == 200

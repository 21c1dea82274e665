"""The hall as those see it who work in the office: what is owed, by when, by which article; and the way elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.basics.canonical import canonical
from tests.support import axe
from tests.support.hall import Hall, Visits, hall
from tests.support.town import LOT
from web.account import linking

MINUTE = timedelta(minutes=1)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Hall]:
    with hall(tmp_path) as made:
        yield made


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visits]:
    made = Visits(browser)
    yield made
    for one in made.made:
        one.close()


def sign_in(place: Hall, page: Page, role: str, lang: str = "zh") -> None:
    """Signs somebody of the office in, and goes to the hall."""
    made = place.made
    password = linking.open_login(made.services, made.people[role].id, role)
    page.goto(f"{place.rooms.office}/account/sign-in?lang={lang}&next={place.path}%3Flang%3D{lang}")
    page.locator("#name").fill(role)
    page.locator("#password").fill(password)
    page.locator("form[action*=sign-in] button").click()
    page.wait_for_url(f"**{place.path}**")
    expect(page.locator("#hall")).to_have_attribute("data-connection", "live")


@pytest.mark.parametrize(("role", "lang"), [("tenderee", "zh"), ("supervisor", "en")])
def test_staff_sees_what_is_owed_as_it_comes_and_the_public_does_not(
    place: Hall, visitor: Visits, role: str, lang: str
) -> None:
    made = place.made
    staff, anybody = visitor(place, lang), visitor(place, lang)
    page, other = staff.page, anybody.enter()
    sign_in(place, page, role, lang)
    owed = page.locator("[data-section=owed]")
    expect(owed).to_contain_text({"zh": "没有待办事项", "en": "Nothing is owed"}[lang])
    assert other.locator("[data-section=owed]").count() == 0
    made.until(made.clock.at + timedelta(minutes=10))
    sealed = made.seal(made.bidders["ann"])
    said = {"tender": made.tender, "lot": LOT, "kind": "opening", "text": "报价读错了"}
    assert made.call_box(sealed, "POST", "/box/objections", canonical(said)).status_code == 201
    made.settle()
    row = owed.locator("li")
    expect(row).to_contain_text({"zh": "待答复异议", "en": "The answer to an objection"}[lang])
    expect(row).to_contain_text({"zh": "演示规则", "en": "a rule of the demonstration"}[lang])
    expect(row).to_contain_text({"zh": "时间充足", "en": "in time"}[lang])
    assert other.locator("[data-section=owed]").count() == 0
    axe.check(page)
    shown = " ".join(row.inner_text().split())
    page.reload()
    expect(page.locator("#hall")).to_have_attribute("data-connection", "live")
    assert " ".join(row.inner_text().split()) == shown, "the server says what the line said"
    (objection,) = [one for one in made.events(f"tender/{made.tender}") if one["type"] == "objection.made"]
    place.answer(objection["public"]["objection"], "已核对，无误")
    made.wait(MINUTE)
    made.wait(MINUTE)
    expect(row).to_contain_text({"zh": "待签订合同", "en": "The signing of the contract"}[lang])
    page.locator(".hall-role a").click()
    page.wait_for_url("**view=public**")
    assert page.locator("[data-section=owed]").count() == 0
    expect(page.locator("#hall")).to_have_attribute("data-connection", "live")


def test_the_hall_leads_to_room_result_reason_and_proof_once_they_are_there(place: Hall, visitor: Visits) -> None:
    made, one = place.made, visitor(place)
    page = one.enter()
    for name in ("result", "why", "verify"):
        expect(page.locator(f"[data-link={name}]")).to_be_hidden()
    made.until(made.clock.at + timedelta(minutes=10))
    expect(page.locator("[data-link=result]")).to_be_visible()
    expect(page.locator("[data-link=why]")).to_be_hidden()
    made.wait(MINUTE)
    made.wait(MINUTE)
    expect(page.locator("[data-link=why]")).to_be_visible()
    followed = {name: page.locator(f"[data-link={name}]").get_attribute("href") for name in ("result", "why", "verify")}
    page.reload()
    for name, href in followed.items():
        assert page.locator(f"[data-link={name}]").get_attribute("href") == href
        answer = page.request.get(f"{place.rooms.office}{href}")
        assert answer.status == 200, href
    assert (
        page.locator(".hall-tools a[href*='/bid/lot']").get_attribute("href") == f"/bid/lot?lang=zh#{made.tender}/{LOT}"
    )

"""Thirty ways to fill the form wrongly: each is told beside its field, how to mend it, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.bid_room import Firm, Rooms, SignedIn, rooms
from tests.support.bid_work import enter, fill, ready, restore, stepped

# Question, what is typed, and words of what is said in Chinese and in English.
WRONG: Final = (
    ("price", "", "请填写", "Fill this in"),
    ("price", "８０００００", "半角数字", "full-width"),
    ("price", "NaN", "金额", "amount in yuan"),
    ("price", "1e-9", "金额", "amount in yuan"),
    ("price", "1e6", "金额", "amount in yuan"),
    ("price", "-5", "正负号", "signs"),
    ("price", "+800000", "正负号", "signs"),
    ("price", "800,000", "逗号", "commas"),
    ("price", "800 000", "空格", "spaces"),
    ("price", " 800000", "空格", "spaces"),
    ("price", "0800000", "金额", "amount in yuan"),
    ("price", "800000.123", "最多两位", "two decimals"),
    ("price", "¥800000", "货币符号", "currency"),
    ("price", "80万元", "金额", "amount in yuan"),
    ("price", "捌拾万元整", "金额", "amount in yuan"),
    ("price", "0", "不能小于 0.01", "less than 0.01"),
    ("price", "0.00", "不能小于 0.01", "less than 0.01"),
    ("price", "1200000.01", "不能大于 1200000.00", "more than 1200000.00"),
    ("price", "8000000", "不能大于 1200000.00", "more than 1200000.00"),
    ("price", "true", "金额", "amount in yuan"),
    ("duration", "300.5", "整数", "whole number"),
    ("duration", "三百", "整数", "whole number"),
    ("duration", "0300", "不补零", "leading zeros"),
    ("duration", "0", "不能小于 1", "less than 1"),
    ("duration", "3651", "不能大于 3650", "more than 3650"),
    ("duration", "300天", "单位", "units"),
    ("warranty", "2.55", "最多 1 位", "at most 1 decimals"),
    ("warranty", "2,5", "逗号", "commas"),
    ("warranty", "1.9", "不能小于 2", "less than 2"),
    ("warranty", "-0", "普通数字", "plain number"),
    ("similar-works", "1000", "不能大于 999", "more than 999"),
    ("similar-works", "-1", "不能小于 0", "less than 0"),
    ("similar-works", "4 ", "空格", "spaces"),
)
LANGS: Final = {"zh": 2, "en": 3}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rooms, Firm]]:
    with rooms(tmp_path_factory.mktemp("rooms"), timedelta(hours=2)) as made:
        yield made, made.firm("ant")


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_wrong_is_told_beside_its_field_and_stays(
    place: tuple[Rooms, Firm], browser: Browser, lang: str
) -> None:
    at, firm = place
    context = browser.new_context()
    SignedIn(context, at, firm)
    page = context.new_page()
    restore(page, at, firm, lang)
    enter(page, at, lang)
    fill(page)
    page.locator("[data-choose=offer]").set_input_files({"name": "plan.txt", "mimeType": "", "buffer": b"plan"})
    page.wait_for_selector("[data-files=offer] li")
    for row in WRONG:
        question, typed, words = row[0], row[1], row[LANGS[lang]]
        wrong(page, question, typed, words)
        page.locator(f"#f-offer-{question}").fill({"price": "800000", "duration": "300"}.get(question, "4"))
        assert page.locator(f"#e-offer-{question}").inner_text() == "", "mended, the words go"
    wrong(page, "price", "１２３", "")
    page.reload()
    ready(page)
    assert page.locator("#f-offer-price").input_value() == "１２３"
    assert page.locator("[data-files=offer] li").count() == 1
    page.locator("#check-yes").check()
    page.locator("#sign-now").click()
    assert "1" in stepped(page, "sign", refused=True)
    context.close()


def wrong(page: Page, question: str, typed: str, words: str) -> None:
    """Types something wrong: it is told at the field and in a summary that leads there, and it stays."""
    field = page.locator(f"#f-offer-{question}")
    field.fill(typed)
    page.locator("#form button[type=submit]").click()
    said = page.locator(f"#e-offer-{question}").inner_text()
    assert said != "", typed
    assert words in said, (typed, said)
    assert field.input_value() == typed
    assert field.get_attribute("aria-invalid") == "true"
    links = page.locator("#summary a")
    assert links.count() == 1, typed
    assert said in links.inner_text()
    links.click()
    expect(page.locator(f"#f-offer-{question}")).to_be_focused()

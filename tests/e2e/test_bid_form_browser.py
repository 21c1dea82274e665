"""The browser's own checks of answers say what Python's say, and amounts are written out as they are on paper."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from ledger.basics.money import yuan
from tests.support.sampling import sample
from tests.support.static_pages import served
from tests.vectors.fixed import HERE
from web.texts import text

CHECK = """async (text) => {
  const {form, part, files, cases} = JSON.parse(text);  // else a member `__proto__` would get lost on its way here
  const {checkAnswers} = await import("/static/js/bid/form.js");
  return cases.map(({answers}) => checkAnswers(form, part, answers, files));
}"""
MONEY = """async ([spelled, numerals]) => {
  const {fen, grouped, written} = await import("/static/js/bid/money.js");
  return spelled.map((one) => [grouped(fen(one)), written(fen(one), numerals)]);
}"""
# 《正确填写票据和结算凭证的基本规定》: each has a rule of its own that is easily missed.
WRITTEN = {
    "0": "零元整",
    "0.01": "壹分",
    "0.10": "壹角整",
    "0.12": "壹角贰分",
    "1": "壹元整",
    "1.05": "壹元零伍分",
    "10": "壹拾元整",
    "100.10": "壹佰元壹角整",
    "1001": "壹仟零壹元整",
    "1010": "壹仟零壹拾元整",
    "1409.50": "壹仟肆佰零玖元伍角整",
    "6007.14": "陆仟零柒元壹角肆分",
    "10000": "壹万元整",
    "10001": "壹万零壹元整",
    "100000": "壹拾万元整",
    "107000.53": "壹拾万柒仟元伍角叁分",
    "1680.32": "壹仟陆佰捌拾元叁角贰分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "325.04": "叁佰贰拾伍元零肆分",
    "12980000.50": "壹仟贰佰玖拾捌万元伍角整",
    "100000000": "壹亿元整",
    "100000001": "壹亿零壹元整",
    "100010000": "壹亿零壹万元整",
    "1000000000000": "壹万亿元整",
    "1000000000001": "壹万亿零壹元整",
    "1000100000000": "壹万零壹亿元整",
    "9999999999999.99": "玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
}
UNITS = {"拾": 10, "佰": 100, "仟": 1000, "万": 10**4, "亿": 10**8}


@pytest.fixture
def modules(page: Page) -> Iterator[Page]:
    with served() as url:
        page.goto(url)
        yield page


def test_answers_are_judged_as_python_judges_them(modules: Page) -> None:
    spelled = (HERE / "form.json").read_text("utf-8")
    vectors, found = json.loads(spelled), modules.evaluate(CHECK, spelled)
    for case, problems in zip(vectors["cases"], found, strict=True):
        assert problems == case["problems"], case["answers"]


def test_amounts_are_written_out_by_the_rules(modules: Page) -> None:
    found: list[list[Any]] = modules.evaluate(MONEY, [list(WRITTEN), text("bid.numerals", "zh")])
    assert [words for _, words in found] == list(WRITTEN.values())


def test_what_is_written_out_reads_back_as_the_amount(modules: Page, rng: random.Random) -> None:
    amounts = [rng.randrange(10 ** rng.randrange(1, 16)) for _ in range(sample(20_000, 500))]
    found = modules.evaluate(MONEY, [[yuan(amount) for amount in amounts], text("bid.numerals", "zh")])
    for amount, (grouped, words) in zip(amounts, found, strict=True):
        assert grouped.replace(",", "") == yuan(amount)
        assert read_back(words) == amount, words
        assert "零零" not in words


def read_back(words: str) -> int:
    """The fen of an amount that is written out, by a reader that knows digits and units and no rule for zeros."""
    digits = "零壹贰叁肆伍陆柒捌玖"
    whole, _, cents = words.rpartition("元")
    total = section = digit = 0
    for letter in whole:
        if letter in digits:
            digit = digits.index(letter)
        elif UNITS[letter] < 10**4:
            section, digit = section + digit * UNITS[letter], 0
        elif letter == "万":
            section, digit = (section + digit) * 10**4, 0
        else:
            total, section, digit = (total + section + digit) * 10**8, 0, 0
    amount = (total + section + digit) * 100
    digit = 0
    for letter in cents.removesuffix("整"):
        if letter in digits:
            digit = digits.index(letter)
        else:
            amount, digit = amount + digit * (10 if letter == "角" else 1), 0
    return amount

"""One line why, in both languages, with the numbers of the certificate and no others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from evaluation.rules import Report, render
from evaluation.rules.certificate import certify
from ledger.basics.errors import Refusal
from tests.unit.evaluation.rules_kit import (
    F1_PRICE,
    bid,
    certificate,
    checklist,
    offer,
    priced,
    run,
    run_checklist,
)


def report() -> Report:
    return run_checklist(bid("a1", "9570000"), bid("b2", "9500000"), bid("c3", "1e-9", safety_licence="no"))


@pytest.mark.parametrize(
    ("criterion", "zh", "en"),
    [
        ("safety", "3.1.3：答“yes”：通过", "3.1.3: answer “yes”: passed"),
        ("qualification", "3.2.1：答“first”，得8.00分", "3.2.1: answer “first” gives 8.00 points"),
        ("time", "3.2.2：170落在[150, 180)，得8.00分", "3.2.2: 170 lies in [150, 180): 8.00 points"),
        (
            "warranty",
            "3.2.3：3.1（按3.1计）在直线上为≈3.6667，取3.67分",
            "3.2.3: 3.1 (taken as 3.1) is ≈3.6667 on the line: 3.67 points",
        ),
        (
            "experience",
            "3.2.4：3项合7.5分，上限10分，得7.50分",
            "3.2.4: 3 items make 7.5 points, capped at 10: 7.50 points",
        ),
        (
            "price",
            (
                "3.3：(报价9570000.00 − 基准价9201275) ÷ 基准价 ≈ 0.0401，取0.0401，"
                "偏差4.01%，扣4.01分后为55.99分（不低于下限），取55.99分"
            ),
            (
                "3.3: (bid 9570000.00 − benchmark 9201275) ÷ benchmark ≈ 0.0401, rounded 0.0401, "
                "deviation 4.01 %, 4.01 points off leave 55.99 (not under the floor), rounded 55.99 points"
            ),
        ),
        (
            "ceiling",
            "3.1.2：报价9570000.00元，最高投标限价10000000.00元：通过",
            "3.1.2: bid 9570000.00, ceiling price 10000000.00 yuan: passed",
        ),
    ],
)
def test_each_kind_of_mark_says_why(criterion: str, zh: str, en: str) -> None:
    found = certificate(report(), "a1", criterion)
    assert render(found, "zh") == zh
    assert render(found, "en") == en


def test_the_title_stands_beside_the_clause() -> None:
    found = certificate(report(), "a1", "time")
    title = {"zh": "工期", "en": "Duration"}
    assert render(found, "zh", title).startswith("3.2.2 · 工期：170")
    assert render(found, "en", title).startswith("3.2.2 · Duration: 170")


def test_low_price_first_shows_the_division() -> None:
    shown = run(priced(F1_PRICE), offer("a", "100"), offer("b", "110"))
    line = render(certificate(shown, "b", "price"), "en")
    assert line == ("5: lowest price 100 ÷ bid 110.00 yuan ≈ 0.9091; times the full mark ≈27.2727: 27.27 points")


def test_the_benchmark_tells_its_steps() -> None:
    line = render(report().summary["benchmark"], "en")
    assert "19070000 ÷ 2 = mean 9535000 yuan, rounded average 9535000, 95.35 % of the ceiling" in line
    assert "coefficient of the high band 3.5 %, 9535000 × (1 − 3.5%) = benchmark 9201275 yuan" in line


def test_a_rejection_tells_its_code_or_the_words_for_it() -> None:
    found = certificate(report(), "c3", "form")
    assert render(found, "en") == "3.1.1: answer to “price”: bid rejected (form.not_money: question=price)"

    def words(code: str, params: Mapping[str, Any], lang: str) -> str:
        return f"{lang}:{code}:{params['question']}"

    assert render(found, "zh", words=words) == "3.1.1：问题“price”的答案：否决投标（zh:form.not_money:price）"


def test_every_certificate_of_every_template_is_rendered_in_full() -> None:
    whole = report()
    for sheet in whole.sheets.values():
        for found in (*sheet["certificates"], whole.summary["benchmark"]):
            for lang in ("zh", "en"):
                line = render(found, lang)
                assert "{" not in line
                assert "\n" not in line


def test_an_open_band_shows_its_open_end() -> None:
    assert "[−∞, 150)" in render(certificate(run_checklist(bid("a", "9500000", duration="1")), "a", "time"), "en")
    assert "[240, +∞)" in render(certificate(run_checklist(bid("a", "9500000", duration="900")), "a", "time"), "en")


def test_a_rule_of_a_later_version_shows_its_result() -> None:
    assert render(certify("x", "F99", "7", {}, (), "12.00"), "en") == "7: 12.00"


def test_other_languages_are_refused() -> None:
    with pytest.raises(Refusal) as caught:
        render(certificate(report(), "a1", "time"), "fr")
    assert caught.value.code == "render.language"


def test_an_answer_with_braces_is_only_text() -> None:
    found = certify("x", "veto", "7", {"answer": "{0} {__class__}"}, (), "passed")
    assert render(found, "en") == "7: answer “{0} {__class__}”: passed"


def test_a_certificate_survives_json_unchanged() -> None:
    found = certificate(report(), "a1", "price")
    assert json.loads(json.dumps(found)) == found
    assert checklist()[0]["price"]["clause"] == found["clause"]

"""Every certificate that the engine can make has words: a line with its numbers, and every step by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.rules import Report, render
from evaluation.rules.certificate import certify, step
from evaluation.rules.exact import HALF_EVEN, MODES, Rounding
from evaluation.rules.price import RULES
from evaluation.rules.render import filled, label, rounding, steps, unit
from evaluation.rules.render.book import LANGUAGES, formulas, words
from ledger.basics.money import yuan
from tests.unit.evaluation.price_params import DRAWN, F4, F5, F6, F7, F8, F9, F10, F11, TO_2
from tests.unit.evaluation.rules_kit import run
from tests.unit.evaluation.whole_rules import bid, form, panel, rules

F3: Final = {name: value for name, value in F11.items() if name != "variant"}
PARAMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "F1": {"mark": TO_2},
    "F3": F3,
    "F4": F4,
    "F5": F5,
    "F6": F6,
    "F7": F7,
    "F8": F8,
    "F9": F9,
    "F10": F10,
    "F11": F11,
    "F15": {"score": TO_2, "mark": TO_2},
}
EXPERTS: Final = st.lists(st.integers(0, 20).map(lambda quarters: yuan(quarters * 25)), min_size=5, max_size=5)
ROWS: Final = st.lists(
    st.fixed_dictionaries(
        {
            "price": st.integers(100, 2500),
            "size": st.sampled_from(["micro", "large"]),
            "brand": st.sampled_from(["x", "y", "z"]),
            "days": st.integers(1, 60).map(str),
            "iso": st.sampled_from(["yes", "yes", "no"]),
            "words": st.sampled_from(["", "壹仟元整", "about a thousand"]),
            "plan": EXPERTS,
            "service": EXPERTS,
        }
    ),
    min_size=1,
    max_size=9,
)


def report(rule: str, rows: list[dict[str, Any]], *, proved: set[int], variant: str, drop: int) -> Report:
    """The whole rule set with a price rule, over these rows."""
    params: dict[str, Any] = {**PARAMS[rule], **({"variant": variant} if rule == "F11" else {})}
    names = RULES[rule].draws(params)
    price = {"rule": rule, "clause": "4", "title": {"zh": "价格", "en": "price"}, "weight": "30", "params": params}
    made = rules(
        price=price,
        draws=[{"name": name, "values": [DRAWN[name]]} for name in names],
        panel={**rules()["panel"], "drop": drop},
        floor={"clause": "7"},
    )
    bids, marks = [], {}
    for number, row in enumerate(rows):
        given_ = {name: row[name] for name in ("size", "brand", "days", "iso", "words") if row[name]}
        bids.append(bid(f"b{number}", row["price"], **given_))
        marks[bids[-1].key] = {name: " ".join(row[name]) for name in ("plan", "service")}
    given: dict[str, Any] = {"experts": panel(marks), "ceiling": 250_000, "floor": 10_500}
    given["draws"] = {name: DRAWN[name] for name in names}
    first = run((made, form()), *bids, **given)
    flagged = [
        key
        for key, sheet in first.sheets.items()
        if any(one["criterion"] == "abnormally_low" for one in sheet["certificates"])
    ]
    explained = {key: place in proved for place, key in enumerate(flagged)}
    return run((made, form()), *bids, **given, explanations=explained)


def certificates(made: Report) -> Iterator[dict[str, Any]]:
    for name in ("benchmark", "abnormally_low"):
        if name in made.summary:
            yield made.summary[name]
    for sheet in made.sheets.values():
        yield from sheet["certificates"]


def check(found: Mapping[str, Any]) -> None:
    for lang in LANGUAGES:
        line = render(found, lang)
        assert filled(found, lang), found
        assert re.search(r"\{[a-z_0-9]*\}", line) is None
        assert "\n" not in line
        assert lang == "en" or re.search(r"[\u4e00-\u9fff]", line)
        told = steps(found, lang)
        assert len(told) == len(found["steps"])
        for one, text in zip(found["steps"], told, strict=True):
            base = one["name"].partition(":")[0]
            assert base in words("steps"), one
            assert text.startswith(label(found["rule"], one["name"], lang))
            assert "rounding" not in one or rounding(one["rounding"], lang) in text
            assert "unit" not in one or unit(one["unit"], lang) in text


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(RULES)), ROWS, st.sets(st.integers(0, 3)), st.sampled_from(["low_half", "lowest"]))
def test_every_certificate_of_every_rule_has_its_words(
    rule: str, rows: list[dict[str, Any]], proved: set[int], variant: str
) -> None:
    for found in certificates(report(rule, rows, proved=proved, variant=variant, drop=len(proved) % 2)):
        check(found)


def test_every_price_rule_has_a_benchmark_and_a_mark_in_words() -> None:
    assert PARAMS.keys() == RULES.keys()
    rows = [
        {"price": price, "size": "large", "brand": "x", "days": "20", "iso": "yes", "words": "", "plan": ["8"] * 5,
         "service": ["4"] * 5} for price in (900, 1000, 1100, 1200, 2400)
    ]  # fmt: skip
    for rule in RULES:
        made = report(rule, rows, proved=set(), variant="lowest", drop=1)
        assert not made.failed, rule
        seen = {found["criterion"] for found in certificates(made)}
        assert {"benchmark", "price", "abnormally_low", "floor", "same_brand", "technical", "plan"} <= seen
        for found in certificates(made):
            check(found)


def test_the_words_are_in_both_languages_and_name_the_same() -> None:
    every = [piece for pieces in formulas().values() for piece in pieces]
    every += [one for of in ("steps", "units", "roundings", "verdicts", "values") for one in words(of).values()]
    for one in every:
        assert sorted(one) == ["en", "zh"]
        assert all(said.strip() for said in one.values())
        assert sorted(set(re.findall(r"\{[a-z_0-9]+\}", one["zh"]))) == sorted(
            set(re.findall(r"\{[a-z_0-9]+\}", one["en"]))
        )
        assert re.search(r"[\u4e00-\u9fff]", one["en"]) is None
    assert words("roundings").keys() == set(MODES)


def test_a_panel_says_who_was_dropped_and_who_owes_a_reason() -> None:
    rows = {"x1": {"plan": "6 7 8 9 10", "service": "5 5 5 5 0"}}
    made = run((rules(), form()), bid("x1", 1000), experts=panel(rows))
    found = {one["criterion"]: render(one, "zh") for one in made.sheets["x1"]["certificates"]}
    assert found["service"] == (
        "2.service：5名专家评分5、5、5、5、0，去掉最高分5，去掉最低分0，合计15，平均5，取5.00分，"
        "× 2 = 10，取10.00分，偏离平均较大、须说明理由的专家：e5"
    )
    assert found["technical"] == "2：8.00（plan） + 10.00（service） = 18.00分，及格线12分，× 权重3 = 54，取54.00分"
    english = {one["criterion"]: render(one, "en") for one in made.sheets["x1"]["certificates"]}
    assert english["technical"] == (
        "2: 8.00 (plan) + 10.00 (service) = 18.00 points, threshold 12, × weight 3 = 54, rounded 54.00 points"
    )
    assert english["plan"] == (
        "2.plan: 5 experts gave 6, 7, 8, 9, 10, highest 10 dropped, lowest 6 dropped, "
        "sum 24, mean 8, rounded 8.00 points"
    )


def test_an_evaluated_price_says_how_it_came_about() -> None:
    given = panel({"x1": {"plan": "8 8 8 8 8", "service": "4 4 4 4 4"}})
    made = run((rules(), form()), bid("x1", 1000, days="33", size="micro"), experts=given)
    (found,) = [one for one in made.sheets["x1"]["certificates"] if one["criterion"] == "evaluated_price"]
    assert render(found, "zh") == (
        "4.1：报价1000元，分项合计1000元，修正后1000元，调整late 31.5元、origin 0元，"
        "价格扣除small 10%，多项取最高，扣除后928.35元，评标价928.35元"
    )
    assert steps(found, "en")[-1] == "evaluated price: 928.35 yuan (rounded half up to 2 places)"
    assert steps(found, "zh")[3] == "调整：late：31.5 元"


def test_half_even_is_named_in_words() -> None:
    to = Rounding(HALF_EVEN, 2)
    found = certify("x", "expert", "1", {"marks": {}}, [step("panel_mark", to(Fraction(12)), "points", to)], "12.00")
    assert steps(found, "zh") == ["专家组评分：12.00 分（四舍六入五成双到小数点后 2 位）"]
    assert steps(found, "en") == ["mark of the panel: 12.00 points (rounded half to even to 2 places)"]


def test_a_step_of_a_later_version_is_called_by_its_name() -> None:
    found = certify("x", "F99", "1", {}, [step("wondrous", Fraction(1), "stars")], "1")
    assert steps(found, "en") == ["wondrous: 1 stars"]


@pytest.mark.parametrize("count", [3, 13])
def test_very_many_are_counted_not_listed(count: int) -> None:
    marks = {f"e{number:03}": "5" for number in range(count)}
    found = certify("x", "expert", "1", {"marks": dict(marks)}, [step("experts", Fraction(count), "items")], "5.00")
    assert ("等共13个" in render(found, "zh")) == (count == 13)

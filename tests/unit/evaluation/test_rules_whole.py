"""Stages, panels, evaluated prices, abnormally low bids, bids of one brand: each by numbers that a person can check."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import pytest

from evaluation.rules import Report, recompute
from evaluation.rules.abnormal import screen
from evaluation.rules.amount import fen
from evaluation.rules.exact import HALF_EVEN, HALF_UP, Rounding
from evaluation.rules.panel import Panel, panel_mark
from ledger.basics.errors import Refusal
from tests.unit.evaluation.rules_kit import HALF_UP_2, checked, lot, run
from tests.unit.evaluation.whole_rules import bid, form, panel, rules

GOOD = {"plan": "8 8 8 8 8", "service": "4 4 4 4 4"}


def played(*bids: Any, marks: dict[str, dict[str, str]] | None = None, **given: Any) -> Report:
    """The report on these bids, each marked as GOOD unless `marks` says otherwise."""
    every = {one.key: GOOD for one in bids} | (marks or {})
    changed = given.pop("changed", {})
    return run((rules(**changed), form()), *bids, experts=panel(every), **given)


def certificate(report: Report, key: str, criterion: str) -> dict[str, Any]:
    return next(one for one in report.sheets[key]["certificates"] if one["criterion"] == criterion)


def steps(found: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in found["steps"]}


def test_a_bid_is_marked_by_panel_stage_and_evaluated_price() -> None:
    report = played(
        bid("x1", 1000), bid("y1", 1000, size="micro"), marks={"x1": {"plan": "6 7 8 9 10", "service": "5 5 5 5 0"}}
    )
    assert steps(certificate(report, "x1", "plan"))["panel_mark"] == "8.00"
    assert [one["value"] for one in certificate(report, "x1", "plan")["steps"] if one["name"] == "outlier"] == []
    assert [one["value"] for one in certificate(report, "x1", "service")["steps"] if one["name"] == "outlier"] == ["e5"]
    assert certificate(report, "x1", "service")["result"] == "10.00"
    assert certificate(report, "x1", "technical")["result"] == "54.00"  # (8 + 10) · 3
    assert certificate(report, "y1", "technical")["result"] == "48.00"
    assert certificate(report, "y1", "evaluated_price")["result"] == "900"
    assert [certificate(report, key, "price")["result"] for key in ("x1", "y1")] == ["27.00", "30.00"]
    assert {row["bid_key"]: row["total"] for row in report.ranking} == {"x1": "91.00", "y1": "88.00"}
    assert certificate(report, "x1", "total")["inputs"]["marks"] == {
        "delivery": "10.00", "technical": "54.00", "price": "27.00",
    }  # fmt: skip
    own, asked = checked((rules(), form()))
    given = lot(experts=panel({"x1": {"plan": "6 7 8 9 10", "service": "5 5 5 5 0"}, "y1": GOOD}))
    assert recompute(report, own, asked, given, [bid("y1", 1000, size="micro"), bid("x1", 1000)]) == []


def test_half_a_step_rounds_up_where_floats_and_half_even_do_not() -> None:
    marks = {f"j{number}": mark for number, mark in enumerate(["6", "6", "6", "6", "6", "6", "6.75", "7"])}
    jury = Panel(1, 5, 1, "same", Rounding(HALF_UP, 2), None)
    assert panel_mark(jury, marks)[1] == Fraction("6.13")
    assert panel_mark(Panel(1, 5, 1, "same", Rounding(HALF_EVEN, 2), None), marks)[1] == Fraction("6.12")
    four = dict(list(marks.items())[-4:])
    assert panel_mark(jury, four)[1] == Fraction("6.44")  # nothing is dropped: 25.75 / 4
    assert [one["name"] for one in panel_mark(jury, four)[0]] == ["experts", "sum", "mean", "panel_mark"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("8 8", "rules.marks_missing"),
        ("8 8 8 8", "rules.experts_differ"),
        ("8 8 8 8 10.25", "rules.expert_mark"),
        ("8 8 8 8 8.1", "rules.expert_mark"),
        ("8 8 8 8 -1", "rules.expert_mark"),
        ("8 8 8 8 NaN", "rules.expert_mark"),
        ("8 8 8 8 1e0", "rules.expert_mark"),
    ],
)
def test_a_panel_that_is_not_whole_or_not_on_the_scale_marks_nothing(row: str, code: str) -> None:
    others = [bid("y1", 1000)] if code == "rules.experts_differ" else []
    with pytest.raises(Refusal) as caught:
        played(bid("x1", 1000), *others, marks={"x1": {**GOOD, "plan": row}})
    assert caught.value.code == code


def test_an_absent_expert_is_what_the_rule_set_says() -> None:
    absent = {"x1": {"plan": "6 7 8 9", "service": "4 4 4 4"}}
    each = {"panel": {**rules()["panel"], "experts": "each"}}
    report = played(bid("x1", 1000), bid("y1", 1000), marks=absent, changed=each)
    assert certificate(report, "x1", "plan")["result"] == "7.50"  # four marks: nothing is dropped


def test_a_stage_below_its_threshold_rejects() -> None:
    report = played(
        bid("x1", 1000), bid("y1", 900), marks={"y1": {"plan": "3.75 3.75 3.75 3.75 3.75", "service": "4 4 4 4 4"}}
    )
    found = certificate(report, "y1", "technical")
    assert (found["result"], found["reason"]["code"]) == ("rejected", "rules.under_threshold")
    assert found["reason"]["params"] == {"stage": "technical", "mark": "11.75", "threshold": "12"}
    assert report.sheets["y1"]["state"] == "rejected"
    assert certificate(report, "x1", "price")["result"] == "30.00", "who is out sets no benchmark"


def test_a_price_is_corrected_in_the_order_of_the_rules() -> None:
    report = played(bid("x1", 1000, part_a="600", part_b="450"), bid("y1", 1000, words="壹仟贰佰元整"))
    assert steps(certificate(report, "x1", "evaluated_price"))["corrected"] == "1050"
    assert steps(certificate(report, "y1", "evaluated_price"))["corrected"] == "1200", "the words come last"
    assert report.sheets["y1"]["price_fen"] == 120_000
    over = played(bid("x1", 1000), bid("y1", 1000, words="壹仟贰佰元整"), ceiling=110_000)
    assert over.sheets["y1"]["state"] == "rejected"
    bad = played(bid("x1", 1000), bid("y1", 1000, words="about a thousand"))
    assert certificate(bad, "y1", "evaluated_price")["reason"]["code"] == "rules.words_unreadable"


def test_adjustments_and_the_larger_deduction_make_the_evaluated_price() -> None:
    second = {
        "id": "green",
        "clause": "4.5",
        "title": {"zh": "绿", "en": "g"},
        "question": "iso",
        "per_cent": {"yes": "4", "no": "0"},
    }
    priced = copy.deepcopy(rules()["evaluated_price"])
    priced["deductions"].append(second)
    report = played(bid("x1", 1000, days="33", size="micro"), bid("y1", 1000), changed={"evaluated_price": priced})
    found = steps(certificate(report, "x1", "evaluated_price"))
    assert (found["adjustment:late"], found["adjustment:origin"]) == ("31.5", "0")
    assert found["evaluated"] == "928.35"  # 1031.5 less the larger of 10 and 4 per cent
    assert steps(certificate(report, "y1", "evaluated_price"))["evaluated"] == "960.00"


def test_the_lowest_evaluated_cost_wins_as_an_exact_fraction() -> None:
    feature = {"id": "size", "clause": "4.4", "title": {"zh": "大小", "en": "size"}, "question": "size"}
    priced = {"clause": "4.1", "features": [{**feature, "points": {"micro": "20", "large": "0"}}]}
    changed = {
        "evaluated_price": priced, "stages": rules()["stages"][:1], "criteria": rules()["criteria"][:1],
        "ranking": {"order": "lowest_price", "ties": ["draw"]},
    }  # fmt: skip
    made = {name: value for name, value in rules(**changed).items() if name not in ("price", "panel")}
    report = run((made, form()), bid("x1", 1000), bid("y1", 1200, size="micro"), bid("z1", 1249, size="micro"))
    assert certificate(report, "y1", "evaluated_price")["result"] == "960"  # 1200 / (1 + 20/80)
    assert [row["bid_key"] for row in report.ranking] == ["y1", "z1", "x1"]


def test_worked_numbers_of_the_screen_for_abnormally_low_bids() -> None:
    """`domain/formulas.md` F12."""
    document = rules()["abnormally_low"]

    def flagged(ceiling: int, *yuan: str) -> dict[str, tuple[str, ...]]:
        prices = {str(number): int(Fraction(price) * 100) for number, price in enumerate(yuan)}
        return dict(screen(document, prices, ceiling * 100).flags)

    assert flagged(100, "100", "90", "45") == {}, "equality is not below"
    assert flagged(100, "100", "90", "44.9") == {"2": ("second", "ceiling")}
    assert flagged(1_200_000, "1000000", "950000", "420000", "880000") == {"2": ("second", "ceiling")}
    assert flagged(1000, "400") == {"0": ("ceiling",)}


def test_a_flag_asks_and_only_an_unproved_one_rejects() -> None:
    bids = [bid("x1", 1000), bid("y1", 900), bid("z1", 400)]
    silent = played(*bids)
    assert silent.sheets["z1"]["state"] == "rejected"
    assert certificate(silent, "z1", "abnormally_low")["inputs"]["explanation"] == "none"
    assert certificate(silent, "x1", "price")["result"] == "27.00"
    proved = played(*bids, explanations={"z1": True})
    assert certificate(proved, "z1", "abnormally_low")["result"] == "explained"
    assert certificate(proved, "z1", "price")["result"] == "30.00"
    unproved = played(*bids, explanations={"z1": False})
    assert certificate(unproved, "z1", "abnormally_low")["inputs"]["explanation"] == "unproved"
    assert unproved.summary["abnormally_low"]["inputs"]["prices_fen"]["z1"] == 40_000
    with pytest.raises(Refusal) as caught:
        played(*bids, explanations={"x1": True})
    assert caught.value.code == "rules.explained_unflagged"


def test_bids_of_one_brand_count_as_one() -> None:
    bids = [bid("x1", 1000), bid("x2", 990, brand="x"), bid("y1", 1100)]
    report = played(*bids)
    assert {row["bid_key"]: row["rank"] for row in report.ranking} == {"x2": 1, "y1": 2}
    assert report.sheets["x1"]["state"] == "same_brand"
    assert certificate(report, "x1", "same_brand")["reason"]["params"] == {"brand": "x", "first": "x2"}
    assert report.candidates == ["x2", "y1"]
    assert played(*bids, changed={"min_valid": 3}).summary["reason"]["params"] == {"valid": 2, "wanted": 3}


def test_a_minimum_price_is_a_bound_like_the_ceiling() -> None:
    changed = {"floor": {"clause": "7"}, "jurisdiction": "JP"}
    report = played(bid("x1", 1000), bid("y1", 999), changed=changed, floor=100_000)
    assert report.sheets["y1"]["state"] == "rejected"
    assert report.sheets["x1"]["state"] == "ranked"
    cases: dict[str, dict[str, Any]] = {"rules.no_floor": {"changed": changed}, "rules.other_floor": {"floor": 1}}
    for code, given in cases.items():
        with pytest.raises(Refusal) as caught:
            played(bid("x1", 1000), **given)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分", 123_456_789),
        ("人民币壹亿元整", 10_000_000_000),
        ("壹拾万零伍拾圆正", 10_005_000),
        ("拾元", 1000),
        ("一千零一元零五分", 100_105),
        ("伍角", 50),
        ("叁亿零贰万元整", 30_002_000_000),
    ],
)
def test_amounts_in_words_are_read(said: str, found: int) -> None:
    assert fen(said, "words") == found


@pytest.mark.parametrize(
    "said",
    [
        "",
        "元",
        "壹贰元",
        "壹万万元",
        "壹拾佰元",
        "万元",
        "壹元壹元",
        "壹元拾角",
        "零元",
        "120元",
        "壹佰",
        "佰元",
        "壹万亿元",
        "壹" * 100,
    ],
)
def test_what_is_no_amount_in_words_is_refused(said: str) -> None:
    with pytest.raises(Refusal) as caught:
        fen(said, "words")
    assert caught.value.code == "rules.words_unreadable"


def test_members_that_make_no_sense_are_found() -> None:
    def code(**changed: Any) -> str:
        made = {name: value for name, value in rules(**changed).items() if value is not None}
        with pytest.raises(Refusal) as caught:
            run((made, form()), bid("x1", 1000), experts=panel({"x1": GOOD}))
        return caught.value.code

    whole, priced = rules(), rules()["evaluated_price"]
    plan, stage = whole["criteria"][1], whole["stages"][1]

    def criterion(**changed: Any) -> dict[str, Any]:
        return {"criteria": [whole["criteria"][0], {**plan, **changed}, *whole["criteria"][2:]]}

    def staged(**changed: Any) -> dict[str, Any]:
        return {"stages": [whole["stages"][0], {**stage, **changed}]}

    def counted(**changed: Any) -> dict[str, Any]:
        return {"evaluated_price": {**priced, **changed}}

    assert code(panel=None) == "rules.panel_and_experts"
    assert code(**criterion(stage="nowhere"), **staged(threshold="0")) == "rules.unknown_stage"
    assert code(**criterion(step="0.3")) == "rules.step_misses"
    assert code(**criterion(range={"min": "5", "max": "5"})) == "rules.range_empty"
    assert code(**criterion(anchors=[{"points": "11", "title": {"zh": "好", "en": "good"}}])) == "rules.anchor_outside"
    assert code(**criterion(factor={"by": "0", "rounding": HALF_UP_2}), **staged(threshold="0")) == "rules.factor_zero"
    assert code(**staged(threshold="20.01")) == "rules.threshold_unreachable"
    assert code(**staged(id="plan")) == "rules.doubled_stage"
    assert code(stages=[{**whole["stages"][0], "threshold": "0"}, stage]) == "rules.stage_without_points"
    assert (
        code(**counted(deductions=[{**priced["deductions"][0], "per_cent": {"micro": "100", "large": "0"}}]))
        == "rules.deduction_whole"
    )
    assert (
        code(**counted(deductions=[{**priced["deductions"][0], "per_cent": {"micro": "10"}}]))
        == "rules.choice_without_points"
    )
    assert (
        code(evaluated_price={name: value for name, value in priced.items() if name != "rounding"})
        == "rules.evaluated_rounding"
    )
    feature = {name: priced["deductions"][0][name] for name in ("id", "clause", "title", "question")}
    assert (
        code(
            **counted(
                deductions=priced["deductions"],
                features=[{**feature, "id": "f", "points": {"micro": "100", "large": "0"}}],
            )
        )
        == "rules.features_over"
    )
    assert code(same_brand={"clause": "6", "question": "words"}) == "rules.question_optional"
    assert code(same_brand={"clause": "6", "question": "days"}) == "rules.question_kind"

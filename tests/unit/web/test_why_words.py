"""A certificate laid out for reading: a panel's marks, a stage, an abnormally low price, each with the words it has."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bidding.procedures.notice import NoticeLot
from evaluation.rules import Report
from evaluation.rules.criteria import Criterion
from ledger.basics.canonical import canonical
from tests.unit.evaluation.rules_kit import run
from tests.unit.evaluation.whole_rules import bid, form, panel, rules
from web.public import formulas, marks, rulewords, templates_worked
from web.public.record import Record
from web.words import LANGS, Lang

GOOD = {"plan": "6 7 8 9 10", "service": "5 5 5 5 0"}


def whole() -> tuple[Record, Report]:
    documents = {"rules": rules(), "form": form()}
    lot = cast(NoticeLot, SimpleNamespace(rules="rules", form="form"))
    bids = [bid("x1", 1000), bid("y1", 900, size="micro"), bid("z1", 300)]
    report = run((documents["rules"], documents["form"]), *bids, experts=panel({one.key: GOOD for one in bids}))
    return Record(lot, (), lambda name: canonical(documents[name])), report


def found(criterion: str, key: str, lang: Lang) -> marks.Why:
    record, report = whole()
    pages: dict[str, Any] = {one["criterion"]: one for one in report.sheets[key]["certificates"]}
    return marks.why(pages.get(criterion) or report.summary[criterion], record, lang)


def test_a_panels_marks_are_inputs_by_number_and_every_step_is_named() -> None:
    shown = found("service", "x1", "zh")
    assert [(one.label, one.value, one.source) for one in shown.inputs][-1] == ("专家 e5 评分", "0", "expert")
    assert "去掉 1 个最高分和 1 个最低分" in shown.formula
    assert [one.label for one in shown.steps][:3] == ["评分专家人数", "偏离平均较大、须说明理由的专家", "去掉最低分"]
    assert shown.steps[-1].rounding == "四舍五入到小数点后 2 位"


def test_a_low_price_is_rejected_by_limits_with_names() -> None:
    shown = found("abnormally_low", "z1", "zh")
    assert "（平均报价、次低报价）" in shown.reason
    assert ("对报价的说明", "未提交", "explanation") in [(one.label, one.value, one.source) for one in shown.inputs]
    assert marks.why(whole()[1].summary["abnormally_low"], whole()[0], "en").result == "1 below a limit"


@pytest.mark.parametrize("lang", LANGS)
def test_every_certificate_and_every_rule_has_its_words(lang: Lang) -> None:
    record, report = whole()
    pages = [one for sheet in report.sheets.values() for one in sheet["certificates"]]
    for one in [*pages, report.summary["benchmark"], report.summary["abnormally_low"]]:
        shown = marks.why(one, record, lang)
        for text in (shown.title, shown.formula, shown.result, shown.line, *(step.label for step in shown.steps)):
            assert text.strip()
            assert "{" not in text
    said = rulewords.rules(record, lang)
    assert [stage.id for stage in said.stages] == ["checks", "technical"]
    assert [one.id for one in said.others] == ["evaluated_price", "abnormally_low", "same_brand"]
    assert said.stages[1].most == "60"
    assert said.most == "100"


def test_a_reason_has_titles_and_names_where_its_code_has_ids_and_keys() -> None:
    documents = {"rules": rules(), "form": form()}
    documents["rules"]["criteria"][0]["title"] = {"zh": "质量认证", "en": "Quality certificate"}
    documents["form"]["parts"]["offer"][-1]["title"] = {"zh": "持有认证", "en": "Is certified"}
    lot = cast(NoticeLot, SimpleNamespace(rules="rules", form="form"))
    first, second = "a1" * 32, "b2" * 32
    bids = [bid(first, 1000, brand="x"), bid(second, 1100, brand="x"), bid("c3", 1050, iso="no", brand="z")]
    report = run((documents["rules"], documents["form"]), *bids, experts=panel({one.key: GOOD for one in bids}))
    record = Record(lot, (), lambda name: canonical(documents[name]))

    def reasons(key: str, called: marks.Called = marks.short) -> list[str]:
        pages = report.sheets[key]["certificates"]
        return [marks.why(one, record, "en", called).reason for one in pages if "reason" in one]

    (aside,) = reasons(second)
    assert f"as {first[:16]}…:" in aside
    (aside,) = reasons(second, lambda key: {first: "Ann Ltd"}[key])
    assert "as Ann Ltd:" in aside
    (vetoed,) = reasons("c3")
    assert "“no” to “Is certified” does not meet the condition “Quality certificate”" in vetoed


@pytest.mark.parametrize(
    ("least", "most", "said"), [("1", None, "1 or more"), (None, "9", "9 or less"), ("1", "9", "from 1 to 9")]
)
def test_a_range_is_said_by_the_ends_it_has(least: str | None, most: str | None, said: str) -> None:
    record, _ = whole()
    limits = {"min": least, "max": most}
    body = {name: value for name, value in limits.items() if value is not None}
    one = Criterion("x", "veto", "1", {"zh": "x", "en": "x"}, "days", "", body)
    assert said in formulas.criterion_words(record, one, "en")


def test_points_stand_in_the_forms_order_and_steps_have_the_forms_words() -> None:
    """A published rule set has its members in the order of their ids, in which nobody reads them."""
    (one,) = [one for one in templates_worked.paper("checklist-f4").rules.criteria if one.kind == "choice"]
    backwards = {**one.body, "points": dict(sorted(one.body["points"].items()))}
    said = formulas.criterion_words(
        templates_worked.paper("checklist-f4"), dataclasses.replace(one, body=backwards), "zh"
    )
    assert said == "按答复给分：特级得 10 分；一级得 8 分；二级得 5 分；三级得 0 分"
    pages = templates_worked.worked("checklist-f4", "zh").winner.certificates
    assert ("答复", "特级") in [(step.label, step.value) for page in pages for step in page.steps]
    (total,) = [page for page in pages if page.criterion == "total"]
    assert [item.label for item in total.inputs] == ["资质等级", "工期", "保修期", "类似业绩", "投标报价"]


def test_bands_are_said_without_brackets() -> None:
    (one,) = [one for one in templates_worked.paper("works-abc").rules.criteria if one.kind == "bands"]
    said = formulas.criterion_words(templates_worked.paper("works-abc"), one, "en")
    assert said.endswith(
        "below 150 gives 10; from 150, below 180 gives 8; from 180, below 240 gives 4; 240 and more gives 0"
    )


def test_drawn_coefficients_are_said_by_what_they_are_for() -> None:
    rules = templates_worked.rules("works-abc", "zh")
    assert "A = 最高投标限价 × (1 − 下浮率 Δ)" in rules.benchmark
    benchmark = templates_worked.worked("works-abc", "zh").benchmark
    assert benchmark is not None
    assert [(one.label, one.value) for one in benchmark.inputs if one.source == "draw"] == [
        ("抽取的系数：下浮率 Δ", "15%"),
        ("抽取的系数：系数 K", "96%"),
    ]

"""A certificate laid out for reading: a panel's marks, a stage, an abnormally low price, each with the words it has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bidding.procedures.notice import NoticeLot
from evaluation.rules import Report
from ledger.basics.canonical import canonical
from tests.unit.evaluation.rules_kit import run
from tests.unit.evaluation.whole_rules import bid, form, panel, rules
from web.public import marks, rulewords
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

"""Rule sets that no tenderee may publish: each refused for its reason, with the article and the field."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from evaluation.rules import check_publishable, lint
from evaluation.rules.lint import Finding
from ledger.basics.errors import Refusal
from tests.unit.evaluation.rules_kit import CEILING, F3_PRICE, HALF_UP_2
from tests.unit.evaluation.whole_rules import asked, chosen, expert, form, rules, text

Doc = dict[str, Any]
Change = Callable[[Doc, Doc], object]


def apart(*documents: Doc) -> list[Doc]:
    """Copies without a shared member: `whole_rules` names one rounding in many places."""
    return [json.loads(json.dumps(one)) for one in documents]


def lawful() -> tuple[Doc, Doc]:
    """Government procurement of goods, marked by answers and by a panel, with which nothing is wrong."""
    made, asking = apart(rules(law="procurement", min_valid=3, jurisdiction="CN"), form())
    asking["parts"]["offer"].append(asked("proposal", "file"))
    made["stages"][1]["threshold"] = "9"
    del made["evaluated_price"]["adjustments"]
    made["evaluated_price"]["corrections"].reverse()
    made["panel"]["least"] = 5
    made["price"]["weight"] = "30"
    for criterion in made["criteria"][1:3]:
        most = int(criterion["range"]["max"])
        criterion["question"] = "proposal"
        criterion["anchors"] = [{"points": str(points), "title": text("good")} for points in (1, (most + 1) // 2, most)]
    return made, asking


def works() -> tuple[Doc, Doc]:
    """The same for works under 招标投标法."""
    made, asking = lawful()
    for name in ("abnormally_low", "same_brand", "evaluated_price"):
        del made[name]
    asking["parts"]["offer"][5]["title"] = text("make")
    return {**made, "law": "tendering", "category": "works"}, asking


def at(doc: Doc, *path: str | int) -> Any:
    found: Any = doc
    for name in path:
        found = found[name]
    return found


def put(value: object, *path: str | int) -> Change:
    """Sets one member of the rule set."""

    def change(made: Doc, asking: Doc) -> None:
        del asking
        at(made, *path[:-1])[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    def change(made: Doc, asking: Doc) -> None:
        del asking
        del at(made, *path[:-1])[path[-1]]

    return change


def added(criterion: Doc, *questions: Doc) -> Change:
    """A criterion more, ten points of which come off the delivery, with the questions that it reads."""

    def change(made: Doc, asking: Doc) -> None:
        made["criteria"].append({"clause": "9", "title": text("more"), **criterion})
        asking["parts"]["offer"].extend(questions)

    return change


def titled(zh: str, en: str) -> Doc:
    return {"title": {"zh": zh, "en": en}}


def veto(question: str, **more: Any) -> Doc:
    return {"id": "extra", "kind": "veto", "question": question, **more}


REGULATIONS_20, ART_5 = "政府采购法实施条例 art. 20", "促进中小企业发展管理办法 art. 5"
GOODS: list[tuple[Change, str, str, str]] = [
    (put("29", "price", "weight"), "lint.price_weight", "87号令 art. 55", "/price/weight"),
    (put("31", "price", "weight"), "lint.weights", "87号令 art. 55", "/price/weight"),
    (put("2.9", "stages", 1, "weight", "by"), "lint.weights", "87号令 art. 55", "/price/weight"),
    (put("3", "criteria", 2, "factor", "by"), "lint.weights", "87号令 art. 55", "/price/weight"),
    (put("25", "criteria", 3, "bands", 1, "from"), "rules.bands_overlap", "", "/criteria/3/bands"),
    (put("35", "criteria", 3, "bands", 1, "from"), "rules.bands_gap", "", "/criteria/3/bands"),
    (put("0", "criteria", 3, "bands", 0, "below"), "lint.band_unreachable", "87号令 art. 55", "/criteria/3/bands/0"),
    (put("unasked", "criteria", 3, "question"), "rules.unknown_question", "", "/criteria/3/question"),
    (put({**F3_PRICE, "weight": "30"}, "price"), "lint.average_forbidden", "87号令 art. 55", "/price/rule"),
    (put(["draw"], "ranking", "ties"), "lint.tie_not_price", "87号令 art. 57", "/ranking/ties/0"),
    (put(["lower_price"], "ranking", "ties"), "lint.tie_open", "87号令 art. 68", "/ranking/ties"),
    (put(2, "min_valid"), "lint.min_valid", "87号令 art. 43", "/min_valid"),
    (drop("same_brand"), "lint.same_brand", "87号令 art. 31", "/same_brand"),
    (
        put("25", "evaluated_price", "deductions", 0, "per_cent", "micro"),
        "lint.deduction_range", "财库〔2022〕19号", "/evaluated_price/deductions/0/per_cent/micro",
    ),
    (
        put("8", "evaluated_price", "deductions", 0, "per_cent", "large"),
        "lint.deduction_range", "财库〔2022〕19号", "/evaluated_price/deductions/0/per_cent/large",
    ),
    (drop("abnormally_low"), "lint.screen_missing", "财库〔2026〕2号", "/abnormally_low"),
    (drop("abnormally_low", "second"), "lint.screen_test_missing", "财库〔2026〕2号", "/abnormally_low/second"),
    (put("49", "abnormally_low", "mean"), "lint.screen_range", "财库〔2026〕2号", "/abnormally_low/mean"),
    (put("66", "abnormally_low", "ceiling"), "lint.screen_range", "财库〔2026〕2号", "/abnormally_low/ceiling"),
    (put(29, "abnormally_low", "minutes"), "lint.screen_minutes", "财库〔2026〕2号", "/abnormally_low/minutes"),
    (
        put(rules()["evaluated_price"]["adjustments"], "evaluated_price", "adjustments"),
        "lint.price_altered", "87号令 art. 55", "/evaluated_price/adjustments",
    ),
    (
        put(rules()["evaluated_price"]["corrections"], "evaluated_price", "corrections"),
        "lint.corrections_order", "87号令 art. 59", "/evaluated_price/corrections",
    ),
    (put("days", "criteria", 1, "question"), "lint.objective_by_experts", "87号令 art. 64", "/criteria/1/kind"),
    (put("size", "criteria", 2, "question"), "lint.objective_by_experts", "87号令 art. 64", "/criteria/2/kind"),
    (put([], "criteria", 1, "anchors"), "lint.anchors_missing", "87号令 art. 55", "/criteria/1/anchors"),
    (
        put([{"points": "9", "title": text("good")}], "criteria", 1, "anchors"),
        "lint.anchors_gap", "87号令 art. 55", "/criteria/1/anchors",
    ),
    (put(3, "panel", "least"), "lint.panel_few", "87号令 art. 47", "/panel/least"),
    (put(2, "panel", "from"), "rules.panel_drop", "", "/panel/drop"),
    (put({"clause": "9", "fen": 100}, "floor"), "lint.floor_price", "87号令 art. 12", "/floor"),
    (added(veto("price", min="500")), "lint.floor_price", "87号令 art. 12", "/criteria/4/min"),
    (put("INT", "jurisdiction"), "lint.law_abroad", "", "/law"),
    (added(veto("brand", allow=["x"])), "lint.brand_marked", REGULATIONS_20, "/criteria/4/question"),
    (
        added(veto("local", allow=["yes"]), {**asked("local", "boolean"), **titled("在本市设有分公司", "branch here")}),
        "lint.locality", REGULATIONS_20, "/criteria/4",
    ),
    (
        added({**veto("iso", allow=["yes"]), **titled("经营地", "Locally registered")}),
        "lint.locality", REGULATIONS_20, "/criteria/4",
    ),
    (
        added({**veto("iso", allow=["yes"]), **titled("国有企业", "owner")}),
        "lint.ownership", REGULATIONS_20, "/criteria/4",
    ),
    (
        added(veto("capital", min="500"), {**asked("capital", "money"), **titled("注册资本（元）", "capital")}),
        "lint.registration", ART_5, "/criteria/4",
    ),
    (
        added(veto("sales", min="500"), {**asked("sales", "money"), **titled("上年营业收入（元）", "Turnover")}),
        "lint.scale", ART_5, "/criteria/4",
    ),
    (
        added(veto("staff", min="50"), {**asked("staff", "integer"), **titled("人数", "Number of employees")}),
        "lint.scale", ART_5, "/criteria/4",
    ),
    (
        added(veto("origin", allow=["a"]), {**chosen("origin", "a", "b"), **titled("原产地", "where made")}),
        "lint.brand", REGULATIONS_20, "/criteria/4",
    ),
    (
        added({**veto("iso", allow=["yes"]), **titled("原厂授权", "letter")}),
        "lint.authorisation", "87号令 art. 17", "/criteria/4",
    ),
    (
        added(veto("largest", min="10000000.01"), asked("largest", "money")),
        "lint.past_amount", REGULATIONS_20, "/criteria/4",
    ),
    (
        added(veto("done", min="4"), {**asked("done", "integer"), **titled("类似项目业绩（个）", "done")}),
        "lint.past_number", REGULATIONS_20, "/criteria/4",
    ),
    (
        added(
            {"id": "extra", "kind": "count", "question": "done", "each": "1", "cap": "6"},
            {**asked("done", "integer"), **titled("项", "Similar projects finished")},
        ),
        "lint.past_number", REGULATIONS_20, "/criteria/4",
    ),
]  # fmt: skip
WORKS: list[tuple[Change, str, str, str]] = [
    (put("40", "price", "weight"), "lint.weights", "12号令 art. 35", "/price/weight"),
    (put(["lower_price"], "ranking", "ties"), "lint.tie_open", "实施条例 art. 53", "/ranking/ties"),
    (put(4, "candidates"), "lint.too_many_candidates", "实施条例 art. 53", "/candidates"),
    (put({"clause": "9", "fen": 100}, "floor"), "lint.floor_price", "实施条例 art. 27", "/floor"),
    (put(3, "panel", "least"), "lint.panel_few", "招标投标法 art. 37", "/panel/least"),
    (put("iso", "criteria", 1, "question"), "lint.objective_by_experts", "", "/criteria/1/kind"),
    (
        added({**veto("iso", allow=["yes"]), **titled("本省业绩", "experience")}),
        "lint.locality", "实施条例 art. 32", "/criteria/4",
    ),
    (
        added({**veto("iso", allow=["yes"]), **titled("注册资金", "capital")}),
        "lint.registration", "实施条例 art. 32", "/criteria/4",
    ),
]  # fmt: skip


def errors(made: Doc, asking: Doc, **given: Any) -> list[Finding]:
    return [finding for finding in lint(made, asking, CEILING, **given) if finding.level == "error"]


@pytest.mark.parametrize("documents", [lawful(), works()])
def test_there_is_nothing_wrong_with_what_the_bad_ones_are_made_of(documents: tuple[Doc, Doc]) -> None:
    assert lint(*documents, CEILING) == []


@pytest.mark.parametrize(("change", "code", "article", "path"), GOODS)
def test_a_bad_procurement_is_refused(change: Change, code: str, article: str, path: str) -> None:
    refused(lawful(), change, code, article, path)


@pytest.mark.parametrize(("change", "code", "article", "path"), WORKS)
def test_a_bad_works_tender_is_refused(change: Change, code: str, article: str, path: str) -> None:
    refused(works(), change, code, article, path)


def refused(documents: tuple[Doc, Doc], change: Change, code: str, article: str, path: str) -> None:
    made, asking = documents
    change(made, asking)
    found = errors(made, asking)
    assert (code, article, path, "rules") in [(one.code, one.article, one.path, one.document) for one in found]
    with pytest.raises(Refusal) as caught:
        check_publishable(made, asking, CEILING)
    assert caught.value.code == "rules.not_publishable"


@pytest.mark.parametrize(("documents", "article"), [(lawful(), "87号令 art. 47"), (works(), "招标投标法 art. 37")])
def test_without_a_panel_there_are_no_experts(documents: tuple[Doc, Doc], article: str) -> None:
    found = errors(*documents, touch="none")
    assert [(one.code, one.article, one.path) for one in found] == [
        ("lint.experts_no_touch", article, "/criteria/1"),
        ("lint.experts_no_touch", article, "/criteria/2"),
    ]


WARNED: list[tuple[Change, str, str, str]] = [
    (drop("evaluated_price", "deductions"), "lint.deduction_missing", "rules", "/evaluated_price/deductions"),
    (put("each", "panel", "experts"), "lint.experts_each", "rules", "/panel/experts"),
    (put(4, "panel", "from"), "lint.drop_few", "rules", "/panel/from"),
    (put("50", "panel", "outlier"), "lint.outlier", "rules", "/panel/outlier"),
    (put(4, "candidates"), "lint.too_many_candidates", "rules", "/candidates"),
    (put("half_even", "panel", "mean", "mode"), "lint.rounding", "rules", "/panel/mean/mode"),
    (put("down", "rounding", "mode"), "lint.rounding", "rules", "/rounding/mode"),
    (put("20", "stages", 1, "threshold"), "lint.threshold_full", "rules", "/stages/1/threshold"),
    (put("0", "stages", 1, "threshold"), "lint.threshold_never", "rules", "/stages/1/threshold"),
    (drop("criteria", 1, "question"), "lint.expert_unfed", "rules", "/criteria/1/question"),
    (put("none", "law"), "lint.no_law", "rules", "/law"),
    (
        lambda _, asking: asking["parts"]["offer"].append({**asked("n", "text"), **titled("专利", "n")}),
        "lint.brand", "form", "/parts/offer/9",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "document", "path"), WARNED)
def test_what_is_odd_is_warned_of(change: Change, code: str, document: str, path: str) -> None:
    made, asking = lawful()
    change(made, asking)
    found = [(one.level, one.code, one.document, one.path) for one in lint(made, asking, CEILING)]
    assert ("warning", code, document, path) in found


def test_a_list_of_one_value_is_no_draw() -> None:
    made, asking = works()
    made["draws"] = [{"name": "k", "values": ["5"]}]
    assert ("lint.draw_fixed", "/draws/0/values") in [(one.code, one.path) for one in lint(made, asking)]


def test_chinese_law_ends_at_the_border() -> None:
    made, asking = apart(rules(), form())
    made["criteria"][1]["title"] = titled("本地企业品牌", "Local firms' brand")["title"]
    made["floor"] = {"clause": "9", "fen": 100}
    assert {one.code for one in lint(made, asking, CEILING)} == {"lint.anchors_gap"}


def test_without_its_form_a_rule_set_says_what_it_can() -> None:
    made, asking = lawful()
    assert lint(made) == []
    made["price"]["weight"] = "20"
    assert {one.code for one in lint(made)} == {"lint.price_weight", "lint.weights"}
    assert {one.code for one in lint(made, asking, CEILING)} == {"lint.price_weight", "lint.weights"}


def test_qcbs_is_the_formula_of_the_law() -> None:
    made, asking = lawful()
    made["price"] = {**made["price"], "rule": "F15", "params": {"score": HALF_UP_2, "mark": HALF_UP_2}}
    assert lint(made, asking, CEILING) == []


def test_errors_come_first() -> None:
    made, asking = lawful()
    made["rounding"]["mode"] = "down"
    made["min_valid"] = 2
    assert [one.level for one in lint(made, asking, CEILING)] == ["error", "warning"]


def test_experts_of_a_works_tender_without_anchors_are_warned_of() -> None:
    made, asking = works()
    made["criteria"][1] = {**expert("plan", "10"), "anchors": [], "question": "proposal"}
    found = [(one.level, one.code, one.article) for one in lint(made, asking, CEILING)]
    assert found == [("warning", "lint.anchors_missing", "12号令 art. 35")]


def test_a_date_as_the_bound_of_a_number_is_told_and_nothing_stumbles() -> None:
    made, asking = lawful()
    added(veto("done", min="2026-01-01"), {**asked("done", "integer"), **titled("类似业绩", "done")})(made, asking)
    assert [(one.code, one.path) for one in errors(made, asking)] == [("rules.veto_bound_kind", "/criteria/4")]

"""What publication refuses and what it only remarks on, with the article."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from evaluation.rules import check_publishable, lint
from evaluation.rules.templates import NAMES, load
from ledger.basics.errors import Refusal
from tests.unit.evaluation.rules_kit import CEILING, F1_PRICE, F3_PRICE, HALF_UP_2, checklist, lowest, priced
from tests.unit.evaluation.whole_rules import asked, chosen, text

Documents = tuple[dict[str, Any], dict[str, Any]]


def found(documents: Documents, ceiling: int | None = CEILING) -> set[tuple[str, str, str]]:
    return {(finding.level, finding.code, finding.article) for finding in lint(*documents, ceiling)}


def errors(documents: Documents, ceiling: int | None = CEILING) -> set[str]:
    return {code for level, code, _ in found(documents, ceiling) if level == "error"}


def procurement(price: dict[str, Any], category: str = "goods", **changes: Any) -> Documents:
    """A rule set with nothing but a price rule and what government procurement wants beside it."""
    rate = "5" if category == "works" else "10"
    wanted = {
        "abnormally_low": {"clause": "7", "minutes": 30, "mean": "50", "second": "50", "ceiling": "45"},
        "same_brand": {"clause": "8", "question": "brand"},
        "evaluated_price": {
            "clause": "6",
            "deductions": [
                {
                    "id": "small", "clause": "6.1", "title": text("small"), "question": "size",
                    "per_cent": {"micro": rate, "large": "0"},
                }
            ],
            "rounding": HALF_UP_2,
        },
    }  # fmt: skip
    rules, form = priced(price, law="procurement", category=category, min_valid=3, **{**wanted, **changes})
    form["parts"]["offer"] += [chosen("size", "micro", "large"), asked("brand", "text")]
    return rules, form


@pytest.mark.parametrize("name", NAMES)
def test_the_templates_may_be_published(name: str) -> None:
    assert lint(*load(name), CEILING) == []


def test_works_kept_the_deductions_of_2020() -> None:
    documents = procurement({**F1_PRICE, "weight": "30"}, "works")
    for rate, wrong in (("2", False), ("6", True), ("10", True)):
        documents[0]["evaluated_price"]["deductions"][0]["per_cent"]["micro"] = rate
        said = ("error", "lint.deduction_range", "促进中小企业发展管理办法 art. 9")
        assert (said in found(documents)) == wrong


def test_marks_add_up_to_a_hundred() -> None:
    documents = copy.deepcopy(checklist())
    documents[0]["price"]["weight"] = "59.9"
    (finding,) = [finding for finding in lint(*documents, CEILING) if finding.level == "error"]
    assert (finding.code, dict(finding.params)) == ("lint.weights", {"total": "99.9", "wanted": 100})


@pytest.mark.parametrize(
    ("category", "weight", "lawful"),
    [("goods", "29.99", False), ("goods", "30", True), ("services", "9.99", False), ("services", "10", True)],
)
def test_the_price_weighs_enough_in_government_procurement(category: str, weight: str, lawful: bool) -> None:  # noqa: FBT001 - a parameter of the table above
    documents = procurement({**F1_PRICE, "weight": weight}, category)
    assert (("error", "lint.price_weight", "87号令 art. 55") not in found(documents)) == lawful


@pytest.mark.parametrize("price", [F3_PRICE, checklist()[0]["price"]])
def test_averages_are_unlawful_in_government_procurement(price: dict[str, Any]) -> None:
    draws = checklist()[0]["draws"] if price["rule"] == "F4" else []
    assert ("error", "lint.average_forbidden", "87号令 art. 55") in found(procurement(price, draws=draws))


def test_low_price_first_is_lawful_there() -> None:
    assert errors(procurement({**F1_PRICE, "weight": "100"})) == set()


def test_averages_are_allowed_in_works_tenders() -> None:
    assert errors(priced({**F3_PRICE, "weight": "100"})) == set()


def test_government_procurement_fails_below_three_and_parts_equals_by_price() -> None:
    documents = procurement({**F1_PRICE, "weight": "100"})
    documents[0]["min_valid"] = 2
    documents[0]["ranking"]["ties"] = ["draw"]
    assert found(documents) == {
        ("error", "lint.min_valid", "87号令 art. 43"),
        ("error", "lint.tie_not_price", "87号令 art. 57"),
    }


def test_the_price_is_not_marked_twice_in_government_procurement() -> None:
    line = {
        "id": "again", "kind": "line", "clause": "9", "title": {"zh": "价", "en": "price"}, "question": "price",
        "from": {"at": "0", "points": "10"}, "to": {"at": "100", "points": "0"},
        "rounding": {"mode": "half_up", "places": 2},
    }  # fmt: skip
    assert errors(procurement({**F1_PRICE, "weight": "90"}, criteria=[line])) == {"lint.price_marked_twice"}


def test_the_last_tie_break_is_a_draw() -> None:
    documents = lowest(ranking={"order": "lowest_price", "ties": []})
    assert found(documents) == {("error", "lint.tie_open", "实施条例 art. 53")}


def test_a_tender_has_three_candidates_at_most() -> None:
    assert found(lowest(candidates=4)) == {("error", "lint.too_many_candidates", "实施条例 art. 53")}
    assert found(lowest(candidates=4, law="none")) == {("warning", "lint.no_law", "")}


def test_a_floor_price_is_forbidden_in_the_form_and_as_a_veto() -> None:
    documents = copy.deepcopy(lowest())
    documents[1]["parts"]["offer"][0]["min"] = "0.02"
    assert found(documents) == {("error", "lint.floor_price", "实施条例 art. 27")}
    veto = {
        "id": "least", "kind": "veto", "clause": "9", "title": {"zh": "价", "en": "price"},
        "question": "price", "min": "500",
    }  # fmt: skip
    assert errors(lowest(criteria=[veto])) == {"lint.floor_price"}


def test_a_rule_that_needs_a_ceiling_has_one() -> None:
    assert errors(checklist(), None) == {"price.no_ceiling"}
    assert errors(checklist(ceiling=CEILING), None) == set()
    assert errors(checklist(ceiling=CEILING + 1)) == {"rules.other_ceiling"}


def test_oddities_are_warned_of() -> None:
    documents = copy.deepcopy(checklist())
    documents[0]["criteria"][0]["allow"] = ["yes", "no"]
    documents[0]["criteria"][1]["points"] = dict.fromkeys(("special", "first", "second", "third"), "10")
    documents[0]["criteria"][2]["clause"] = "3.2.1"
    documents[1]["parts"]["offer"][0]["max"] = "1"
    assert found(documents) == {
        ("warning", "lint.veto_never", ""),
        ("warning", "lint.flat", ""),
        ("warning", "lint.clause_shared", ""),
        ("warning", "lint.form_maximum", ""),
    }


def test_all_errors_are_told_at_once() -> None:
    documents = copy.deepcopy(checklist())
    documents[0]["criteria"][2]["bands"][1]["from"] = "140"
    documents[0]["criteria"][3]["question"] = "unasked"
    documents[0]["candidates"] = 5
    assert errors(documents) == {"rules.bands_overlap", "rules.unknown_question", "lint.too_many_candidates"}


def test_a_document_that_cannot_be_read_has_one_finding() -> None:
    assert found(({"v": 1}, load("lowest-price")[1])) == {("error", "shape.missing", "")}
    assert found((load("lowest-price")[0], {})) == {("error", "shape.missing", "")}


def test_publication_refuses_errors_and_names_the_first() -> None:
    with pytest.raises(Refusal) as caught:
        check_publishable(*lowest(candidates=4))
    assert caught.value.code == "rules.not_publishable"
    assert caught.value.params == {"errors": 1, "first": "lint.too_many_candidates", "article": "实施条例 art. 53"}


def test_a_rule_set_over_unknown_questions_is_linted_to_its_end() -> None:
    documents = copy.deepcopy(checklist())
    documents[0]["price_question"] = "cost"
    documents[0]["criteria"][0]["question"] = "licence"
    documents[0]["price"]["weight"] = "61"
    assert errors(documents) == {"rules.unknown_question", "lint.weights"}


def test_works_have_no_statutory_least_weight_of_the_price() -> None:
    documents = procurement({**F1_PRICE, "weight": "5"}, "works")
    assert errors(documents) == {"lint.weights"}


def test_in_government_procurement_a_floor_price_and_an_open_tie_have_their_articles() -> None:
    documents = copy.deepcopy(procurement({**F1_PRICE, "weight": "100"}))
    documents[1]["parts"]["offer"][0]["min"] = "5"
    documents[0]["ranking"]["ties"] = ["lower_price"]
    assert found(documents) == {
        ("error", "lint.floor_price", "87号令 art. 12"),
        ("error", "lint.tie_open", "87号令 art. 68"),
    }

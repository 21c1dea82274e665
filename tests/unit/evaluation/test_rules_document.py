"""A rule set that could not be applied, or in two ways, is refused by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from bidding.form import check_form
from evaluation.rules import check_rule_set
from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from tests.unit.evaluation.rules_kit import F1_PRICE, F3_PRICE, checked, checklist, lowest, priced

Documents = tuple[dict[str, Any], dict[str, Any]]
Change = Callable[[dict[str, Any], dict[str, Any]], object]


def code(documents: Documents) -> str:
    with pytest.raises(Refusal) as caught:
        checked(documents)
    return caught.value.code


def put(*path: str | int, value: Any) -> Change:
    """A change of the rule set at a path."""

    def change(rules: dict[str, Any], _: dict[str, Any]) -> None:
        at: Any = rules
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def ask(question: str, **members: Any) -> Change:
    """A change of a question of the form."""

    def change(_: dict[str, Any], form: dict[str, Any]) -> None:
        for asked in form["parts"]["offer"]:
            if asked["id"] == question:
                asked.update(members)

    return change


VETO, CHOICE, BANDS, LINE, COUNT = range(5)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (put("form", "version", value=2), "rules.other_form"),
        (put("price_question", value="cost"), "rules.unknown_question"),
        (put("price_question", value="duration"), "rules.price_question"),
        (ask("price", required=False), "rules.price_question"),
        (ask("price", min="0"), "rules.price_question"),
        (put("ranking", "order", value="lowest_price"), "rules.price_and_order"),
        (put("price", "weight", value="0.0"), "rules.price_weightless"),
        (put("price", "params", "mark", "places", value=3), "rules.places"),
        (put("price", "params", "floor", value="60.1"), "rules.floor_over_weight"),
        (put("price", "params", "low_to", value="96"), "price.bands_crossed"),
        (put("price", "params", "c_mid", value="c"), "rules.unknown_draw"),
        (put("draws", 0, "name", value="c_mid"), "rules.doubled_draw"),
        (put("draws", 0, "values", value=["2", "2.0"]), "rules.doubled_value"),
        (put("criteria", COUNT, "id", value="safety"), "rules.doubled_criterion"),
        (put("criteria", COUNT, "id", value="price"), "rules.doubled_criterion"),
        (put("criteria", COUNT, "id", value="total"), "rules.doubled_criterion"),
        (put("criteria", VETO, "question", value="licence"), "rules.unknown_question"),
        (ask("duration", required=False), "rules.question_optional"),
        (put("criteria", VETO, "question", value="duration"), "rules.question_kind"),
        (put("criteria", COUNT, "question", value="warranty"), "rules.question_kind"),
        (put("criteria", BANDS, "question", value="grade"), "rules.question_kind"),
        (put("criteria", VETO, "allow", value=["true"]), "rules.unknown_choice"),
        (put("criteria", CHOICE, "points", "fourth", value="1"), "rules.unknown_choice"),
        (put("criteria", CHOICE, "points", value={"special": "10"}), "rules.choice_without_points"),
        (put("criteria", CHOICE, "points", "special", value="9.999"), "rules.points_places"),
        (put("criteria", COUNT, "each", value="0.125"), "rules.points_places"),
        (put("criteria", COUNT, "each", value="0"), "rules.count_worthless"),
        (ask("similar-works", min="-1"), "rules.count_negative"),
        (put("criteria", LINE, "to", "at", value="2"), "rules.line_backwards"),
        (put("criteria", LINE, "rounding", "places", value=4), "rules.places"),
        (put("criteria", BANDS, "bands", 0, "from", value="0"), "rules.bands_ends"),
        (put("criteria", BANDS, "bands", 3, "below", value="999"), "rules.bands_ends"),
        (put("criteria", BANDS, "bands", 1, value={"from": "150", "points": "8"}), "rules.bands_edge_missing"),
        (put("criteria", BANDS, "bands", 1, "from", value="151"), "rules.bands_gap"),
        (put("criteria", BANDS, "bands", 1, "from", value="149"), "rules.bands_overlap"),
        (put("criteria", BANDS, "bands", 1, "below", value="150"), "rules.bands_empty"),
        (put("ranking", "ties", value=["draw", "lower_price"]), "rules.tie_never_reached"),
        (put("ranking", "ties", value=["lower_price", "lower_price"]), "rules.tie_never_reached"),
        (put("ranking", "ties", value=["mark:safety", "draw"]), "rules.tie_unknown_mark"),
    ],
)
def test_a_rule_set_that_makes_no_sense_is_refused(change: Change, found: str) -> None:
    rules, form = copy.deepcopy(checklist())
    change(rules, form)
    assert code((rules, form)) == found


def veto(**bounds: Any) -> dict[str, Any]:
    return {
        "id": "v",
        "kind": "veto",
        "clause": "1",
        "title": {"zh": "否", "en": "veto"},
        "question": "duration",
        **bounds,
    }


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ({}, "rules.veto_without_bound"),
        ({"min": "2026-01-01"}, "rules.veto_bound_kind"),
        ({"min": "5", "max": "4"}, "rules.veto_bounds_crossed"),
        ({"min": "10", "max": "9"}, "rules.veto_bounds_crossed"),
    ],
)
def test_a_veto_has_bounds_of_its_questions_kind_in_order(bounds: dict[str, Any], found: str) -> None:
    assert code(checklist(criteria=[veto(**bounds)])) == found


def test_numbers_are_compared_as_numbers() -> None:
    checked(checklist(criteria=[veto(min="9", max="10")]))


def test_points_need_a_ranking_by_marks() -> None:
    count = checklist()[0]["criteria"][COUNT]
    rules, form = checklist(price=None, draws=[], criteria=[count], ranking={"order": "lowest_price", "ties": ["draw"]})
    assert code((rules, form)) == "rules.points_without_marks"


def test_marks_need_a_price_rule() -> None:
    assert code(lowest(ranking={"order": "marks", "ties": ["draw"]})) == "rules.price_and_order"


def test_a_draw_nobody_reads_is_refused() -> None:
    assert code(lowest(draws=[{"name": "k", "values": ["1"]}])) == "rules.unused_draw"


@pytest.mark.parametrize("price", [F1_PRICE, F3_PRICE])
def test_other_price_rules_are_read(price: dict[str, Any]) -> None:
    rules, _ = checked(priced(price))
    assert rules.price is not None
    assert rules.price.rule.name == price["rule"]


def test_a_rule_set_is_named_by_the_hash_of_its_canonical_bytes() -> None:
    documents = checklist()
    assert checked(documents)[0].sha256 == H(canonical(documents[0])).hex()


def test_the_questions_a_rule_set_reads_start_with_the_price() -> None:
    assert checked(checklist())[0].questions == (
        "price", "safety-licence", "grade", "duration", "warranty", "similar-works",
    )  # fmt: skip


@pytest.mark.parametrize("doc", [None, [], "rules", 1, True, {}, {"v": 1}])
def test_something_else_altogether_is_refused(doc: Any) -> None:
    with pytest.raises(Refusal) as caught:
        check_rule_set(doc, check_form(checklist()[1]))
    assert caught.value.code.startswith("shape.")

"""Veto, choice, bands, line, count: each read out of a report, at its edges."""

from __future__ import annotations

from typing import Any

import pytest

from bidding.form import check_form
from evaluation.rules import OpenedBid, check_rule_set, evaluate
from tests.unit.evaluation.rules_kit import ANSWERS, CEILING, DRAWS, HALF_UP_2, bid, checklist, lot, marks
from tests.unit.evaluation.rules_kit import run_checklist as run


def mark_of(criterion: str, **answers: str) -> str:
    return marks(run(bid("a1", "9500000", **answers)), criterion)[0]


def mark_by(criterion: dict[str, Any], question: dict[str, Any], answer: str) -> str:
    """The result of one criterion over one question, put in place of the template's."""
    rules, form = checklist()
    title = {"zh": "问", "en": "question"}
    asked = {"id": "asked", "title": title, "required": True, **question}
    form["parts"]["offer"].append(asked)
    rules["criteria"].append({"id": "tried", "clause": "9", "title": title, "question": "asked", **criterion})
    checked = check_form(form)
    opened = OpenedBid("a1", {"offer": {"price": "9500000", **ANSWERS, "asked": answer}})
    report = evaluate(check_rule_set(rules, checked), checked, lot(draws=DRAWS, ceiling=CEILING), [opened])
    return marks(report, "tried")[0]


@pytest.mark.parametrize(
    ("grade", "points"), [("special", "10.00"), ("first", "8.00"), ("second", "5.00"), ("third", "0.00")]
)
def test_a_choice_gives_the_points_of_its_value(grade: str, points: str) -> None:
    assert mark_of("qualification", grade=grade) == points


@pytest.mark.parametrize(
    ("days", "points"),
    [("1", "10.00"), ("149", "10.00"), ("150", "8.00"), ("179", "8.00"), ("180", "4.00"), ("240", "0.00")],
)
def test_a_band_holds_its_lower_edge_and_not_its_upper(days: str, points: str) -> None:
    assert mark_of("time", duration=days) == points


@pytest.mark.parametrize(
    ("years", "points"), [("2", "0.00"), ("3.5", "5.00"), ("3.1", "3.67"), ("2.1", "0.33"), ("5", "10.00")]
)
def test_a_line_runs_straight_and_rounds_half_up(years: str, points: str) -> None:
    assert mark_of("warranty", warranty=years) == points


def test_a_line_is_flat_beyond_its_ends() -> None:
    assert mark_of("warranty", warranty="50") == "10.00"


def test_a_line_may_fall() -> None:
    line = {
        "kind": "line",
        "from": {"at": "-10", "points": "6"},
        "to": {"at": "10", "points": "0"},
        "rounding": HALF_UP_2,
    }
    question = {"kind": "decimal", "places": 1, "min": "-100"}
    assert mark_by(line, question, "-50") == "6.00"
    assert mark_by(line, question, "0") == "3.00"
    assert mark_by(line, question, "3.3") == "2.01"
    assert mark_by(line, question, "99") == "0.00"


def test_a_line_may_cut_instead_of_rounding() -> None:
    line = {
        "kind": "line",
        "from": {"at": "0", "points": "0"},
        "to": {"at": "3", "points": "2"},
        "rounding": {"mode": "down", "places": 1},
    }
    assert mark_by(line, {"kind": "integer"}, "1") == "0.60"


@pytest.mark.parametrize(("works", "points"), [("0", "0.00"), ("3", "7.50"), ("4", "10.00"), ("999", "10.00")])
def test_a_count_stops_at_its_cap(works: str, points: str) -> None:
    assert mark_of("experience", similar_works=works) == points


def test_an_amount_enters_bands_in_yuan() -> None:
    bands = {"kind": "bands", "bands": [{"below": "1000.5", "points": "1"}, {"from": "1000.5", "points": "2"}]}
    assert mark_by(bands, {"kind": "money"}, "1000.49") == "1.00"
    assert mark_by(bands, {"kind": "money"}, "1000.50") == "2.00"


@pytest.mark.parametrize(
    ("veto", "question", "answer", "result"),
    [
        ({"allow": ["yes"]}, {"kind": "boolean"}, "yes", "passed"),
        ({"allow": ["yes"]}, {"kind": "boolean"}, "no", "rejected"),
        ({"max": "180"}, {"kind": "integer"}, "180", "passed"),
        ({"max": "180"}, {"kind": "integer"}, "181", "rejected"),
        ({"min": "1.5", "max": "2"}, {"kind": "decimal", "places": 2}, "1.5", "passed"),
        ({"min": "1.5", "max": "2"}, {"kind": "decimal", "places": 2}, "1.49", "rejected"),
        ({"min": "10"}, {"kind": "money"}, "10.00", "passed"),
        ({"min": "10"}, {"kind": "money"}, "9.99", "rejected"),
        ({"min": "2026-06-01"}, {"kind": "date"}, "2026-06-01", "passed"),
        ({"min": "2026-06-01"}, {"kind": "date"}, "2026-05-31", "rejected"),
        ({"max": "2026-06-01"}, {"kind": "date"}, "2026-06-02", "rejected"),
    ],
)
def test_a_veto_rejects_what_is_not_in_its_set_or_range(
    veto: dict[str, Any], question: dict[str, Any], answer: str, result: str
) -> None:
    assert mark_by({"kind": "veto", **veto}, question, answer) == result

"""What a bid may answer, and what the client stops before it seals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from bidding.form import MAX_UNKNOWN_NAMED, Form, check_answers, check_form, read_answer
from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

TITLE = {"zh": "问", "en": "question"}


def question(kind: str, **members: Any) -> dict[str, Any]:
    return {"id": kind, "kind": kind, "title": TITLE, "required": True, **members}


def document(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"v": 1, "id": "works", "version": 1, "parts": {"identity": [], "offer": list(questions)}}


EVERY_KIND = (
    question("text", max_length=10),
    question("integer", min="-5", max="10"),
    question("decimal", places=2, min="0.5", max="99.75"),
    question("money", max="1000000"),
    question("choice", choices=[{"value": "a", "title": TITLE}, {"value": "b", "title": TITLE}]),
    question("boolean"),
    question("date", min="2026-01-01", max="2026-12-31"),
    question("file"),
)
GOOD = {
    "text": "某某路 1 号",
    "integer": "-5",
    "decimal": "99.75",
    "money": "1000000.00",
    "choice": "b",
    "boolean": "no",
    "date": "2026-02-28",
    "file": "plan.pdf",
}


def every() -> Form:
    return check_form(document(*EVERY_KIND))


def code(form_document: Any) -> str:
    with pytest.raises(Refusal) as caught:
        check_form(form_document)
    return caught.value.code


def problems(kind: str, answer: object, **members: Any) -> list[str]:
    form = check_form(document(question(kind, **members)))
    return [problem.code for problem in check_answers(form, "offer", {kind: answer})]


def test_a_filled_form_has_no_problem() -> None:
    assert check_answers(every(), "offer", GOOD, ["plan.pdf"]) == []


def test_a_form_is_named_by_the_hash_of_its_canonical_bytes() -> None:
    assert every().sha256 == H(canonical(document(*EVERY_KIND))).hex()


def test_values_are_exact() -> None:
    form = every()
    values = {
        name: read_answer(found, answer) for name, answer in GOOD.items() if (found := form.question(name)) is not None
    }
    assert values["money"] == 100_000_000
    assert values["integer"] == -5
    assert values["decimal"] == Fraction(399, 4)
    assert values["choice"] == "b"


@pytest.mark.parametrize(
    "answer",
    [
        "NaN", "nan", "Infinity", "1e-9", "1E6", "-1", "+1", "１２３", "１", "true", "True", "01", "00", "0.001", ".5",
        "5.", " 5", "5 ", "5\n", "1,000", "1_000", "0x10", "一百", "٣", "12345678901234", "--1", "",
    ],
)  # fmt: skip
def test_a_price_that_is_no_plain_decimal_is_found(answer: str) -> None:
    assert problems("money", answer) == ["form.not_money" if answer else "form.empty"]


@pytest.mark.parametrize("answer", [True, 5, 5.0, None, ["5"], {"a": "5"}])
def test_an_answer_that_is_no_string_is_found(answer: object) -> None:
    assert problems("money", answer) == ["form.not_text"]


def test_a_price_is_above_zero_and_at_most_the_maximum() -> None:
    assert problems("money", "0") == ["form.too_small"]
    assert problems("money", "0.00") == ["form.too_small"]
    assert problems("money", "0.01") == []
    assert problems("money", "10.00", max="10") == []
    assert problems("money", "10.01", max="10") == ["form.too_big"]


def test_an_amount_may_be_zero_where_the_form_says_so() -> None:
    assert problems("money", "0", min="0") == []


@pytest.mark.parametrize("answer", ["-0", "1.0", "+1", "007", "1e3", "２", " 1", "true", "9" * 16])
def test_an_integer_has_one_spelling(answer: str) -> None:
    assert problems("integer", answer, min="-9") == ["form.not_integer"]


def test_a_negative_number_needs_a_negative_minimum() -> None:
    assert problems("integer", "-1") == ["form.too_small"]
    assert problems("decimal", "-0.5", places=1) == ["form.too_small"]
    assert problems("decimal", "-0.5", places=1, min="-1") == []


@pytest.mark.parametrize("answer", ["0.123", "1.", ".1", "-0.0", "-0", "1e1", "NaN", "１.5", "01.5", "1,5"])
def test_a_decimal_has_at_most_its_places_and_no_other_spelling(answer: str) -> None:
    assert problems("decimal", answer, places=2, min="-9") == ["form.not_decimal"]


def test_the_limit_is_told_in_the_questions_own_spelling() -> None:
    form = check_form(document(question("decimal", places=2, max="9.5")))
    (problem,) = check_answers(form, "offer", {"decimal": "9.51"})
    assert problem.params == {"question": "decimal", "limit": "9.50"}


@pytest.mark.parametrize("answer", ["c", "A", "a ", "a|b"])
def test_a_choice_is_one_of_the_list(answer: str) -> None:
    form = every()
    assert [p.code for p in check_answers(form, "offer", {**GOOD, "choice": answer})] == ["form.not_a_choice"]


@pytest.mark.parametrize("answer", ["true", "false", "Yes", "1", "是"])
def test_a_boolean_is_yes_or_no(answer: str) -> None:
    assert problems("boolean", answer) == ["form.not_a_choice"]


@pytest.mark.parametrize("answer", ["2026-2-1", "2026-02-30", "20260201", "2026-02-01T00:00", "２026-02-01", "today"])
def test_a_date_is_a_day_of_the_calendar(answer: str) -> None:
    assert problems("date", answer) == ["form.not_date"]


def test_a_date_keeps_its_bounds() -> None:
    assert problems("date", "2025-12-31", min="2026-01-01") == ["form.too_small"]
    assert problems("date", "2026-01-01", min="2026-01-01", max="2026-01-01") == []
    assert problems("date", "2026-01-02", max="2026-01-01") == ["form.too_big"]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("a\x00b", "form.hidden_character"),
        ("a\u202eb", "form.hidden_character"),
        ("a\u200bb", "form.hidden_character"),
        ("a\tb", "form.hidden_character"),
        (" a", "form.blank_edge"),
        ("a\u3000", "form.blank_edge"),
        ("a" * 11, "form.too_long"),
        ("", "form.empty"),
    ],
)
def test_a_text_shows_all_it_holds(answer: str, found: str) -> None:
    assert problems("text", answer, max_length=10) == [found]


def test_a_text_may_have_lines() -> None:
    assert problems("text", "a\nb") == []


def test_a_file_question_names_a_file_of_the_bid() -> None:
    form = every()
    assert [p.code for p in check_answers(form, "offer", GOOD, [])] == ["form.file_missing"]
    assert check_answers(form, "offer", GOOD) == []


def test_all_problems_are_told_at_once_in_the_forms_order() -> None:
    found = check_answers(every(), "offer", {"money": "1e-9", "decimal": "x", "zzz": "1", "aaa": "2"})
    assert [(problem.question, problem.code) for problem in found] == [
        ("text", "form.missing"),
        ("integer", "form.missing"),
        ("decimal", "form.not_decimal"),
        ("money", "form.not_money"),
        ("choice", "form.missing"),
        ("boolean", "form.missing"),
        ("date", "form.missing"),
        ("file", "form.missing"),
        ("aaa", "form.unknown_question"),
        ("zzz", "form.unknown_question"),
    ]


def test_a_flood_of_unasked_answers_makes_a_short_list() -> None:
    flood: dict[str, object] = {f"q{number}\u202e{'x' * 500}": "1" for number in range(5000)}
    found = check_answers(every(), "offer", {**GOOD, **flood})
    assert len(found) == MAX_UNKNOWN_NAMED
    assert all(problem.question.isascii() and len(problem.question) <= 64 for problem in found)


def test_an_optional_question_may_be_left_out_but_not_left_empty() -> None:
    form = check_form(document(question("text", required=False)))
    assert check_answers(form, "offer", {}) == []
    assert [p.code for p in check_answers(form, "offer", {"text": ""})] == ["form.empty"]


def test_a_part_the_form_does_not_have_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        check_answers(every(), "technical", {})
    assert caught.value.code == "form.unknown_part"


def test_question_ids_are_unique_over_all_parts() -> None:
    doc = document(question("text"))
    doc["parts"]["identity"] = [question("text")]
    assert code(doc) == "form.doubled_question"


@pytest.mark.parametrize(
    ("doc", "found"),
    [
        (document(question("integer", min="5", max="4")), "form.empty_range"),
        (document(question("money", max="0")), "form.empty_range"),
        (document(question("decimal", places=1, min="0.25")), "form.bound_places"),
        (document(question("date", min="2026-02-30")), "form.not_date"),
        (document(question("choice", choices=[{"value": "a", "title": TITLE}] * 2)), "form.doubled_choice"),
        (document(question("choice")), "shape.missing"),
        (document(question("choice", choices=[])), "shape.length"),
        (document(question("integer", min=5)), "shape.type"),
        (document(question("integer", min="1.5")), "shape.value"),
        (document(question("money", min="-1")), "shape.value"),
        (document(question("text", min="1")), "shape.unknown"),
        (document(question("number")), "shape.value"),
        (document(question("text", required="yes")), "shape.type"),
        (document(question("text", title={"zh": "问"})), "shape.missing"),
        (document(question("text", id="Price")), "shape.value"),
        ({**document(), "v": 2}, "shape.value"),
        ({**document(), "v": True}, "shape.type"),
        ({**document(), "script": "1"}, "shape.unknown"),
        ({**document(), "parts": {}}, "shape.length"),
        ({**document(), "parts": {"Offer!": []}}, "shape.value"),
        ({**document(), "parts": []}, "shape.type"),
        ({**document(), "version": 1.0}, "shape.type"),
        ([], "shape.type"),
        (None, "shape.type"),
    ],
)
def test_a_form_document_that_is_wrong_is_refused(doc: Any, found: str) -> None:
    assert code(doc) == found

"""The questions a bid answers, and their checks (docs/formats/form.md).

The client runs `check_answers` before it seals; after the opening the evaluation runs the same function and
rejects what it finds. Every answer is a string with one plain spelling: `1e-9`, `NaN`, `true`, a full-width
digit, a sign, a leading zero or a space is no number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final, cast

from bidding import shape
from bidding.shape import shown
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Param, Refusal
from ledger.basics.hashing import H
from ledger.basics.money import parse_yuan, yuan

Value = str | int | Fraction

YES: Final = "yes"
NO: Final = "no"
DEFAULT_TEXT_LENGTH: Final = 2000
# A stranger's form may hold any number of names that were never asked for: this many are named, no more.
MAX_UNKNOWN_NAMED: Final = 20

_INTEGER: Final = re.compile(r"(?:0|-?[1-9][0-9]{0,14})\Z", re.ASCII)
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.([0-9]{1,10}))?\Z", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
# Fixed ranges, not Unicode categories: categories differ between versions of Python, a verdict must not.
_HIDDEN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_BLANK: Final = " \n\u00a0\u3000"

_COMMON: Final = {
    "id": shape.identifier,
    "title": shape.title,
    "required": shape.boolean,
    "kind": shape.text(16),
}
_DAY: Final = shape.matching(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "date")
_AMOUNT: Final = shape.matching(r"(?:0|[1-9][0-9]{0,12})(?:\.[0-9]{1,2})?", "yuan")
_WHOLE: Final = shape.matching(r"0|-?[1-9][0-9]{0,14}", "integer")
_CHOICE: Final = shape.record({"value": shape.identifier, "title": shape.title})
_KINDS: Final[Mapping[str, shape.Shape]] = {
    "text": shape.record(_COMMON, {"max_length": shape.integer(1, 10_000)}),
    "integer": shape.record(_COMMON, {"min": _WHOLE, "max": _WHOLE}),
    "decimal": shape.record(
        {**_COMMON, "places": shape.integer(1, 10)}, {"min": shape.signed_decimal, "max": shape.signed_decimal}
    ),
    "money": shape.record(_COMMON, {"min": _AMOUNT, "max": _AMOUNT}),
    "choice": shape.record({**_COMMON, "choices": shape.array(_CHOICE, 1, 100)}),
    "boolean": shape.record(_COMMON),
    "date": shape.record(_COMMON, {"min": _DAY, "max": _DAY}),
    "file": shape.record(_COMMON),
}
_SHAPE: Final = shape.record(
    {
        "v": shape.integer(1, 1),
        "id": shape.identifier,
        "version": shape.integer(1, 1_000_000),
        "parts": shape.mapping(shape.array(shape.tagged("kind", _KINDS), 0, 200), 1, 8),
    }
)
_DEFAULT_MIN: Final = {"integer": "0", "decimal": "0", "money": "0.01"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the answer to one question: `code` and `params` as in a `Refusal`."""

    question: str
    code: str
    params: Mapping[str, Param]


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `low` and `high` bound numbers (`Fraction`), amounts (int fen) and dates (ISO text)."""

    id: str
    part: str
    kind: str
    title: Mapping[str, str]
    required: bool
    low: Value | None
    high: Value | None
    places: int
    choices: tuple[str, ...]
    max_length: int


@dataclass(frozen=True, slots=True)
class Form:
    """A checked form. `sha256` is the SHA-256 of the document's canonical bytes, by which a notice names it."""

    id: str
    version: int
    parts: Mapping[str, tuple[Question, ...]]
    sha256: str

    def question(self, question_id: str) -> Question | None:
        """The question of this id in whatever part."""
        return next((q for part in self.parts.values() for q in part if q.id == question_id), None)


def check_form(doc: object) -> Form:
    """The form that `doc` describes; `Refusal("shape.*" | "form.*")` names the first thing wrong with it."""
    _SHAPE(doc, "")
    digest = H(canonical(doc)).hex()
    form = cast(dict[str, Json], doc)
    parts: dict[str, tuple[Question, ...]] = {}
    seen: set[str] = set()
    for part, questions in cast(dict[str, list[dict[str, Json]]], form["parts"]).items():
        parts[part] = tuple(_question(part, question) for question in questions)
        for question in parts[part]:
            if question.id in seen:
                raise Refusal("form.doubled_question", question=question.id)
            seen.add(question.id)
    return Form(cast(str, form["id"]), cast(int, form["version"]), MappingProxyType(parts), digest)


def check_answers(
    form: Form, part: str, answers: Mapping[str, object], files: Collection[str] | None = None
) -> list[Problem]:
    """Everything that is wrong with the `answers` to a part of the form, in the form's order; [] if nothing is.

    `files`: the names in the header's file list; a file question must name one of them (not checked if None).
    Of questions that were never asked the first twenty are named. Raises `Refusal("form.unknown_part")`.
    """
    return read_answers(form, part, answers, files)[1]


def read_answers(
    form: Form, part: str, answers: Mapping[str, object], files: Collection[str] | None = None
) -> tuple[dict[str, Value], list[Problem]]:
    """The values of the answers with which nothing is wrong, by question, and what `check_answers` finds."""
    if part not in form.parts:
        raise Refusal("form.unknown_part", part=shown(part), form=form.id)
    values: dict[str, Value] = {}
    found: list[tuple[str, Refusal]] = []
    for question in form.parts[part]:
        if question.id not in answers:
            if question.required:
                found.append((question.id, Refusal("form.missing", question=question.id)))
            continue
        try:
            values[question.id] = read_answer(question, answers[question.id], files)
        except Refusal as refusal:
            found.append((question.id, refusal))
    asked = {question.id for question in form.parts[part]}
    unasked = sorted(shown(name) for name in answers.keys() - asked)[:MAX_UNKNOWN_NAMED]
    found.extend((name, Refusal("form.unknown_question", question=name, form=form.id)) for name in unasked)
    return values, [Problem(question, refusal.code, refusal.params) for question, refusal in found]


def read_answer(question: Question, answer: object, files: Collection[str] | None = None) -> Value:
    """The value of an answer: int fen (money), int (integer), Fraction (decimal), else the text itself.

    Raises `Refusal("form.*")` with the question, what was expected and the limit.
    """
    if not isinstance(answer, str):
        raise Refusal("form.not_text", question=question.id)
    if not answer:
        raise Refusal("form.empty", question=question.id)
    value: Value = answer
    match question.kind:
        case "text":
            _check_text(question, answer)
        case "integer":
            value = _read_integer(question, answer)
        case "decimal":
            value = _read_decimal(question, answer)
        case "money":
            value = _read_money(question, answer)
        case "choice" | "boolean":
            if answer not in question.choices:
                raise Refusal("form.not_a_choice", question=question.id, choices="|".join(question.choices))
        case "date":
            _check_date(question.id, answer)
        case _:
            _check_text(question, answer)
            if files is not None and answer not in files:
                raise Refusal("form.file_missing", question=question.id, name=shown(answer))
    _check_range(question, value)
    return value


def _check_text(question: Question, answer: str) -> None:
    if len(answer) > question.max_length:
        raise Refusal("form.too_long", question=question.id, limit=question.max_length, found=len(answer))
    if _HIDDEN.search(answer):
        raise Refusal("form.hidden_character", question=question.id)
    if answer != answer.strip(_BLANK):
        raise Refusal("form.blank_edge", question=question.id)


def _read_integer(question: Question, answer: str) -> int:
    if not _INTEGER.match(answer):
        raise Refusal("form.not_integer", question=question.id)
    return int(answer)


def _read_decimal(question: Question, answer: str) -> Fraction:
    match = _DECIMAL.match(answer)
    if match is None:
        raise Refusal("form.not_decimal", question=question.id, places=question.places)
    value = Fraction(answer)
    # Minus zero would give the same number a second spelling.
    if len(match[1] or "") > question.places or (value == 0 and answer.startswith("-")):
        raise Refusal("form.not_decimal", question=question.id, places=question.places)
    return value


def _read_money(question: Question, answer: str) -> int:
    try:
        return parse_yuan(answer)
    except Refusal as exc:
        raise Refusal("form.not_money", question=question.id) from exc


def _check_date(question: str, answer: str) -> None:
    try:
        if _DATE.match(answer):
            date.fromisoformat(answer)
            return
    except ValueError:
        pass  # a day that no calendar has: refused like any other spelling, below
    raise Refusal("form.not_date", question=question)


def _check_range(question: Question, value: Value) -> None:
    # `low`, `high` and `value` are of one type for a kind: Fraction and int compare exactly, dates as ISO text.
    if question.low is not None and value < question.low:  # type: ignore[operator]  # same kind, same type
        raise Refusal("form.too_small", question=question.id, limit=_limit(question, question.low))
    if question.high is not None and value > question.high:  # type: ignore[operator]  # same kind, same type
        raise Refusal("form.too_big", question=question.id, limit=_limit(question, question.high))


def _limit(question: Question, value: Value) -> str:
    if question.kind == "money" and isinstance(value, int):
        return yuan(value)
    if isinstance(value, Fraction) and value.denominator != 1:
        scaled = value * 10**question.places
        sign, digits = "-" if scaled < 0 else "", str(abs(int(scaled))).rjust(question.places + 1, "0")
        return f"{sign}{digits[: -question.places]}.{digits[-question.places :]}"
    return str(value)


def _question(part: str, doc: dict[str, Json]) -> Question:
    kind = cast(str, doc["kind"])
    places = cast(int, doc.get("places", 0))
    choices = tuple(cast(str, choice["value"]) for choice in cast(list[dict[str, Json]], doc.get("choices", [])))
    question = Question(
        id=cast(str, doc["id"]),
        part=part,
        kind=kind,
        title=cast(dict[str, str], doc["title"]),
        required=cast(bool, doc["required"]),
        low=_bound(doc, kind, "min", places),
        high=_bound(doc, kind, "max", places),
        places=places,
        choices=(YES, NO) if kind == "boolean" else choices,
        max_length=cast(int, doc.get("max_length", DEFAULT_TEXT_LENGTH)),
    )
    if len(set(choices)) != len(choices):
        raise Refusal("form.doubled_choice", question=question.id)
    if question.low is not None and question.high is not None and question.low > question.high:  # type: ignore[operator]  # same kind, same type
        raise Refusal("form.empty_range", question=question.id)
    return question


def _bound(doc: dict[str, Json], kind: str, member: str, places: int) -> Value | None:
    written = doc.get(member, _DEFAULT_MIN.get(kind) if member == "min" else None)
    if written is None:
        return None
    spelled, question = cast(str, written), cast(str, doc["id"])
    if kind == "money":
        return parse_yuan(spelled)
    if kind == "date":
        _check_date(question, spelled)
        return spelled
    if len(spelled.partition(".")[2]) > places:
        raise Refusal("form.bound_places", question=question, places=places)
    return Fraction(spelled)

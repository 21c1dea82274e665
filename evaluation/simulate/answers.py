"""What honest bidders answer: values drawn from stated distributions, marked by the real criteria.

A criterion that experts mark has the panel's mean drawn evenly over its range, in its steps. Each question has a list
of values with weights; what a criterion makes of a value is asked of `evaluation.rules` once and looked up ever after.
By default the values that a question's criteria can tell apart are as likely as one another (within the form's
bounds), but for those that a veto rejects: they come up with the share `fail` in all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bidding.form import Form, Question, Value, read_answer
from evaluation.rules import RuleSet, criteria, evaluated
from evaluation.rules.criteria import EXPERT, LISTED, NUMERIC, Criterion
from evaluation.simulate.streams import Floats, generator
from ledger.basics.errors import Refusal
from ledger.basics.money import yuan

FAIL: Final = 0.02
MOST_VALUES: Final = 401
KINDS: Final = ("veto", "choice", "bands", "line", "count", EXPERT)


@dataclass(frozen=True, slots=True)
class Answer:
    """The distribution of the answers to one question: values, how they are written, their probabilities."""

    question: Question
    values: tuple[Value, ...]
    texts: tuple[str, ...]
    weights: Floats


@dataclass(frozen=True, slots=True)
class Sample:
    """`picked`: place of the value by question; `marks` by criterion; `passed` by veto: each (trials, bids)."""

    picked: Mapping[str, NDArray[np.intp]]
    marks: Mapping[str, Floats]
    passed: Mapping[str, NDArray[np.bool_]]


def distributions(
    rules: RuleSet, form: Form, given: Mapping[str, Mapping[str, float]] | None = None, fail: float = FAIL
) -> dict[str, Answer]:
    """The distribution of every question that a criterion reads, or on which it hangs what a price counts as.

    `given`: answer text to weight, by question, in place of the default. Raises `Refusal`: `simulate.kind`,
    `simulate.price_criterion`, `simulate.answers`, and what reading an answer raises.
    """
    given = given or {}
    read: dict[str, list[Criterion]] = {}
    for criterion in rules.criteria:
        if criterion.kind not in KINDS:
            raise Refusal("simulate.kind", criterion=criterion.id, kind=criterion.kind)
        if criterion.by_experts:
            continue
        if criterion.question == rules.price_question:
            # It would have to be asked of every price of every strategy; the linter warns of such criteria.
            raise Refusal("simulate.price_criterion", criterion=criterion.id)
        read.setdefault(criterion.question, []).append(criterion)
    for name in _counting(rules):
        read.setdefault(name, [])
    for name in given:
        if name not in read:
            raise Refusal("simulate.answers", question=name[:64])
    found: dict[str, Answer] = {}
    for name, reading in read.items():
        question = form.question(name)
        if question is None:
            criterion_id = reading[0].id if reading else evaluated.CRITERION
            raise Refusal("rules.unknown_question", criterion=criterion_id, question=name)
        found[name] = _stated(question, given[name]) if name in given else _default(question, reading, fail)
    return found


def _counting(rules: RuleSet) -> list[str]:
    """The questions by which prices are deducted from, adjusted by a share, or weighed with features."""
    document = rules.evaluated_price
    adjusted = [one for one in document.get("adjustments", ()) if "per_cent" in one]
    return [one["question"] for one in (*adjusted, *document.get("deductions", ()), *document.get("features", ()))]


def sample(rules: RuleSet, answers: Mapping[str, Answer], seed: int, stage: str, shape: tuple[int, int]) -> Sample:
    """The answers of (trials, bids) honest bidders, with what the criteria make of them."""
    picked = {
        name: generator(seed, stage, "answer", name).choice(len(answer.values), size=shape, p=answer.weights)
        for name, answer in answers.items()
    }
    marks, passed = {}, {}
    for criterion in rules.criteria:
        if criterion.by_experts:
            marked = np.asarray(_panel_marks(criterion))
            marks[criterion.id] = generator(seed, stage, "panel", criterion.id).choice(marked, size=shape)
            continue
        answer = answers[criterion.question]
        if criterion.vetoes:
            table = [criteria.passes(criterion, answer.question, value) for value in answer.values]
            passed[criterion.id] = np.asarray(table)[picked[criterion.question]]
        else:
            points = [
                float(criteria.mark(criterion, answer.question, value, rules.rounding)[1]) for value in answer.values
            ]
            marks[criterion.id] = np.asarray(points)[picked[criterion.question]]
    return Sample(picked, marks, passed)


def _panel_marks(criterion: Criterion) -> list[float]:
    """What a panel's means come to, in steps of the single mark."""
    body = criterion.body
    low, high, step = Fraction(body["range"]["min"]), Fraction(body["range"]["max"]), Fraction(body["step"])
    count = min(int((high - low) / step), MOST_VALUES)
    return [float(criteria.scaled(criterion, low + (high - low) * at / count)[1]) for at in range(count + 1)]


def _stated(question: Question, weights: Mapping[str, float]) -> Answer:
    total = sum(weights.values())
    if not 1 <= len(weights) <= MOST_VALUES or not 0 < total < math.inf or min(weights.values()) < 0:
        raise Refusal("simulate.answers", question=question.id)
    values = tuple(read_answer(question, text) for text in weights)
    return Answer(question, values, tuple(weights), np.asarray(list(weights.values())) / total)


def _default(question: Question, reading: Sequence[Criterion], fail: float) -> Answer:
    if question.kind in LISTED:
        values: tuple[Value, ...] = question.choices
    elif question.kind in NUMERIC:
        values = _numbers(question, reading)
    else:
        values = _days(reading)
    good = [
        all(criteria.passes(criterion, question, value) for criterion in reading if criterion.vetoes)
        for value in values
    ]
    held = np.asarray(good, dtype=np.float64)
    share = fail if 0 < held.sum() < len(held) else 0.0
    weights = np.where(held > 0, (1 - share) / max(held.sum(), 1), share / max(len(held) - held.sum(), 1))
    if not held.any():
        weights = np.full(len(held), 1 / len(held))
    return Answer(question, values, tuple(_text(question, value) for value in values), weights / weights.sum())


def _numbers(question: Question, reading: Sequence[Criterion]) -> tuple[Value, ...]:
    """Admissible values, evenly over what the criteria tell apart."""
    step = Fraction(1, 10**question.places) if question.kind == "decimal" else Fraction(1)
    unit = 100 if question.kind == "money" else 1  # money is read in yuan and held in fen
    edges = [edge * unit for criterion in reading for edge in _edges(criterion.body, criterion.kind)]
    low, high = min(edges), max(edges)
    low = low if question.low is None else max(low, Fraction(question.low))
    high = high if question.high is None else min(high, Fraction(question.high))
    first, last = math.ceil(low / step), math.floor(max(high, low) / step)
    count = min(last - first + 1, MOST_VALUES)
    places = {first + (last - first) * index // max(count - 1, 1) for index in range(max(count, 1))}
    whole = question.kind in ("integer", "money")
    return tuple(int(place * step) if whole else place * step for place in sorted(places))


def _edges(body: Mapping[str, Any], kind: str) -> list[Fraction]:
    """The ends of what a criterion tells apart, in the unit that the question shows."""
    if kind == "line":
        return [Fraction(body["from"]["at"]), Fraction(body["to"]["at"])]
    if kind == "count":
        return [Fraction(0), Fraction(math.ceil(Fraction(body["cap"]) / Fraction(body["each"])))]
    if kind == "bands":
        inner = [Fraction(band["below"]) for band in body["bands"] if "below" in band]
        if not inner:
            return [Fraction(0), Fraction(1)]
        wide = (inner[-1] - inner[0]) / (len(inner) - 1) if len(inner) > 1 else abs(inner[0]) / 2 or Fraction(1)
        return [inner[0] - wide, inner[-1] + wide]
    bounds = [Fraction(body[edge]) for edge in ("min", "max") if edge in body]
    room = max(abs(bounds[-1] - bounds[0]), abs(bounds[0]), Fraction(1)) / 10
    return [min(bounds) - room, max(bounds) + room]


def _days(reading: Sequence[Criterion]) -> tuple[Value, ...]:
    days: set[str] = set()
    for criterion in reading:
        for edge, sign in (("min", -1), ("max", 1)):
            if edge in criterion.body:
                day = date.fromisoformat(criterion.body[edge])
                days |= {day.isoformat(), (day + timedelta(days=sign)).isoformat()}
    return tuple(sorted(days))


def _text(question: Question, value: Value) -> str:
    if isinstance(value, str):
        return value
    if question.kind == "money":
        return yuan(int(value))
    if isinstance(value, int) or value.denominator == 1:
        return str(int(value))
    scaled = value * 10**question.places
    sign, digits = "-" if scaled < 0 else "", str(abs(int(scaled))).rjust(question.places + 1, "0")
    return f"{sign}{digits[: -question.places]}.{digits[-question.places :]}"

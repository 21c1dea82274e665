"""The criteria: veto, choice, bands, line, count read an answer, expert is marked by a panel. Nothing in them runs.

A numeric answer enters as an exact number in the unit its question shows: an amount in yuan, everything else as
written. The shapes stand in `schema.py`; what ties a criterion to its question is checked by `relations`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from bidding.form import Form, Question, Value
from evaluation.rules.certificate import Step, noted, step
from evaluation.rules.exact import Rounding, decimal
from ledger.basics.errors import Refusal

NUMERIC: Final = ("integer", "decimal", "money")
LISTED: Final = ("choice", "boolean")
EXPERT: Final = "expert"

Body = Mapping[str, Any]
Judgement = tuple[Sequence[Step], Fraction]


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion of a rule set: what it asks, by which clause, and its `body` as published.

    `question`: the answer that it reads, "" where experts judge without one; `stage`: its stage's id or "".
    """

    id: str
    kind: str
    clause: str
    title: Mapping[str, str]
    question: str
    stage: str
    body: Body

    @property
    def by_experts(self) -> bool:
        """A panel marks it."""
        return self.kind == EXPERT

    @property
    def vetoes(self) -> bool:
        """It rejects instead of giving points."""
        return self.kind == "veto"


def number(question: Question, value: Value) -> Fraction:
    """The value of a numeric answer: yuan for money, else as written."""
    if isinstance(value, str):
        raise TypeError("a text is no number")
    return Fraction(value, 100) if question.kind == "money" else Fraction(value)


def passes(criterion: Criterion, question: Question, value: Value) -> bool:
    """Whether an answer gets past a veto: it is one of `allow`, or lies from `min` to `max`, both included."""
    body = criterion.body
    if "allow" in body:
        return value in body["allow"]
    if isinstance(value, str):  # a date: ISO text sorts as the days do
        return bool(body.get("min", value) <= value <= body.get("max", value))
    found = number(question, value)
    return Fraction(body.get("min", found)) <= found <= Fraction(body.get("max", found))


def mark(criterion: Criterion, question: Question, value: Value, to: Rounding) -> Judgement:
    """The steps and the mark of a points criterion. `to`: the rounding of the rule set's marks."""
    return _MARKS[criterion.kind](criterion.body, question, value, to)


def best(criterion: Criterion) -> Fraction:
    """The most points that an answer to a points criterion can get."""
    body = criterion.body
    match criterion.kind:
        case "choice":
            return max(Fraction(points) for points in body["points"].values())
        case "bands":
            return max(Fraction(band["points"]) for band in body["bands"])
        case "line":
            return max(Fraction(body["from"]["points"]), Fraction(body["to"]["points"]))
        case "expert":
            return scaled(criterion, Fraction(body["range"]["max"]))[1]
        case _:
            return Fraction(body["cap"])


def scaled(criterion: Criterion, panel_mark: Fraction) -> Judgement:
    """A panel's mark times the criterion's factor, where it has one, rounded as the factor says."""
    factor = criterion.body.get("factor")
    if factor is None:
        return (), panel_mark
    to = Rounding(factor["rounding"]["mode"], factor["rounding"]["places"])
    raw = panel_mark * decimal(factor["by"])
    result = to(raw)
    return (
        step("factor", decimal(factor["by"])),
        step("factored", raw, "points"),
        step("points", result, "points", to),
    ), result


def expert_relations(criterion: Criterion, form: Form, places: int, mean_places: int) -> Iterator[Refusal]:
    """What is wrong with a criterion that experts mark. `places`, `mean_places`: decimals of marks, of means."""
    body = criterion.body
    low, high, unit = Fraction(body["range"]["min"]), Fraction(body["range"]["max"]), Fraction(body["step"])
    if low >= high:
        yield Refusal("rules.range_empty", criterion=criterion.id, low=body["range"]["min"], high=body["range"]["max"])
    elif unit == 0 or (high - low) % unit:
        yield Refusal("rules.step_misses", criterion=criterion.id, step=body["step"])
    for anchor in body["anchors"]:
        if not low <= Fraction(anchor["points"]) <= high:
            yield Refusal("rules.anchor_outside", criterion=criterion.id, points=anchor["points"])
    found = body["factor"]["rounding"]["places"] if "factor" in body else mean_places
    if found > places:
        yield Refusal("rules.places", criterion=criterion.id, places=places)
    if "factor" in body and Fraction(body["factor"]["by"]) == 0:
        yield Refusal("rules.factor_zero", criterion=criterion.id)
    if criterion.question and form.question(criterion.question) is None:
        yield Refusal("rules.unknown_question", criterion=criterion.id, question=criterion.question)


def relations(criterion: Criterion, question: Question, places: int) -> Iterator[Refusal]:
    """What is wrong between a criterion and its question. `places`: the decimals that marks have."""
    if not question.required:
        # A criterion that some bids do not answer would need a rule for silence; asking is the plain way.
        yield Refusal("rules.question_optional", criterion=criterion.id, question=question.id)
    if question.kind not in _reads(criterion):
        yield Refusal("rules.question_kind", criterion=criterion.id, question=question.id, kind=question.kind)
        return
    yield from _RELATIONS[criterion.kind](criterion, question)
    for points in _points(criterion):
        if len(points.partition(".")[2]) > places:
            yield Refusal("rules.points_places", criterion=criterion.id, points=points, places=places)


def _reads(criterion: Criterion) -> tuple[str, ...]:
    if criterion.kind == "veto":
        return LISTED if "allow" in criterion.body else (*NUMERIC, "date")
    return {"choice": LISTED, "count": ("integer",)}.get(criterion.kind, NUMERIC)


def _points(criterion: Criterion) -> list[str]:
    body = criterion.body
    match criterion.kind:
        case "choice":
            return list(body["points"].values())
        case "bands":
            return [band["points"] for band in body["bands"]]
        case "count":
            return [body["each"], body["cap"]]
        case _:  # a line rounds its own result
            return []


def _mark_choice(body: Body, question: Question, value: Value, to: Rounding) -> Judgement:
    del question
    result = decimal(body["points"][value])
    return (noted("choice", str(value)), step("points", result, "points", to)), result


def _mark_bands(body: Body, question: Question, value: Value, to: Rounding) -> Judgement:
    found = number(question, value)
    for band in body["bands"]:
        if "below" not in band or found < decimal(band["below"]):
            result = decimal(band["points"])
            edges = [noted(edge, band[edge]) for edge in ("from", "below") if edge in band]
            return (step("value", found), *edges, step("points", result, "points", to)), result
    raise AssertionError("the last band is open: `_bands_relations` saw to it")


def _mark_line(body: Body, question: Question, value: Value, to: Rounding) -> Judgement:
    del to
    low, high = decimal(body["from"]["at"]), decimal(body["to"]["at"])
    start, end = decimal(body["from"]["points"]), decimal(body["to"]["points"])
    found = number(question, value)
    clamped = min(max(found, low), high)
    raw = start + (clamped - low) * (end - start) / (high - low)
    rounded = Rounding(body["rounding"]["mode"], body["rounding"]["places"])
    result = rounded(raw)
    steps = (
        step("value", found),
        step("clamped", clamped),
        step("on_line", raw, "points"),
        step("points", result, "points", rounded),
    )
    return steps, result


def _mark_count(body: Body, question: Question, value: Value, to: Rounding) -> Judgement:
    found = number(question, value)
    raw = found * decimal(body["each"])
    result = min(raw, decimal(body["cap"]))
    steps = (
        step("count", found, "items"),
        step("uncapped", raw, "points"),
        step("cap", decimal(body["cap"]), "points"),
        step("points", result, "points", to),
    )
    return steps, result


def _veto_relations(criterion: Criterion, question: Question) -> Iterator[Refusal]:
    body = criterion.body
    if "allow" in body:
        for value in body["allow"]:
            if value not in question.choices:
                yield Refusal("rules.unknown_choice", criterion=criterion.id, question=question.id, choice=value)
        return
    if "min" not in body and "max" not in body:
        yield Refusal("rules.veto_without_bound", criterion=criterion.id)
    for edge in ("min", "max"):
        if edge in body and ("-" in body[edge][1:]) != (question.kind == "date"):
            yield Refusal("rules.veto_bound_kind", criterion=criterion.id, bound=body[edge], kind=question.kind)
            return
    if "min" in body and "max" in body:
        crossed = body["min"] > body["max"] if question.kind == "date" else _over(body["min"], body["max"])
        if crossed:
            yield Refusal("rules.veto_bounds_crossed", criterion=criterion.id, low=body["min"], high=body["max"])


def _over(low: str, high: str) -> bool:
    return Fraction(low) > Fraction(high)


def _choice_relations(criterion: Criterion, question: Question) -> Iterator[Refusal]:
    points = criterion.body["points"]
    for value in points:
        if value not in question.choices:
            yield Refusal("rules.unknown_choice", criterion=criterion.id, question=question.id, choice=value)
    for value in question.choices:
        if value not in points:
            yield Refusal("rules.choice_without_points", criterion=criterion.id, question=question.id, choice=value)


def _bands_relations(criterion: Criterion, question: Question) -> Iterator[Refusal]:
    """Half-open intervals [from, below) that follow one another: open at both ends, no gap, no overlap."""
    del question
    bands = criterion.body["bands"]
    if "from" in bands[0] or "below" in bands[-1]:
        yield Refusal("rules.bands_ends", criterion=criterion.id)
        return
    for place, (left, right) in enumerate(pairwise(bands), 1):
        if "below" not in left or "from" not in right:
            yield Refusal("rules.bands_edge_missing", criterion=criterion.id, band=place)
            return
        edge, start = Fraction(left["below"]), Fraction(right["from"])
        if start > edge:
            yield Refusal("rules.bands_gap", criterion=criterion.id, low=left["below"], high=right["from"])
        if start < edge:
            yield Refusal("rules.bands_overlap", criterion=criterion.id, low=right["from"], high=left["below"])
        if "below" in right and Fraction(right["below"]) <= start:
            yield Refusal("rules.bands_empty", criterion=criterion.id, band=place + 1)


def _line_relations(criterion: Criterion, question: Question) -> Iterator[Refusal]:
    del question
    body = criterion.body
    if Fraction(body["from"]["at"]) >= Fraction(body["to"]["at"]):
        yield Refusal("rules.line_backwards", criterion=criterion.id, low=body["from"]["at"], high=body["to"]["at"])


def _count_relations(criterion: Criterion, question: Question) -> Iterator[Refusal]:
    if isinstance(question.low, Fraction) and question.low < 0:
        yield Refusal("rules.count_negative", criterion=criterion.id, question=question.id)
    if Fraction(criterion.body["each"]) == 0:
        yield Refusal("rules.count_worthless", criterion=criterion.id)


_MARKS: Final[Mapping[str, Callable[[Body, Question, Value, Rounding], Judgement]]] = {
    "choice": _mark_choice,
    "bands": _mark_bands,
    "line": _mark_line,
    "count": _mark_count,
}
_RELATIONS: Final[Mapping[str, Callable[[Criterion, Question], Iterator[Refusal]]]] = {
    "veto": _veto_relations,
    "choice": _choice_relations,
    "bands": _bands_relations,
    "line": _line_relations,
    "count": _count_relations,
}

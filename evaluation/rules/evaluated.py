"""The evaluated price (评标价): what a bid's price counts as. The contract is made at the bid's price.

    corrected = the bid, corrected step by step in the order that the rule set gives              87号令 art. 59
    adjusted  = corrected + Σ adjustments for agreed deviations                                    F13
    deducted  = adjusted · (1 − d), d the largest of the deductions that the bid qualifies for      F2
    evaluated = round(deducted / (1 + Σ weight / price weight))                                     F16

F2, 财库〔2022〕19号 (small enterprises): d 10–20 % for goods and services, 4–6 % for a consortium with a small
enterprise's share; works as in 财库〔2020〕46号, 3–5 %; deductions are alternatives, they do not add up.
F13, lowest evaluated price (经评审的最低投标价法; 评标委员会和评标方法暂行规定 art. 29–34): an adjustment is a share of
the corrected price by an answer, or an amount for each unit of a number beyond what is free.
F16, life-cycle and MEAT (Prozorro): each feature's answer has a weight in points of a hundred; the price has the rest
of the hundred; the evaluated cost is an exact fraction unless `rounding` is given.
Corrections: `words` (the amount in words prevails), `items` (the sum of the items prevails over the total). A
correction whose question a bid leaves out corrects nothing.
Example (F2): 100 yuan, d 10 %: 90. (F16): 100 yuan, features 5 and 10 points, price weight 80: 100/(1 + 15/80) =
1600/19.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from bidding import shape
from bidding.form import Form, Question, Value
from evaluation.rules import amount
from evaluation.rules.certificate import Step, step
from evaluation.rules.exact import MODES, Rounding, decimal
from ledger.basics.errors import Refusal

CRITERION: Final = "evaluated_price"
HUNDRED: Final = 100
MAX_FEN: Final = 10**15

_NAMED: Final[dict[str, shape.Shape]] = {
    "id": shape.identifier,
    "clause": shape.text(100),
    "title": shape.title,
    "question": shape.identifier,
}
_KIND: Final = {"kind": shape.text(16)}
_CORRECTION: Final = shape.tagged(
    "kind",
    {
        "words": shape.record({**_KIND, "question": shape.identifier}),
        "items": shape.record({**_KIND, "questions": shape.array(shape.identifier, 1, 100)}),
    },
)
_ADJUSTMENT: Final = shape.tagged(
    "kind",
    {
        "share": shape.record({**_KIND, **_NAMED, "per_cent": shape.mapping(shape.signed_decimal, 1, 100)}),
        "each": shape.record({**_KIND, **_NAMED, "free": shape.decimal, "yuan": shape.signed_decimal}),
    },
)
_CHOSEN: Final = shape.mapping(shape.decimal, 1, 100)
SHAPE: Final = shape.record(
    {"clause": shape.text(100)},
    {
        "corrections": shape.array(_CORRECTION, 1, 8),
        "adjustments": shape.array(_ADJUSTMENT, 1, 32),
        "deductions": shape.array(shape.record({**_NAMED, "per_cent": _CHOSEN}), 1, 8),
        "features": shape.array(shape.record({**_NAMED, "points": _CHOSEN}), 1, 32),
        "rounding": shape.record({"mode": shape.one_of(*MODES), "places": shape.integer(0, 2)}),
    },
)


@dataclass(frozen=True, slots=True)
class Priced:
    """`corrected`: fen; `cost`: what the price counts as, exact yuan; `steps`: how, from the bid's price on."""

    corrected: int
    cost: Fraction
    steps: Sequence[Step]


def questions(document: Mapping[str, Any]) -> list[str]:
    """Every question that is read."""
    out: list[str] = []
    for one in document.get("corrections", ()):
        out.extend(one["questions"] if one["kind"] == "items" else [one["question"]])
    for name in ("adjustments", "deductions", "features"):
        out.extend(one["question"] for one in document.get(name, ()))
    return out


def price_weight(document: Mapping[str, Any]) -> Fraction:
    """What the features leave of the hundred for the price."""
    return HUNDRED - sum((_most(one["points"]) for one in document.get("features", ())), Fraction(0))


def priced(document: Mapping[str, Any], values: Mapping[str, Value], asked: int) -> Priced:
    """What `asked` (fen) counts as. `values`: the bid's answers to `questions`, those that it gave.

    Raises `Refusal("rules.words_unreadable" | "rules.evaluated_not_positive")`: it rejects the bid.
    """
    steps = [step("bid_price", _yuan(asked), "yuan")]
    corrected = _corrected(document, values, asked, steps)
    cost = _yuan(corrected)
    for one in document.get("adjustments", ()):
        added = _adjustment(one, values[one["question"]], _yuan(corrected))
        steps.append(step(f"adjustment:{one['id']}", added, "yuan"))
        cost += added
    rates = {one["id"]: decimal(one["per_cent"][values[one["question"]]]) for one in document.get("deductions", ())}
    if rates:
        rate = max(rates.values())
        steps += [step(f"deduction:{name}", found, "percent") for name, found in rates.items()]
        cost *= 1 - rate / HUNDRED
        steps.append(step("deducted", cost, "yuan"))
    points = {one["id"]: decimal(one["points"][values[one["question"]]]) for one in document.get("features", ())}
    if points:
        divisor = 1 + sum(points.values(), Fraction(0)) / price_weight(document)
        steps += [step(f"feature:{name}", found, "points") for name, found in points.items()]
        cost /= divisor
        steps.append(step("divisor", divisor))
    to = Rounding(document["rounding"]["mode"], document["rounding"]["places"]) if "rounding" in document else None
    cost = cost if to is None else to(cost)
    if cost <= 0 or cost * 100 > MAX_FEN:
        raise Refusal("rules.evaluated_not_positive")
    return Priced(corrected, cost, [*steps, step("evaluated", cost, "yuan", to)])


def relations(document: Mapping[str, Any], form: Form, *, by_marks: bool) -> Iterator[Refusal]:
    """What is wrong between the member and its form. `by_marks`: price rules want whole fen."""
    if by_marks and "rounding" not in document:
        yield Refusal("rules.evaluated_rounding")
    ids = [one["id"] for name in ("adjustments", "deductions", "features") for one in document.get(name, ())]
    if len(set(ids)) != len(ids):
        yield Refusal("rules.doubled_criterion", criterion=next(name for name in ids if ids.count(name) > 1))
    for one in document.get("corrections", ()):
        names, kind = ([one["question"]], "text") if one["kind"] == "words" else (one["questions"], "money")
        for name in names:
            yield from _asked(form, "corrections", name, (kind,), required=one["kind"] != "words")
    for one in document.get("adjustments", ()):
        kinds = ("choice", "boolean") if one["kind"] == "share" else ("integer", "decimal")
        yield from _asked(form, one["id"], one["question"], kinds)
    for name, member in (("adjustments", "per_cent"), ("deductions", "per_cent"), ("features", "points")):
        for one in document.get(name, ()):
            if member in one:
                yield from _choices(form, one, one[member])
    for one in document.get("deductions", ()):
        if _most(one["per_cent"]) >= HUNDRED:
            yield Refusal("rules.deduction_whole", criterion=one["id"])
    if price_weight(document) <= 0:
        yield Refusal("rules.features_over", weight=str(HUNDRED - price_weight(document)))


def _corrected(document: Mapping[str, Any], values: Mapping[str, Value], asked: int, steps: list[Step]) -> int:
    corrected = asked
    for one in document.get("corrections", ()):
        if one["kind"] == "words" and one["question"] in values:
            corrected = amount.fen(str(values[one["question"]]), one["question"])
            steps.append(step("in_words", _yuan(corrected), "yuan"))
        elif one["kind"] == "items":
            corrected = sum(int(values[name]) for name in one["questions"])
            steps.append(step("items_sum", _yuan(corrected), "yuan"))
    if "corrections" in document:
        steps.append(step("corrected", _yuan(corrected), "yuan"))
    return corrected


def _adjustment(one: Mapping[str, Any], value: Value, corrected: Fraction) -> Fraction:
    if one["kind"] == "share":
        return corrected * decimal(one["per_cent"][value]) / HUNDRED
    return max(Fraction(value) - decimal(one["free"]), Fraction(0)) * decimal(one["yuan"])


def _asked(form: Form, criterion: str, name: str, kinds: Sequence[str], *, required: bool = True) -> Iterator[Refusal]:
    question = form.question(name)
    if question is None:
        yield Refusal("rules.unknown_question", criterion=criterion, question=name)
    elif question.kind not in kinds:
        yield Refusal("rules.question_kind", criterion=criterion, question=name, kind=question.kind)
    elif required and not question.required:
        yield Refusal("rules.question_optional", criterion=criterion, question=name)


def _choices(form: Form, one: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[Refusal]:
    question: Question | None = form.question(one["question"])
    yield from () if one.get("kind") else _asked(form, one["id"], one["question"], ("choice", "boolean"))
    if question is None:
        return
    for value in given:
        if value not in question.choices:
            yield Refusal("rules.unknown_choice", criterion=one["id"], question=question.id, choice=value)
    for value in question.choices:
        if value not in given:
            yield Refusal("rules.choice_without_points", criterion=one["id"], question=question.id, choice=value)


def _most(given: Mapping[str, str]) -> Fraction:
    return max(Fraction(value) for value in given.values())


def _yuan(fen: int) -> Fraction:
    return Fraction(fen, 100)

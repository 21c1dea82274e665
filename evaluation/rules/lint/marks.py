"""Marks: whether they add up, whether every band can be reached, whether a criterion tells bids apart."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from bidding.form import Question
from evaluation.rules import criteria
from evaluation.rules.criteria import Criterion
from evaluation.rules.exact import exact
from evaluation.rules.lint.finding import ERROR, ORDER_12, ORDER_87, WARNING, Finding, Subject
from ledger.basics.errors import Refusal

FULL_MARKS: Final = 100


def findings(subject: Subject) -> Iterator[Finding]:
    """Weights, bands, and stages whose threshold does nothing."""
    rules = subject.rules
    if rules.price is not None:
        total = rules.price.weight + _most(subject)
        if total != FULL_MARKS:
            refusal = Refusal("lint.weights", total=exact(total), wanted=FULL_MARKS)
            yield Finding.of(ERROR, refusal, subject.article(ORDER_87.format(55), ORDER_12.format(35)), "/price/weight")
    for criterion in rules.scored:
        if _flat(criterion):
            yield Finding.of(WARNING, Refusal("lint.flat", criterion=criterion.id), "", subject.place(criterion))
        question = subject.question(criterion)
        if question is not None and criterion.kind == "bands" and question.kind in criteria.NUMERIC:
            yield from _unreachable(subject, criterion, question)
    yield from _thresholds(subject)


def _most(subject: Subject) -> Fraction:
    """The full marks but the price's: criteria by themselves, stages with a weight by their weighted sum."""
    weighted = {stage.id for stage in subject.rules.stages if stage.weight is not None}
    total = sum((criteria.best(one) for one in subject.rules.scored if one.stage not in weighted), Fraction(0))
    for stage in subject.rules.stages:
        if stage.weight is not None and stage.to is not None:
            most = sum((criteria.best(one) for one in subject.rules.in_stage(stage)), Fraction(0))
            total += stage.to(most * stage.weight)
    return total


def _flat(criterion: Criterion) -> bool:
    """Every answer gets the same."""
    body = criterion.body
    match criterion.kind:
        case "choice":
            points = list(body["points"].values())
        case "bands":
            points = [band["points"] for band in body["bands"]]
        case "line":
            points = [body["from"]["points"], body["to"]["points"]]
        case "expert":
            points = [body["range"]["min"], body["range"]["max"]]
        case _:
            points = ["0", body["cap"]]
    return len({Fraction(entry) for entry in points}) == 1


def _unreachable(subject: Subject, criterion: Criterion, question: Question) -> Iterator[Finding]:
    """Bands that lie wholly beyond what the form lets a bidder answer."""
    low, high = _bound(question, question.low), _bound(question, question.high)
    for place, band in enumerate(criterion.body["bands"]):
        if _beyond(band, low, high):
            refusal = Refusal("lint.band_unreachable", criterion=criterion.id, band=place + 1, question=question.id)
            article = subject.article(ORDER_87.format(55), ORDER_12.format(35))
            yield Finding.of(ERROR, refusal, article, f"{subject.place(criterion)}/bands/{place}")


def _bound(question: Question, value: object) -> Fraction | None:
    if not isinstance(value, int | Fraction):
        return None
    return Fraction(value, 100) if question.kind == "money" else Fraction(value)


def _beyond(band: dict[str, Any], low: Fraction | None, high: Fraction | None) -> bool:
    if low is not None and "below" in band and Fraction(band["below"]) <= low:
        return True
    return high is not None and "from" in band and Fraction(band["from"]) > high


def _thresholds(subject: Subject) -> Iterator[Finding]:
    for place, stage in enumerate(subject.rules.stages):
        scored = subject.rules.in_stage(stage)
        if stage.threshold is None or not scored:
            continue
        least = sum((_least(one) for one in scored), Fraction(0))
        most = sum((criteria.best(one) for one in scored), Fraction(0))
        if stage.threshold <= least:
            refusal = Refusal("lint.threshold_never", stage=stage.id, threshold=exact(stage.threshold))
            yield Finding.of(WARNING, refusal, "", f"/stages/{place}/threshold")
        elif stage.threshold == most:
            refusal = Refusal("lint.threshold_full", stage=stage.id, threshold=exact(stage.threshold))
            yield Finding.of(WARNING, refusal, "", f"/stages/{place}/threshold")


def _least(criterion: Criterion) -> Fraction:
    """The fewest points that a bid which answers can get."""
    body = criterion.body
    match criterion.kind:
        case "choice":
            return min(Fraction(points) for points in body["points"].values())
        case "bands":
            return min(Fraction(band["points"]) for band in body["bands"])
        case "line":
            return min(Fraction(body["from"]["points"]), Fraction(body["to"]["points"]))
        case "expert":
            return criteria.scaled(criterion, Fraction(body["range"]["min"]))[1]
        case _:
            return Fraction(0)

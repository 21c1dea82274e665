"""The price: what it weighs, how it is compared, in which order it is corrected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from evaluation.rules.exact import exact
from evaluation.rules.lint.finding import ERROR, ORDER_87, WARNING, Finding, Subject
from ledger.basics.errors import Refusal
from ledger.basics.money import yuan

# 87号令 art. 55: the least share of the price in the total, in points of a hundred.
PRICE_MINIMUM: Final[Mapping[str, int]] = {"goods": 30, "services": 10}


def findings(subject: Subject) -> Iterator[Finding]:
    """Ceilings that disagree, and what 87号令 wants of a price.

    F15 is lawful there: its score 100 · Fm / F, weighted, is the very formula of art. 55.
    """
    yield from _ceiling(subject)
    if subject.procurement:
        yield from _procurement(subject)


def _ceiling(subject: Subject) -> Iterator[Finding]:
    rules, known = subject.rules, subject.ceiling
    if subject.lot_ceiling is not None and known is not None and known != subject.lot_ceiling:
        refusal = Refusal("rules.other_ceiling", wanted=yuan(known), found=yuan(subject.lot_ceiling))
        yield Finding.of(ERROR, refusal, "", "/ceiling")
    if known is None and rules.price is not None and rules.price.rule.needs_ceiling:
        yield Finding.of(ERROR, Refusal("price.no_ceiling", rule=rules.price.rule.name), "", "/ceiling")
    question = subject.form.question(rules.price_question)
    if question is None or question.kind != "money":
        return
    if known is not None and isinstance(question.high, int) and question.high != known:
        refusal = Refusal("lint.form_maximum", maximum=yuan(question.high), ceiling=yuan(known))
        yield Finding.of(WARNING, refusal, "", f"{subject.asked(question.id)}/max", document="form")


def _procurement(subject: Subject) -> Iterator[Finding]:
    rules, price = subject.rules, subject.rules.price
    if price is not None:
        least = PRICE_MINIMUM.get(rules.category)
        if least is not None and price.weight < least:
            refusal = Refusal("lint.price_weight", weight=exact(price.weight), least=least)
            yield Finding.of(ERROR, refusal, ORDER_87.format(55), "/price/weight")
        if price.rule.averages:
            refusal = Refusal("lint.average_forbidden", rule=price.rule.name)
            yield Finding.of(ERROR, refusal, ORDER_87.format(55), "/price/rule")
    for criterion in rules.scored:
        if criterion.question and criterion.question == rules.price_question:
            refusal = Refusal("lint.price_marked_twice", criterion=criterion.id)
            yield Finding.of(ERROR, refusal, ORDER_87.format(55), f"{subject.place(criterion)}/question")
    for name in ("adjustments", "features"):
        if name in rules.evaluated_price:
            # Sums that come out wrong and deductions of policy excepted, no price may be altered.
            refusal = Refusal("lint.price_altered", member=name)
            article = ORDER_87.format(54 if price is None else 55)
            yield Finding.of(ERROR, refusal, article, f"/evaluated_price/{name}")
    kinds = [one["kind"] for one in rules.evaluated_price.get("corrections", ())]
    if kinds != sorted(kinds, reverse=True):  # words, then items
        yield Finding.of(ERROR, Refusal("lint.corrections_order"), ORDER_87.format(59), "/evaluated_price/corrections")

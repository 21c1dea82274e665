"""Which law a rule set is under, and what only some places allow."""

from __future__ import annotations

from collections.abc import Iterator

from bidding.form import Question
from evaluation.rules.lint.finding import ERROR, ORDER_87, REGULATIONS, WARNING, Finding, Subject
from ledger.basics.errors import Refusal


def findings(subject: Subject) -> Iterator[Finding]:
    """A law of another country; a floor price, which China forbids."""
    rules = subject.rules
    if not subject.home and rules.law != "none":
        refusal = Refusal("lint.law_abroad", law=rules.law, jurisdiction=rules.jurisdiction)
        yield Finding.of(ERROR, refusal, "", "/law")
    if subject.home and rules.law == "none":
        yield Finding.of(WARNING, Refusal("lint.no_law"), "", "/law")
    if subject.home:
        yield from _floor(subject)


def _floor(subject: Subject) -> Iterator[Finding]:
    """A least price, as a member, in the form (above one fen) or as a veto: a ceiling is allowed, a floor is not."""
    rules, name = subject.rules, subject.rules.price_question
    article = ORDER_87.format(12) if subject.procurement else REGULATIONS.format(27)
    if rules.floor:
        yield Finding.of(ERROR, Refusal("lint.floor_price", question=name), article, "/floor")
    for veto in rules.vetoes:
        if veto.question == name and "min" in veto.body:
            refusal = Refusal("lint.floor_price", question=name)
            yield Finding.of(ERROR, refusal, article, f"{subject.place(veto)}/min")
    question: Question | None = subject.form.question(name)
    if question is not None and question.kind == "money" and isinstance(question.low, int) and question.low > 1:
        refusal = Refusal("lint.floor_price", question=name)
        yield Finding.of(ERROR, refusal, article, f"{subject.asked(name)}/min", document="form")

"""Conditions that restrict competition: in words, and in figures out of proportion to the lot.

政府采购法实施条例 art. 20, 招标投标法实施条例 art. 32, 促进中小企业发展管理办法 art. 5, 87号令 art. 17.
Words are looked for in the titles of criteria, of their anchors, of questions and of their choices.
A criterion that restricts is an error; a question that nothing reads is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from bidding.form import Question
from evaluation.rules.criteria import Criterion
from evaluation.rules.exact import exact
from evaluation.rules.lint.finding import (
    ERROR,
    PROCUREMENT_REGULATIONS,
    REGULATIONS,
    WARNING,
    Finding,
    Subject,
    pointer,
)
from evaluation.rules.lint.restricting import KINDS, PAST, SCALE, Kind
from ledger.basics.errors import Refusal
from ledger.basics.money import yuan

# The articles ask for proportion and name no number: these two, and the ceiling as the bound of an amount, are ours.
MOST_CONTRACTS: Final = 3
MOST_MARKED: Final = 5


def findings(subject: Subject) -> Iterator[Finding]:
    """Chinese law only: elsewhere preferences for a place or an owner can be the law."""
    if not (subject.procurement or subject.tendering):
        return
    said = set()
    for criterion in subject.rules.criteria:
        question = subject.question(criterion)
        entry = _entry(subject, question)
        texts = [*_titles(criterion.body), *_titles(entry)]
        for kind, words in _restricting(subject, texts):
            said.add((kind.code, criterion.question))
            yield Finding.of(
                ERROR, _refusal(kind, criterion.id, words), _article(subject, kind), subject.place(criterion)
            )
        if question is not None:
            yield from _brand(subject, criterion)
            yield from _amount(subject, criterion, question)
            yield from _number(subject, criterion, question, texts)
    yield from _asked(subject, said)


def _asked(subject: Subject, said: set[tuple[str, str]]) -> Iterator[Finding]:
    """Questions by themselves. The brand is asked so that bids of one brand count as one (87号令 art. 31)."""
    brand = subject.rules.same_brand.get("question")
    for part, entries in (subject.form_doc or {}).get("parts", {}).items():
        for place, entry in enumerate(entries):
            for kind, words in _restricting(subject, _titles(entry)):
                excused = kind.code == "lint.brand" and entry["id"] == brand
                if not excused and (kind.code, entry["id"]) not in said:
                    refusal, path = _refusal(kind, entry["id"], words), pointer("parts", part, place)
                    yield Finding.of(WARNING, refusal, _article(subject, kind), path, document="form")


def _brand(subject: Subject, criterion: Criterion) -> Iterator[Finding]:
    if criterion.question == subject.rules.same_brand.get("question"):
        refusal = Refusal("lint.brand_marked", criterion=criterion.id)
        article = subject.article(PROCUREMENT_REGULATIONS.format(20), REGULATIONS.format(32))
        yield Finding.of(ERROR, refusal, article, f"{subject.place(criterion)}/question")


def _amount(subject: Subject, criterion: Criterion, question: Question) -> Iterator[Finding]:
    """A past contract or a turnover larger than the lot itself, to be let in or for the full mark."""
    if question.kind != "money" or question.id == subject.rules.price_question or subject.ceiling is None:
        return
    wanted = _wanted(criterion)
    if wanted is not None and wanted * 100 > subject.ceiling:
        refusal = Refusal(
            "lint.past_amount", criterion=criterion.id, found=exact(wanted), ceiling=yuan(subject.ceiling)
        )
        yield Finding.of(ERROR, refusal, _proportion(subject), subject.place(criterion))


def _number(subject: Subject, criterion: Criterion, question: Question, texts: list[str]) -> Iterator[Finding]:
    """More past contracts than a lot of any size needs, to be let in or for the full mark."""
    if question.kind != "integer" or not any(PAST.search(text) for text in texts):
        return
    wanted, limit = _wanted(criterion), MOST_CONTRACTS if criterion.vetoes else MOST_MARKED
    if wanted is not None and wanted > limit:
        refusal = Refusal("lint.past_number", criterion=criterion.id, found=exact(wanted), limit=limit)
        yield Finding.of(ERROR, refusal, _proportion(subject), subject.place(criterion))


def _wanted(criterion: Criterion) -> Fraction | None:
    """The number from which a criterion lets in or gives its full mark; None where fewer are better, or none is."""
    body = criterion.body
    match criterion.kind:
        case "veto":
            least = body.get("min", "")
            # A date as the bound of a number is no number: `relations` tells of it.
            return Fraction(least) if least and "-" not in least[1:] else None
        case "bands":
            first, last = body["bands"][0], body["bands"][-1]
            rises = Fraction(last["points"]) > Fraction(first["points"])
            return Fraction(last["from"]) if rises and "from" in last else None
        case "line":
            rises = Fraction(body["to"]["points"]) > Fraction(body["from"]["points"])
            return Fraction(body["to"]["at"]) if rises else None
        case "count":
            each = Fraction(body["each"])
            return Fraction(-(-Fraction(body["cap"]) // each)) if each else None
        case _:
            return None


def _proportion(subject: Subject) -> str:
    return subject.article(PROCUREMENT_REGULATIONS.format(20), REGULATIONS.format(32))


def _refusal(kind: Kind, subject: str, words: str) -> Refusal:
    return Refusal(kind.code, subject=subject, words=words)


def _article(subject: Subject, kind: Kind) -> str:
    return kind.procurement if subject.procurement else kind.tendering


def _restricting(subject: Subject, texts: list[str]) -> Iterator[tuple[Kind, str]]:
    """Each kind of restriction that the texts name, with the words that do."""
    for kind in (*KINDS, SCALE) if subject.procurement else KINDS:
        found = next((match[0] for text in texts if (match := kind.words.search(text))), None)
        if found is not None:
            yield kind, found


def _titles(entry: Mapping[str, Any]) -> list[str]:
    """What a criterion or a question says: its title, its anchors' or choices', in both languages."""
    more = [*entry.get("anchors", ()), *entry.get("choices", ())]
    return [text for one in (entry, *more) for text in one.get("title", {}).values()]


def _entry(subject: Subject, question: Question | None) -> Mapping[str, Any]:
    entries = (subject.form_doc or {}).get("parts", {}).values()
    return next((one for part in entries for one in part if question is not None and one["id"] == question.id), {})

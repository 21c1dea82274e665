"""The rules of a lot in words: what rejects, what gives points, how the price counts, what is drawn. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from evaluation.rules.criteria import best
from evaluation.rules.exact import exact
from web import texts
from web.public import marks
from web.public.record import Record, question_titles
from web.words import Lang


@dataclass(frozen=True)
class Rule:
    """One criterion: its id, title, clause, the question it reads, its rule in words, its most points ("" if none)."""

    id: str
    title: str
    clause: str
    question: str
    words: str
    most: str


@dataclass(frozen=True)
class Listed:
    """A coefficient to be drawn: its name, what it is for, and the published list it comes from."""

    name: str
    use: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """A rule set for reading. `vetoes`, `scored`: its criteria; `price` None where the lowest price wins."""

    title: str
    id: str
    version: int
    order: str
    vetoes: tuple[Rule, ...]
    scored: tuple[Rule, ...]
    price: Rule | None
    benchmark: str
    draws: tuple[Listed, ...]
    ties: tuple[str, ...]
    candidates: int
    rounding: str
    most: str


def rules(record: Record, lang: Lang) -> Rules:
    """The rule set of a lot, as a reader meets it before any bid is known and after."""
    found, price = record.rules, record.rules.price
    scored = sum((best(one) for one in found.scored), Fraction(0))
    total = scored + (price.weight if price else 0)
    return Rules(
        title=found.title[lang],
        id=found.id,
        version=found.version,
        order=texts.text(f"rules.order.{found.order}", lang),
        vetoes=tuple(_rule(record, one.id, lang) for one in found.vetoes),
        scored=tuple(_rule(record, one.id, lang) for one in found.scored),
        price=_price(record, lang),
        benchmark=marks.formula(record, "benchmark", price.rule.name, lang) if price else "",
        draws=tuple(Listed(name, _use(record, name, lang), values) for name, values in sorted(found.draws.items())),
        ties=tuple(_tie(record, one, lang) for one in found.ties),
        candidates=found.candidates,
        rounding=marks.rounding(found.rounding.document(), lang),
        most=exact(total) if price else "",
    )


def _rule(record: Record, criterion: str, lang: Lang) -> Rule:
    (one,) = [found for found in record.rules.criteria if found.id == criterion]
    return Rule(
        id=one.id,
        title=one.title[lang],
        clause=one.clause,
        question=question_titles(record, lang).get(one.question, one.question),
        words=marks.criterion_words(record, criterion, lang),
        most="" if one.vetoes else exact(best(one)),
    )


def _price(record: Record, lang: Lang) -> Rule | None:
    price = record.rules.price
    if price is None:
        return None
    question = record.rules.price_question
    return Rule(
        id="price",
        title=price.title[lang],
        clause=price.clause,
        question=question_titles(record, lang).get(question, question),
        words=marks.formula(record, "price", price.rule.name, lang),
        most=exact(price.weight),
    )


def _use(record: Record, name: str, lang: Lang) -> str:
    """Which parameter of the price rule a draw stands in for."""
    price = record.rules.price
    params = price.params if price else {}
    for parameter, value in params.items():
        if value == name:
            return texts.text(f"band.{parameter}", lang)
    return ""


def _tie(record: Record, tie: str, lang: Lang) -> str:
    if tie.startswith("mark:"):
        title = marks.title(record, tie.removeprefix("mark:"), lang)
        return texts.text("rules.tie.mark", lang, title=title)
    return texts.text(f"rules.tie.{tie}", lang)

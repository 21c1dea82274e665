"""The rules of a lot in words: what rejects, what gives points, how the price counts, what is drawn. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from evaluation.rules.criteria import Criterion, best
from evaluation.rules.document import RuleSet, Stage
from evaluation.rules.exact import exact
from evaluation.rules.render import rounding
from web import texts
from web.public import formulas, marks
from web.public.record import Papers, question_titles
from web.words import Lang


@dataclass(frozen=True)
class Rule:
    """One criterion: its id, title, clause, the question it reads, its rule in words, its most points ("" if none).

    `by`: who marks it, "" where an answer does.
    """

    id: str
    title: str
    clause: str
    question: str
    words: str
    most: str
    by: str = ""


@dataclass(frozen=True)
class Group:
    """A stage with its criteria. `kind`: what stage it is; `words`: threshold and weight, "" where nothing is added."""

    id: str
    title: str
    clause: str
    kind: str
    words: str
    most: str
    vetoes: tuple[Rule, ...]
    scored: tuple[Rule, ...]


@dataclass(frozen=True)
class Listed:
    """A coefficient to be drawn: its name, what it is for, and the published list it comes from."""

    name: str
    use: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """A rule set for reading. `stages`: its groups; `vetoes`, `scored`: the criteria of no stage.

    `others`: evaluated price, screen for low prices, minimum price, same brand; `price` None where the lowest wins.
    """

    title: str
    id: str
    version: int
    order: str
    stages: tuple[Group, ...]
    vetoes: tuple[Rule, ...]
    scored: tuple[Rule, ...]
    others: tuple[Rule, ...]
    price: Rule | None
    benchmark: str
    draws: tuple[Listed, ...]
    ties: tuple[str, ...]
    candidates: int
    rounding: str
    most: str


def rules(papers: Papers, lang: Lang) -> Rules:
    """The rule set of a lot, as a reader meets it before any bid is known and after."""
    found, price = papers.rules, papers.rules.price
    return Rules(
        title=found.title[lang],
        id=found.id,
        version=found.version,
        order=texts.text(f"rules.order.{found.order}", lang),
        stages=tuple(_group(papers, stage, lang) for stage in found.stages),
        vetoes=tuple(_rule(papers, one, lang) for one in found.vetoes if not one.stage),
        scored=tuple(_rule(papers, one, lang) for one in found.scored if not one.stage),
        others=tuple(_others(papers, lang)),
        price=_price(papers, lang),
        benchmark=formulas.benchmark(found, price.rule.name, lang) if price else "",
        draws=tuple(
            Listed(name, formulas.draw_title(found, name, lang), values) for name, values in sorted(found.draws.items())
        ),
        ties=tuple(_tie(papers, one, lang) for one in found.ties),
        candidates=found.candidates,
        rounding=rounding(found.rounding.document(), lang),
        most=exact(price.weight + _most(found)) if price else "",
    )


def _most(found: RuleSet) -> Fraction:
    """What all criteria but the price can give, each stage by its weight."""
    weights = {stage.id: stage.weight for stage in found.stages if stage.weight is not None}
    return sum((best(one) * weights.get(one.stage, Fraction(1)) for one in found.scored), Fraction(0))


def _group(papers: Papers, stage: Stage, lang: Lang) -> Group:
    scored = papers.rules.in_stage(stage)
    return Group(
        id=stage.id,
        title=stage.title[lang],
        clause=stage.clause,
        kind=texts.text(f"rules.stage.{stage.kind}", lang),
        words=formulas.stage_words(stage, lang) if scored else "",
        most=exact(sum((best(one) for one in scored), Fraction(0)) * (stage.weight or 1)) if scored else "",
        vetoes=tuple(_rule(papers, one, lang) for one in papers.rules.vetoes if one.stage == stage.id),
        scored=tuple(_rule(papers, one, lang) for one in scored),
    )


def _rule(papers: Papers, one: Criterion, lang: Lang) -> Rule:
    return Rule(
        id=one.id,
        title=one.title[lang],
        clause=one.clause,
        question=question_titles(papers, lang).get(one.question, one.question),
        words=formulas.criterion_words(papers, one, lang),
        most="" if one.vetoes else exact(best(one)),
        by=texts.text("rules.by_experts", lang) if one.by_experts else "",
    )


def _others(papers: Papers, lang: Lang) -> Iterator[Rule]:
    found = papers.rules
    for name, document in (
        ("evaluated_price", found.evaluated_price),
        ("abnormally_low", found.abnormally_low),
        ("floor", found.floor),
        ("same_brand", found.same_brand),
    ):
        if document:
            question = str(document.get("question", ""))
            yield Rule(
                id=name,
                title=marks.title(papers, name, lang),
                clause=str(document["clause"]),
                question=question_titles(papers, lang).get(question, question),
                words=formulas.formula(papers, name, name, lang),
                most="",
            )


def _price(papers: Papers, lang: Lang) -> Rule | None:
    price = papers.rules.price
    if price is None:
        return None
    question = papers.rules.price_question
    return Rule(
        id="price",
        title=price.title[lang],
        clause=price.clause,
        question=question_titles(papers, lang).get(question, question),
        words=formulas.formula(papers, "price", price.rule.name, lang),
        most=exact(price.weight),
    )


def _tie(papers: Papers, tie: str, lang: Lang) -> str:
    if tie.startswith("mark:"):
        title = marks.title(papers, tie.removeprefix("mark:"), lang)
        return texts.text("rules.tie.mark", lang, title=title)
    return texts.text(f"rules.tie.{tie}", lang)

"""A rule set (评标办法): the published document, checked against its form, ready to be applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

from bidding.form import Form, Question
from evaluation.rules import criteria
from evaluation.rules.criteria import Criterion
from evaluation.rules.exact import Rounding
from evaluation.rules.price import RULES
from evaluation.rules.price.base import PriceRule
from evaluation.rules.schema import check_shape
from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

PRICE: str = "price"
RESERVED: frozenset[str] = frozenset({PRICE, "form", "ceiling", "total", "benchmark"})


@dataclass(frozen=True, slots=True)
class Price:
    """The price criterion: its rule, full mark (points) and parameters."""

    rule: PriceRule
    clause: str
    title: Mapping[str, str]
    weight: Fraction
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule set of the right shape. `sha256` is that of the canonical document; `ceiling` in fen."""

    id: str
    version: int
    title: Mapping[str, str]
    law: str
    category: str
    form: tuple[str, int]
    price_question: str
    clauses: Mapping[str, str]
    draws: Mapping[str, tuple[str, ...]]
    criteria: tuple[Criterion, ...]
    price: Price | None
    order: str
    ties: tuple[str, ...]
    candidates: int
    rounding: Rounding
    ceiling: int | None
    min_valid: int
    sha256: str

    @property
    def vetoes(self) -> tuple[Criterion, ...]:
        """The criteria that reject."""
        return tuple(criterion for criterion in self.criteria if criterion.vetoes)

    @property
    def scored(self) -> tuple[Criterion, ...]:
        """The criteria that give points."""
        return tuple(criterion for criterion in self.criteria if not criterion.vetoes)

    @property
    def questions(self) -> tuple[str, ...]:
        """Every question the rule set reads, the price first."""
        return tuple(dict.fromkeys((self.price_question, *(criterion.question for criterion in self.criteria))))


def check_rule_set(doc: object, form: Form) -> RuleSet:
    """The rule set that `doc` describes over `form`.

    `Refusal("shape.*" | "rules.*" | "price.*" | "canonical.*")` names the first thing wrong with it; the linter
    (`lint.lint`) names them all, and adds what the law wants.
    """
    rules = read(doc)
    for refusal in relations(rules, form):
        raise refusal
    return rules


def read(doc: object) -> RuleSet:
    """The typed rule set of a document whose shape is right; what it says may still make no sense."""
    check_shape(doc)
    digest = H(canonical(doc)).hex()
    rules = cast(dict[str, Any], doc)
    names = [draw["name"] for draw in rules["draws"]]
    if len(set(names)) != len(names):
        raise Refusal("rules.doubled_draw")
    price = rules.get("price")
    return RuleSet(
        id=rules["id"],
        version=rules["version"],
        title=rules["title"],
        law=rules["law"],
        category=rules["category"],
        form=(rules["form"]["id"], rules["form"]["version"]),
        price_question=rules["price_question"],
        clauses=rules["clauses"],
        draws={draw["name"]: tuple(draw["values"]) for draw in rules["draws"]},
        criteria=tuple(_criterion(entry) for entry in rules["criteria"]),
        price=None if price is None else _price(price),
        order=rules["ranking"]["order"],
        ties=tuple(rules["ranking"]["ties"]),
        candidates=rules["candidates"],
        rounding=Rounding(rules["rounding"]["mode"], rules["rounding"]["places"]),
        ceiling=rules.get("ceiling"),
        min_valid=rules.get("min_valid", 1),
        sha256=digest,
    )


def relations(rules: RuleSet, form: Form) -> Iterator[Refusal]:
    """Everything in the rule set that cannot be applied, or could be applied in two ways."""
    if rules.form != (form.id, form.version):
        yield Refusal("rules.other_form", wanted=f"{rules.form[0]} {rules.form[1]}", found=f"{form.id} {form.version}")
    yield from _price_relations(rules, form)
    yield from _draw_relations(rules)
    yield from _criteria_relations(rules, form)
    yield from _ranking_relations(rules)


def _criterion(entry: dict[str, Any]) -> Criterion:
    return Criterion(entry["id"], entry["kind"], entry["clause"], entry["title"], entry["question"], entry)


def _price(entry: dict[str, Any]) -> Price:
    return Price(RULES[entry["rule"]], entry["clause"], entry["title"], Fraction(entry["weight"]), entry["params"])


def _price_relations(rules: RuleSet, form: Form) -> Iterator[Refusal]:
    question = form.question(rules.price_question)
    if question is None:
        yield Refusal("rules.unknown_question", criterion=PRICE, question=rules.price_question)
    elif not _is_price(question):
        # A price of zero would divide by zero in F1 and win everything else.
        yield Refusal("rules.price_question", question=question.id)
    if (rules.order == "marks") != (rules.price is not None):
        yield Refusal("rules.price_and_order", order=rules.order)
    if rules.price is None:
        return
    price = rules.price
    if price.weight == 0:
        yield Refusal("rules.price_weightless")
    if price.params["mark"]["places"] > rules.rounding.places:
        yield Refusal("rules.places", criterion=PRICE, places=rules.rounding.places)
    if "floor" in price.params and Fraction(price.params["floor"]) > price.weight:
        yield Refusal("rules.floor_over_weight", floor=price.params["floor"])
    yield from price.rule.relations(price.params)
    for name in price.rule.draws(price.params):
        if name not in rules.draws:
            yield Refusal("rules.unknown_draw", draw=name)


def _is_price(question: Question) -> bool:
    return question.kind == "money" and question.required and isinstance(question.low, int) and question.low > 0


def _draw_relations(rules: RuleSet) -> Iterator[Refusal]:
    used = set() if rules.price is None else set(rules.price.rule.draws(rules.price.params))
    for name, values in rules.draws.items():
        if name not in used:
            yield Refusal("rules.unused_draw", draw=name)
        if len({Fraction(value) for value in values}) != len(values):
            yield Refusal("rules.doubled_value", draw=name)


def _criteria_relations(rules: RuleSet, form: Form) -> Iterator[Refusal]:
    seen = set(RESERVED)
    for criterion in rules.criteria:
        if criterion.id in seen:
            yield Refusal("rules.doubled_criterion", criterion=criterion.id)
        seen.add(criterion.id)
        if rules.order == "lowest_price" and not criterion.vetoes:
            yield Refusal("rules.points_without_marks", criterion=criterion.id)
        if criterion.kind == "line" and criterion.body["rounding"]["places"] > rules.rounding.places:
            yield Refusal("rules.places", criterion=criterion.id, places=rules.rounding.places)
        question = form.question(criterion.question)
        if question is None:
            yield Refusal("rules.unknown_question", criterion=criterion.id, question=criterion.question)
        else:
            yield from criteria.relations(criterion, question, rules.rounding.places)


def _ranking_relations(rules: RuleSet) -> Iterator[Refusal]:
    scored = {criterion.id for criterion in rules.scored} | ({PRICE} if rules.price is not None else set())
    for place, tie in enumerate(rules.ties):
        if tie.startswith("mark:") and tie.removeprefix("mark:") not in scored:
            yield Refusal("rules.tie_unknown_mark", tie=tie)
        if tie in rules.ties[:place] or "draw" in rules.ties[:place]:
            yield Refusal("rules.tie_never_reached", tie=tie)

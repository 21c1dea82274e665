"""A rule set (评标办法): the published document, checked against its form, ready to be applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, cast

from evaluation.rules import evaluated, panel
from evaluation.rules.criteria import Criterion
from evaluation.rules.exact import Rounding
from evaluation.rules.panel import Panel
from evaluation.rules.price import RULES
from evaluation.rules.price.base import PriceRule
from evaluation.rules.schema import check_shape
from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

PRICE: Final = "price"
HOME: Final = "CN"


@dataclass(frozen=True, slots=True)
class Price:
    """The price criterion: its rule, full mark (points) and parameters."""

    rule: PriceRule
    clause: str
    title: Mapping[str, str]
    weight: Fraction
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the evaluation (评审阶段): what its criteria must reach, and what its marks weigh.

    `threshold`: the least sum of its marks, before any weight, or None; `weight`: by what the sum is multiplied, or
    None; `to`: the rounding of that product.
    """

    id: str
    kind: str
    title: Mapping[str, str]
    clause: str
    threshold: Fraction | None
    weight: Fraction | None
    to: Rounding | None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule set of the right shape. `sha256` is that of the canonical document; `ceiling` in fen.

    `price_question`: "" where marks alone decide and there is no price.

    `evaluated_price`, `abnormally_low`, `same_brand`, `floor`: these members as published, {} where there is none.
    """

    id: str
    version: int
    title: Mapping[str, str]
    law: str
    jurisdiction: str
    category: str
    form: tuple[str, int]
    price_question: str
    clauses: Mapping[str, str]
    draws: Mapping[str, tuple[str, ...]]
    stages: tuple[Stage, ...]
    criteria: tuple[Criterion, ...]
    panel: Panel | None
    evaluated_price: Mapping[str, Any]
    abnormally_low: Mapping[str, Any]
    same_brand: Mapping[str, Any]
    floor: Mapping[str, Any]
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
        found = [self.price_question, *(criterion.question for criterion in self.criteria)]
        found += evaluated.questions(self.evaluated_price)
        found.append(self.same_brand.get("question", ""))
        return tuple(name for name in dict.fromkeys(found) if name)

    def in_stage(self, stage: Stage) -> tuple[Criterion, ...]:
        """The criteria of a stage that give points."""
        return tuple(criterion for criterion in self.scored if criterion.stage == stage.id)


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
        jurisdiction=rules.get("jurisdiction", HOME),
        category=rules["category"],
        form=(rules["form"]["id"], rules["form"]["version"]),
        price_question=rules.get("price_question", ""),
        clauses=rules["clauses"],
        draws={draw["name"]: tuple(draw["values"]) for draw in rules["draws"]},
        stages=tuple(_stage(entry) for entry in rules.get("stages", ())),
        criteria=tuple(_criterion(entry) for entry in rules["criteria"]),
        panel=panel.read(rules["panel"]) if "panel" in rules else None,
        evaluated_price=rules.get("evaluated_price", {}),
        abnormally_low=rules.get("abnormally_low", {}),
        same_brand=rules.get("same_brand", {}),
        floor=rules.get("floor", {}),
        price=None if price is None else _price(price),
        order=rules["ranking"]["order"],
        ties=tuple(rules["ranking"]["ties"]),
        candidates=rules["candidates"],
        rounding=Rounding(rules["rounding"]["mode"], rules["rounding"]["places"]),
        ceiling=rules.get("ceiling"),
        min_valid=rules.get("min_valid", 1),
        sha256=digest,
    )


def _criterion(entry: dict[str, Any]) -> Criterion:
    question, stage = entry.get("question", ""), entry.get("stage", "")
    return Criterion(entry["id"], entry["kind"], entry["clause"], entry["title"], question, stage, entry)


def _stage(entry: dict[str, Any]) -> Stage:
    threshold, weight = entry.get("threshold"), entry.get("weight")
    return Stage(
        entry["id"],
        entry["kind"],
        entry["title"],
        entry["clause"],
        None if threshold is None else Fraction(threshold),
        None if weight is None else Fraction(weight["by"]),
        None if weight is None else Rounding(weight["rounding"]["mode"], weight["rounding"]["places"]),
    )


def _price(entry: dict[str, Any]) -> Price:
    return Price(RULES[entry["rule"]], entry["clause"], entry["title"], Fraction(entry["weight"]), entry["params"])

"""What ties a rule set together, and to its form: whatever could not be applied, or could be applied in two ways."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from bidding.form import Form, Question
from evaluation.rules import abnormal, criteria, evaluated
from evaluation.rules.criteria import Criterion
from evaluation.rules.document import PRICE, RuleSet, read
from evaluation.rules.exact import exact
from ledger.basics.errors import Refusal

# Ids that certificates use for what is no criterion of the rule set.
RESERVED: Final = frozenset(
    {PRICE, "form", "ceiling", "floor", "total", "benchmark", "same_brand", abnormal.CRITERION, evaluated.CRITERION}
)


def check_rule_set(doc: object, form: Form) -> RuleSet:
    """The rule set that `doc` describes over `form`.

    `Refusal("shape.*" | "rules.*" | "price.*" | "canonical.*")` names the first thing wrong with it; the linter
    (`lint.lint`) names them all, and adds what the law wants.
    """
    rules = read(doc)
    for refusal in relations(rules, form):
        raise refusal
    return rules


def relations(rules: RuleSet, form: Form) -> Iterator[Refusal]:
    """Everything in the rule set that cannot be applied, or could be applied in two ways."""
    if rules.form != (form.id, form.version):
        yield Refusal("rules.other_form", wanted=f"{rules.form[0]} {rules.form[1]}", found=f"{form.id} {form.version}")
    yield from _price_relations(rules, form)
    yield from _draw_relations(rules)
    yield from _stage_relations(rules)
    yield from _criteria_relations(rules, form)
    yield from _brand_relations(rules, form)
    yield from _ranking_relations(rules)


def _price_relations(rules: RuleSet, form: Form) -> Iterator[Refusal]:
    if not rules.price_question:
        yield from _priceless_relations(rules)
        return
    question = form.question(rules.price_question)
    if question is None:
        yield Refusal("rules.unknown_question", criterion=PRICE, question=rules.price_question)
    elif not _is_price(question):
        # A price of zero would divide by zero in F1 and win everything else.
        yield Refusal("rules.price_question", question=question.id)
    if (rules.order == "marks") != (rules.price is not None):
        yield Refusal("rules.price_and_order", order=rules.order)
    if rules.evaluated_price:
        yield from evaluated.relations(rules.evaluated_price, form, by_marks=rules.price is not None)
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


def _priceless_relations(rules: RuleSet) -> Iterator[Refusal]:
    """A contest that marks alone decide, which no procurement law knows: nothing in it may ask for a price."""
    if rules.law != "none":
        yield Refusal("rules.priceless_law", law=rules.law)
    if rules.order != "marks" or not rules.scored:
        yield Refusal("rules.priceless_order")
    limits = {"price": rules.price, "ceiling": rules.ceiling, "floor": rules.floor}
    screens = {"evaluated_price": rules.evaluated_price, "abnormally_low": rules.abnormally_low}
    for member, found in (limits | screens).items():
        if found:
            yield Refusal("rules.priceless_member", member=member)
    if "lower_price" in rules.ties:
        yield Refusal("rules.priceless_member", member="lower_price")


def _is_price(question: Question) -> bool:
    return question.kind == "money" and question.required and isinstance(question.low, int) and question.low > 0


def _draw_relations(rules: RuleSet) -> Iterator[Refusal]:
    used = set() if rules.price is None else set(rules.price.rule.draws(rules.price.params))
    for name, values in rules.draws.items():
        if name not in used:
            yield Refusal("rules.unused_draw", draw=name)
        if len({Fraction(value) for value in values}) != len(values):
            yield Refusal("rules.doubled_value", draw=name)


def _stage_relations(rules: RuleSet) -> Iterator[Refusal]:
    ids = [stage.id for stage in rules.stages]
    taken = RESERVED | {criterion.id for criterion in rules.criteria}
    for place, stage in enumerate(rules.stages):
        if stage.id in taken or stage.id in ids[:place]:
            yield Refusal("rules.doubled_stage", stage=stage.id)
        scored = rules.in_stage(stage)
        if not scored and (stage.threshold is not None or stage.weight is not None):
            yield Refusal("rules.stage_without_points", stage=stage.id)
        most = sum((criteria.best(criterion) for criterion in scored), Fraction(0))
        if stage.threshold is not None and stage.threshold > most:
            yield Refusal(
                "rules.threshold_unreachable", stage=stage.id, threshold=exact(stage.threshold), most=exact(most)
            )
        if stage.weight == 0:
            yield Refusal("rules.factor_zero", criterion=stage.id)
        if stage.to is not None and stage.to.places > rules.rounding.places:
            yield Refusal("rules.places", criterion=stage.id, places=rules.rounding.places)


def _reaches(rules: RuleSet, criterion: Criterion) -> bool:
    return any(stage.id == criterion.stage and stage.threshold is not None for stage in rules.stages)


def _brand_relations(rules: RuleSet, form: Form) -> Iterator[Refusal]:
    if not rules.same_brand:
        return
    question = form.question(rules.same_brand["question"])
    if question is None:
        yield Refusal("rules.unknown_question", criterion="same_brand", question=rules.same_brand["question"])
    elif question.kind not in ("choice", "text"):
        yield Refusal("rules.question_kind", criterion="same_brand", question=question.id, kind=question.kind)
    elif not question.required:
        yield Refusal("rules.question_optional", criterion="same_brand", question=question.id)


def _criteria_relations(rules: RuleSet, form: Form) -> Iterator[Refusal]:
    seen = set(RESERVED)
    stages = {stage.id for stage in rules.stages}
    if any(criterion.by_experts for criterion in rules.criteria) != (rules.panel is not None):
        yield Refusal("rules.panel_and_experts")
    if rules.panel is not None and rules.panel.drop > 0 and rules.panel.dropped_from <= 2 * rules.panel.drop:
        # Nothing would be left to take the mean of.
        yield Refusal("rules.panel_drop", drop=rules.panel.drop, found=rules.panel.dropped_from)
    for criterion in rules.criteria:
        if criterion.id in seen:
            yield Refusal("rules.doubled_criterion", criterion=criterion.id)
        seen.add(criterion.id)
        if criterion.stage and criterion.stage not in stages:
            yield Refusal("rules.unknown_stage", criterion=criterion.id, stage=criterion.stage)
        # By price alone points decide nothing, unless a stage asks for a least sum of them.
        if rules.order == "lowest_price" and not criterion.vetoes and not _reaches(rules, criterion):
            yield Refusal("rules.points_without_marks", criterion=criterion.id)
        if criterion.by_experts:
            mean = rules.panel.mean.places if rules.panel is not None else 0
            yield from criteria.expert_relations(criterion, form, rules.rounding.places, mean)
            continue
        if criterion.kind == "line" and criterion.body["rounding"]["places"] > rules.rounding.places:
            yield Refusal("rules.places", criterion=criterion.id, places=rules.rounding.places)
        question = form.question(criterion.question)
        if question is None:
            yield Refusal("rules.unknown_question", criterion=criterion.id, question=criterion.question)
        else:
            yield from criteria.relations(criterion, question, rules.rounding.places)


def _ranking_relations(rules: RuleSet) -> Iterator[Refusal]:
    scored = {criterion.id for criterion in rules.scored} | ({PRICE} if rules.price is not None else set())
    scored |= {stage.id for stage in rules.stages if rules.in_stage(stage)}
    for place, tie in enumerate(rules.ties):
        if tie.startswith("mark:") and tie.removeprefix("mark:") not in scored:
            yield Refusal("rules.tie_unknown_mark", tie=tie)
        if tie in rules.ties[:place] or "draw" in rules.ties[:place]:
            yield Refusal("rules.tie_never_reached", tie=tie)

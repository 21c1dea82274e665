"""The study as one JSON document (docs/formats/simulation.md): numbers as decimal texts, nothing that a clock says."""

from __future__ import annotations

from typing import Final, cast

from bidding.form import Form
from evaluation.rules import RuleSet
from evaluation.rules.document import PRICE
from evaluation.simulate import told
from evaluation.simulate.honest import QUANTILES, Honest, Spread
from evaluation.simulate.prior import Prior
from evaluation.simulate.ring import COVER_SPREAD, MOVES, PLACES, WIDTHS, Result, Ring
from evaluation.simulate.study import Study
from ledger.basics.canonical import Json

VERSION: Final = 1
METHOD: Final = 2  # another way of drawing or searching, other figures for the same seed


def number(value: float, places: int = 4) -> str:
    """A plain decimal of so many places."""
    text = f"{value:.{places}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def document(study: Study, rules: RuleSet, form: Form) -> dict[str, Json]:
    """The report's document."""
    asked = study.asked
    return {
        "v": VERSION,
        "method": METHOD,
        "seed": asked.seed,
        "rule_set": {"id": rules.id, "version": rules.version, "sha256": rules.sha256, "title": dict(rules.title)},
        "criteria": _criteria(rules),
        "form": {"id": form.id, "version": form.version, "sha256": form.sha256},
        "bidders": asked.bidders,
        "trials": asked.trials,
        "ceiling_fen": study.ceiling,
        "prior": _prior(asked.prior),
        "answers": _given(study),
        "left_out": cast(Json, told.left_out(rules)),
        "sentence": cast(Json, told.sentence(study)),
        "honest": _honest(study.honest),
        "ring": {
            "strategies": _strategies(),
            "rows": [_ring(one) for one in study.rings],
        },
        "compared": {
            "k": asked.told,
            "rows": [
                {"formula": formula.name, "title": dict(formula.title), **_ring(one)} for formula, one in study.compared
            ],
        },
    }


def _given(study: Study) -> dict[str, Json]:
    return {
        name: {text: number(weight) for text, weight in weights.items()}
        for name, weights in study.asked.answers.items()
    }


def _criteria(rules: RuleSet) -> dict[str, Json]:
    titles: dict[str, Json] = {one.id: dict(one.title) for one in rules.stages}
    titles |= {one.id: dict(one.title) for one in rules.criteria}
    return titles if rules.price is None else {**titles, PRICE: dict(rules.price.title)}


def _prior(prior: Prior) -> dict[str, Json]:
    return {
        "kind": prior.kind,
        "mean": number(prior.mean),
        "cv": number(prior.cv),
        "markup": number(prior.markup),
        "history": len(prior.history),
    }


def _honest(found: Honest) -> dict[str, Json]:
    return {
        "quality_wins": number(found.quality_wins),
        "tied": number(found.tied),
        "failed": number(found.failed),
        "rejected": number(found.rejected),
        "reasons": {name: number(share) for name, share in found.reasons.items()},
        "price": number(found.price),
        "valid": number(found.valid, 2),
        "marks": [_spread(one) for one in found.spreads],
        "weights": [
            {"criterion": one.name, "weight": number(one.weight, 2), "by": one.by, "changed": number(one.changed)}
            for one in found.moved
        ],
    }


def _spread(one: Spread) -> dict[str, Json]:
    return {
        "criterion": one.name,
        "full": number(one.full, 2),
        "mean": number(one.mean, 2),
        "quantiles": {str(share): number(at, 2) for share, at in zip(QUANTILES, one.quantiles, strict=True)},
        "edges": [number(edge, 2) for edge in one.edges],
        "shares": [number(share) for share in one.shares],
    }


def _strategies() -> dict[str, Json]:
    """Everything that was searched, so that nobody takes a lower bound for more."""
    return {
        "families": [{"family": name, **said} for name, said in told.FAMILIES.items()],
        "moves": [number(move, 3) for move in MOVES],
        "places": [number(place, 1) for place in PLACES],
        "spread": number(COVER_SPREAD, 2),
        "widths": [number(width, 1) for width in WIDTHS],
        "refined": {
            "zh": "从最好的几种出发，逐步改动家数、位置、间距与跨度",
            "en": "from the best, number, place, spread and width are changed step by step",
        },
    }


def _ring(one: Ring) -> dict[str, Json]:
    return {
        "k": one.k,
        "n": one.n,
        "fair": number(one.fair),
        "tried": one.tried,
        "honest": _result(one.honest, one),
        "most_wins": _result(one.most_wins, one),
        "most_profit": _result(one.most_profit, one),
    }


def _result(found: Result, ring: Ring) -> dict[str, Json]:
    strategy = found.strategy
    return {
        "wins": number(found.wins),
        "profit": number(found.profit, 5),
        "price": number(found.price),
        "shift": number(found.shift),
        "strategy": {
            "family": strategy.family,
            "move": number(strategy.move, 3),
            "covers": strategy.covers,
            "place": number(strategy.place, 2),
            "spread": number(strategy.spread, 2),
            "width": number(strategy.width, 2),
            **told.strategy(strategy, ring),
        },
    }

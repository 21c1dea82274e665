"""F15, quality and cost based selection (QCBS).

    Sf = round(100 · Fm / F)        mark = round(Sf · W / 100)

Fm is the lowest evaluated price, F the bid's. The technical score is a stage of the rule set with a weight (St · T) and
a threshold; with T + P = 1 the total is S = St · T + Sf · P, and `W` = 100 · P.
Source: multilateral development banks' standard request for proposals.
Parameters: `score` (rounding of Sf, points of a hundred), `mark` (rounding, points).
Small n: one bid gets W.
Example: 100/120 yuan, W 20: Sf 100/83.33, marks 20.00/16.67.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from bidding import shape
from evaluation.rules.certificate import Step, step
from evaluation.rules.price.base import ROUNDING, PriceRule, Setting, rounding, yuan
from evaluation.rules.price.f1 import benchmark

HUNDRED: Final = 100


def mark(setting: Setting, base: Fraction, price: int) -> tuple[Sequence[Step], Fraction]:
    """The financial score of a price (fen) against the lowest (yuan), weighted."""
    to, kept = rounding(setting.params["score"]), rounding(setting.params["mark"])
    raw = HUNDRED * base / yuan(price)
    score = to(raw)
    weighted = score * setting.weight / HUNDRED
    result = kept(weighted)
    return (
        step("raw_score", raw, "points"),
        step("score", score, "points", to),
        step("weighted", weighted, "points"),
        step("mark", result, "points", kept),
    ), result


F15: Final = PriceRule(
    name="F15",
    shape=shape.record({"score": ROUNDING, "mark": ROUNDING}),
    averages=False,
    needs_ceiling=False,
    draws=lambda _: (),
    relations=lambda _: (),
    benchmark=benchmark,
    mark=mark,
)

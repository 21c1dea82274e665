"""F15, quality and cost based selection: Sf = round(100 · lowest / bid), mark = round(Sf · W / 100)."""

from __future__ import annotations

from typing import Final

from evaluation.vector.price import f1
from evaluation.vector.price.base import Given, Rational, VectorRule, mark_rounding
from evaluation.vector.rounding import lowest, rounding
from evaluation.vector.whole import Whole, rounded


def marks(given: Given, base: Rational, prices: Whole) -> Whole:
    """The score of a hundred is rounded first, then its weighted share."""
    to, kept, weight = rounding(given.params["score"]), mark_rounding(given), given.weight
    top, bottom = lowest(100 * 100 * base[0] * to.scale, base[1])
    score = rounded(top, prices * bottom, to.mode)
    top, bottom = lowest(weight.numerator * kept.scale, 100 * to.scale * weight.denominator)
    return rounded(score * top, bottom, kept.mode)


F15: Final = VectorRule("F15", f1.benchmark, marks)

"""F1, low price first: mark = round(lowest / bid · W)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evaluation.vector.price.base import Given, Prices, Rational, VectorRule, mark_rounding
from evaluation.vector.rounding import lowest
from evaluation.vector.whole import Whole, rounded


def benchmark(given: Given, prices: Prices, keys: Sequence[str]) -> Rational:
    """The lowest price; nothing else has a say in it."""
    del given, keys
    return lowest(int(prices.min()), 100)


def marks(given: Given, base: Rational, prices: Whole) -> Whole:
    """The one rule that divides by the price."""
    to, weight = mark_rounding(given), given.weight
    top, bottom = lowest(100 * base[0] * weight.numerator * to.scale, base[1] * weight.denominator)
    return rounded(top, prices * bottom, to.mode)


F1: Final = VectorRule("F1", benchmark, marks)

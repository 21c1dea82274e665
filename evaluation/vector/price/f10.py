"""F10, the mean of prices and budget: mark = round(max(floor, (1 − |bid − base| / base) · W))."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from evaluation.vector.price.base import (
    Given,
    Prices,
    Rational,
    VectorRule,
    base_of,
    excess,
    mark_rounding,
    of_ceiling,
    total,
)
from evaluation.vector.rounding import lowest, over_one
from evaluation.vector.whole import Whole, rounded


def benchmark(given: Given, prices: Prices, keys: Sequence[str]) -> Rational:
    """Raises `Refusal("price.no_ceiling")`."""
    del keys
    count = len(prices)
    return base_of(given, "F10", total(prices) + of_ceiling(given, "F10") * count, 2 * count)


def marks(given: Given, base: Rational, prices: Whole) -> Whole:
    """A price of twice the benchmark and more would get nothing or less: the floor holds there."""
    to, (above, whole) = mark_rounding(given), excess(base, prices)
    bottom, (full, floor) = over_one(given.weight, Fraction(given.params["floor"]))
    left = ((whole - above.size()) * full).at_least(floor * whole)
    scale, bottom = lowest(to.scale, bottom * whole)
    return rounded(left * scale, bottom, to.mode)


F10: Final = VectorRule("F10", benchmark, marks)

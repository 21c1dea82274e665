"""F9, iterated exclusion: the worst deviator goes while it deviates by more than the limit; then mean · μ."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from evaluation.vector.price.base import (
    Given,
    Prices,
    Rational,
    VectorRule,
    base_of,
    excess,
    mark_rounding,
    total,
)
from evaluation.vector.rounding import ONE, lowest, over_one, share
from evaluation.vector.whole import Whole, rounded

LEAST: Final = 2


def benchmark(given: Given, prices: Prices, keys: Sequence[str]) -> Rational:
    """The mean of what no exclusion took, times μ."""
    del keys
    left, count = _left(np.sort(prices), share(given.params["limit"]))
    return base_of(given, "F9", left * share(given.params["mu"]), count * ONE)


def _left(ordered: Prices, limit: int) -> tuple[int, int]:
    """Sum and number of the prices that stay. The worst is the first or the last; `worst` is n times how far off."""
    left, first, last = total(ordered), 0, len(ordered) - 1
    while (count := last - first + 1) > LEAST:
        lowest_left, highest_left = int(ordered[first]), int(ordered[last])
        too_high, too_low = count * highest_left - left, left - count * lowest_left
        if max(too_high, too_low) * ONE <= limit * left:
            break
        if too_low > too_high:
            first, left = first + 1, left - lowest_left
        else:
            last, left = last - 1, left - highest_left
    return left, last - first + 1


def marks(given: Given, base: Rational, prices: Whole) -> Whole:
    """The deviation is not rounded; `free` per cent below the benchmark cost nothing."""
    params, to = given.params, mark_rounding(given)
    free = Fraction(params["free"])
    above, whole = excess(base, prices, 100 * free.denominator)
    points = (Fraction(params[name]) for name in ("floor", "up", "down"))
    bottom, (full, floor, up, down) = over_one(given.weight, *points)
    of = free.denominator * whole  # one per cent of the benchmark, in the unit of `above`
    below = (-(above + free.numerator * whole)).at_least(0)
    left = full * of - above.at_least(0) * up - below * down
    scale, bottom = lowest(to.scale, bottom * of)
    return rounded(left.at_least(floor * of) * scale, bottom, to.mode)


F9: Final = VectorRule("F9", benchmark, marks)

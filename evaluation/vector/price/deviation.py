"""Marks by deviation from a benchmark (F3 to F7, F11).

R = round((bid − base) / base), in its last place       mark = round(max(floor, T − up·100·R⁺ − down·100·R⁻))
"""

from __future__ import annotations

from fractions import Fraction

from evaluation.vector.price.base import Given, Rational, excess, mark_rounding
from evaluation.vector.rounding import lowest, over_one, rounding
from evaluation.vector.whole import Whole, rounded


def marks(given: Given, base: Rational, prices: Whole) -> Whole:
    """Marks in units of their last place."""
    params, to, kept = given.params, rounding(given.params["deviation"]), mark_rounding(given)
    above, whole = excess(base, prices, to.scale)
    ratio = rounded(above, whole, to.mode)
    # Points for each unit of `ratio`, which is a hundred per cent divided by its scale.
    rates = (Fraction(params[name]) * 100 / to.scale for name in ("up", "down"))
    bottom, (full, floor, up, down) = over_one(given.weight, Fraction(params["floor"]), *rates)
    left = full - ratio.at_least(0) * up - (-ratio).at_least(0) * down
    scale, bottom = lowest(kept.scale, bottom)
    return rounded(left.at_least(floor) * scale, bottom, kept.mode)
